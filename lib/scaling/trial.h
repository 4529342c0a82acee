/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "scaling/scaling.h"

/* Did more workers help? If they read from one saturated broker or share one processor, they do not, and
 * each further one would make it worse. So every step up under a backlog is a trial: the records a second
 * before it, compared with those after it. */
typedef struct Trial {
        bool active;
        unsigned from, to;
        double before_per_sec; /* of all together */
        double rate_before;    /* of one that is busy */
        usec_t since_usec;     /* when all workers ran; 0: not yet */
        uint64_t since_records;
} Trial;

typedef enum TrialResult {
        TRIAL_OPEN, /* not decided, or none under way */
        TRIAL_HELPED,
        TRIAL_USELESS,
} TrialResult;

/* A step up from one number of workers, which together did before_per_sec records a second, to another. */
void trial_begin(Trial *trial, unsigned from, unsigned to, double rate_before, double before_per_sec);
/* How many workers there are now, by the caller's or an admin's doing. */
void trial_set_workers(Trial *trial, unsigned workers);
void trial_end(Trial *trial);
/* Takes a report while the backlog lasts; the trial is over when the result is not TRIAL_OPEN. */
TrialResult trial_observe(Trial *trial, const LoadSample *sample);
