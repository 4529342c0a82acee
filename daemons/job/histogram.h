/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* How often a time was how long. Zero-initialise. */
enum { HISTOGRAM_BUCKETS = 15 };
/* Upper bounds of the buckets, each included; what is longer is in none. */
extern const double histogram_bounds_sec[HISTOGRAM_BUCKETS];

typedef struct Histogram {
        uint64_t buckets[HISTOGRAM_BUCKETS]; /* not cumulative */
        uint64_t n;                          /* all, the longer ones too */
        usec_t sum_usec;
} Histogram;

void histogram_add(Histogram *histogram, usec_t usec);
