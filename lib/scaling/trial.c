/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "scaling/trial.h"

/* Long enough for some leases of each worker, which are worked off in a few seconds at most. */
#define TRIAL_USEC (5 * USEC_PER_SEC)
/* What part of the hoped-for gain is enough: even four workers on two cores reach a third. */
#define USEFUL_PART 0.2

void trial_begin(Trial *trial, unsigned from, unsigned to, double rate_before, double before_per_sec) {
        /* A second step within a trial moves its goal; what was before stays what was before. */
        if (!trial->active)
                *trial = (Trial){.active = true,
                                 .from = from,
                                 .before_per_sec = before_per_sec,
                                 .rate_before = rate_before};
        trial->to = to;
        trial->since_usec = 0;
}

void trial_set_workers(Trial *trial, unsigned workers) {
        if (!trial->active || workers == trial->to)
                return;
        trial->active = workers > trial->from;
        trial->to = workers;
        trial->since_usec = 0;
}

void trial_end(Trial *trial) {
        trial->active = false;
}

TrialResult trial_observe(Trial *trial, const LoadSample *sample) {
        double after_per_sec, hoped_gain;

        if (!trial->active || sample->workers_running < trial->to)
                return TRIAL_OPEN;
        if (trial->since_usec == 0) {
                trial->since_usec = sample->at_usec;
                trial->since_records = sample->processed_records;
        }
        if (sample->at_usec - trial->since_usec < TRIAL_USEC)
                return TRIAL_OPEN;

        after_per_sec = (double)(sample->processed_records - trial->since_records) * USEC_PER_SEC /
                        (double)(sample->at_usec - trial->since_usec);
        hoped_gain = trial->before_per_sec * (trial->to - trial->from) / trial->from;
        trial->active = false;
        return after_per_sec - trial->before_per_sec < hoped_gain * USEFUL_PART ? TRIAL_USELESS
                                                                                : TRIAL_HELPED;
}
