/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "scaling/load-history.h"
#include "scaling/recent-wishes.h"
#include "scaling/trial.h"

/* What the policy remembers, for its rules (rules.c). */

/* n workers do up to a tenth more than is planned for them: chance alone moves a low rate by that much. */
#define TOLERANCE 1.1
/* A saturated sink lets go for a moment after each epoch. */
#define SINK_SETTLE_USEC (2 * USEC_PER_SEC)
/* How long workers of unknown rate run before there are twice as many: their first reports come sooner. */
#define FIRST_REPORTS_USEC (3 * USEC_PER_SEC)
/* A worker is ready within a second of its start; one that is not by then crashes. */
#define START_PATIENCE_USEC (5 * USEC_PER_SEC)

struct Scaling {
        ScalingLimits limits;
        LoadHistory load;
        RecentWishes wishes;
        Trial trial;
        unsigned workers_now;
        usec_t watched_since_usec;
        usec_t all_run_since_usec;
        usec_t short_since_usec;   /* fewer workers run than there should; USEC_INFINITY: they all run */
        usec_t backlog_since_usec; /* USEC_INFINITY: none */
        uint64_t backlog_since_records;              /* processed by then */
        usec_t in_use_usec;                          /* when something last arrived or was left to read */
        usec_t sink_held_usec;                       /* last; USEC_INFINITY: never */
        unsigned useless_from;                       /* more workers than this did not help ... */
        usec_t useless_until_usec, useless_for_usec; /* ... and are not tried until then */
};

/* Records a second of one worker; 0: not known. */
double worker_rate(const Scaling *scaling);
/* The rate that is planned with: while a trial is open, not less than before it. */
double planned_rate(const Scaling *scaling);
/* More to read than what the workers are about to. */
bool has_backlog(const Scaling *scaling, unsigned workers);
unsigned within_limits(const Scaling *scaling, unsigned workers);

static inline usec_t usec_since(usec_t now_usec, usec_t then_usec) {
        return then_usec < now_usec ? now_usec - then_usec : 0;
}

/* What a decision is taken from. */
typedef struct Situation {
        usec_t now_usec;
        unsigned workers, wished;
        const LoadSample *load;
} Situation;

/* Sets workers_wanted and the reason; the numbers of the decision stand there already. */
void apply_rules(const Scaling *scaling, const Situation *at, ScalingDecision *decision);
