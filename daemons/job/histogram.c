/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "histogram.h"

/* From what a small epoch on a fast disk takes to what somebody has long noticed. */
const double histogram_bounds_sec[HISTOGRAM_BUCKETS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                        2.5,   5,    10,    30,   60,  300,  1800};

void histogram_add(Histogram *histogram, usec_t usec) {
        size_t i = 0;

        while (i < HISTOGRAM_BUCKETS && (double)usec > histogram_bounds_sec[i] * USEC_PER_SEC)
                i++;
        if (i < HISTOGRAM_BUCKETS)
                histogram->buckets[i]++;
        histogram->n++;
        histogram->sum_usec += usec;
}
