/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "scaling/scaling.h"

/* A job in virtual time: records arrive, workers (after their time to start) work them off, the job reports
 * its load and the policy decides. Nothing of it depends on the machine: the same scenario gives the same
 * result everywhere. */

enum { SIMULATED_SEC_MAX = 2 * 60 * 60 }; /* of which each second is kept */

/* Load changes in a straight line from one point to the next; two points at one time are a step. */
typedef struct LoadPoint {
        double at_sec, per_sec;
} LoadPoint;

typedef struct Scenario {
        const char *name, *what;
        double duration_sec;
        ScalingLimits limits;
        const LoadPoint *load; /* in the order of time, ended by the first with at_sec == 0 but the first */
        double repeat_sec;     /* the points start again after this time; 0: not */
        double jitter;         /* 0..1: how irregularly records arrive */
        uint64_t backlog_at_start;
        unsigned workers_at_start;

        double worker_per_sec;      /* of one that is always busy */
        double start_sec;           /* from the decision until a worker is ready; 0: 0.3 s */
        double busy_sec_per_report; /* work besides records, every 100 ms with records in it */
        double all_workers_per_sec; /* together they do no more than this: one disk, broker, processor; 0: no
                                       limit */
        unsigned workers_of_use;    /* more find no lease: a hot partition; 0: all */
        double sink_per_sec;        /* 0: never holds back */
        double rebalance_sec;       /* nothing is read for so long after every change; 0: as in reality */
        double crash_after_sec;     /* each worker dies after so long; 0: never */
        double ends_every_sec;      /* how often the ends of the log are known; 0: with every report */
        double unmeasured_from_sec, unmeasured_to_sec;
        double gone_from_sec, gone_to_sec; /* no reports at all */
        double paused_from_sec, paused_to_sec;
        double restart_at_sec; /* the job's process starts anew, its totals from 0 */

        /* What is measured: from the rise until so many workers are wanted, from the fall until no more. */
        double rise_at_sec, fall_at_sec;
        unsigned rise_to, fall_to;
} Scenario;

typedef struct Second {
        double arrived_per_sec;
        uint64_t backlog;
        unsigned wanted, running;
} Second;

typedef struct Outcome {
        double reaction_sec, release_sec; /* -1: not reached */
        unsigned greatest, least, last;   /* workers wanted; greatest and least after the start */
        unsigned changes;
        uint64_t max_backlog, last_backlog;
        double worker_sec;
        ScalingDecision decision; /* the last one */
        Second seconds[SIMULATED_SEC_MAX];
        size_t n_seconds;
} Outcome;

/* Called for every change of the number of workers. */
typedef void (*DecisionCallback)(const ScalingDecision *decision, void *userdata);

/* Returns 0 or -ENOMEM. callback may be NULL. */
int scenario_run(const Scenario *scenario, DecisionCallback callback, void *userdata, Outcome *ret);
