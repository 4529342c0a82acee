/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* How many workers a job should have: a pure function of its limits, the history of its load and now. It
 * does no I/O and asks no clock, so that it can be simulated (simulation.h).
 *
 *   desired = ceil((arrival_rate / target_utilisation + backlog / catch_up_time) / rate_per_busy_worker)
 *
 * Up as soon as the backlog has lasted backlog_timeout (at once from zero workers); down only to the
 * greatest desire of the last idle_timeout, and never while catching up. */
typedef struct ScalingLimits {
        unsigned min, max;
        usec_t backlog_timeout_usec;
        usec_t idle_timeout_usec;
        usec_t catch_up_time_usec;
        double target_utilisation;
        double rate_limit_per_sec; /* of one worker; 0: none */
} ScalingLimits;

/* One load report of a job, totals since the job's process started. */
typedef struct LoadSample {
        usec_t at_usec;             /* monotonic */
        bool measured;              /* false: the log's ends are unknown; arrived and backlog mean nothing */
        uint64_t arrived_records;   /* sum of the log's end offsets less those at start */
        uint64_t backlog_records;   /* not yet read, commit markers excluded */
        uint64_t processed_records; /* by workers */
        usec_t busy_usec;           /* of workers, summed */
        unsigned workers_running;   /* ready, by systemd or by their connection to the job */
        bool sink_holds_back;       /* an undelivered epoch or the store is what is waited for */
        bool paused;
} LoadSample;

typedef struct ScalingDecision {
        usec_t at_usec;
        unsigned workers_now, workers_wanted;
        double arrival_per_sec, rate_per_worker_per_sec; /* rate 0: not known yet */
        uint64_t backlog_records;
        usec_t backlog_for_usec;
        double desired;   /* before limits and delays */
        char reason[256]; /* one sentence: "backlog of 1,200 records for 1s; 31/s arrive, a worker does 8/s"
                           */
} ScalingDecision;

typedef struct Scaling Scaling;

int scaling_new(const ScalingLimits *limits, Scaling **ret);
Scaling *scaling_free(Scaling *scaling);
DEFINE_CLEANUP(Scaling *, scaling_free);
void scaling_set_limits(Scaling *scaling, const ScalingLimits *limits);
/* Takes a sample into the history. Samples come in the order of time. */
void scaling_observe(Scaling *scaling, const LoadSample *sample);
/* workers_now: how many the caller has running or starting. Fills *ret always; returns true if
 * ret->workers_wanted != workers_now. Call at each sample and at the time scaling_next_usec() names. */
bool scaling_decide(Scaling *scaling, usec_t now_usec, unsigned workers_now, ScalingDecision *ret);
/* When a decision may change without a new sample; USEC_INFINITY if it cannot. */
usec_t scaling_next_usec(const Scaling *scaling, usec_t now_usec);
