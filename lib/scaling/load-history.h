/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "scaling/scaling.h"

/* What the load reports of the last seconds say about rates. */

enum { LOAD_SAMPLES_MAX = 64 }; /* at most one per 100 ms over the longest window of 5 s is kept */

typedef struct LoadHistory {
        LoadSample samples[LOAD_SAMPLES_MAX]; /* measured ones; samples[0] is the oldest */
        size_t n_samples;
        LoadSample last; /* measured or not */
        bool any;
        usec_t last_arrival_usec;
        double weighted_records, weighted_busy_sec; /* see load_history_rate() */
        usec_t busy_usec;
} LoadHistory;

/* Returns true if the counters went back, i.e. the job started anew: all but the rate is forgotten. */
bool load_history_add(LoadHistory *history, const LoadSample *sample);

/* Records that arrive a second. */
double load_history_arrival(const LoadHistory *history);

/* Records a second of a worker that is busy all the time; 0: not known yet. */
double load_history_rate(const LoadHistory *history);
