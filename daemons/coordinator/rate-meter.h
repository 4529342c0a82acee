/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* How fast a total grows, over about the last two seconds: long enough to be calm, short enough to be seen
 * moving. Zero-initialise. */
enum { RATE_METER_POINTS = 12 };

typedef struct RateMeter {
        struct {
                usec_t at_usec; /* monotonic */
                uint64_t total;
        } points[RATE_METER_POINTS]; /* a ring */
        size_t n, newest;
} RateMeter;

/* A total that goes back means that its process began anew: so does the meter. */
void rate_meter_observe(RateMeter *meter, usec_t at_usec, uint64_t total);
/* Per second; 0 while there is nothing to compare with. */
double rate_meter_per_sec(const RateMeter *meter);
