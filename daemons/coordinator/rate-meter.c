/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "rate-meter.h"

enum { WINDOW_USEC = 2 * 1000 * 1000, MIN_GAP_USEC = 180 * 1000 };

void rate_meter_observe(RateMeter *meter, usec_t at_usec, uint64_t total) {
        if (meter->n > 0 &&
            (total < meter->points[meter->newest].total || at_usec < meter->points[meter->newest].at_usec))
                *meter = (RateMeter){};
        if (meter->n > 0 && at_usec - meter->points[meter->newest].at_usec < MIN_GAP_USEC)
                return; /* a burst of reports must not push the window's start out of the ring */
        meter->newest = (meter->newest + 1) % RATE_METER_POINTS;
        meter->points[meter->newest].at_usec = at_usec;
        meter->points[meter->newest].total = total;
        meter->n = MIN(meter->n + 1, (size_t)RATE_METER_POINTS);
}

double rate_meter_per_sec(const RateMeter *meter) {
        size_t oldest = meter->newest;
        usec_t now, span;

        if (meter->n == 0)
                return 0;
        now = meter->points[meter->newest].at_usec;
        for (size_t i = 1; i < meter->n; i++) {
                size_t earlier = (meter->newest + RATE_METER_POINTS - i) % RATE_METER_POINTS;

                oldest = earlier;
                if (now - meter->points[earlier].at_usec >= WINDOW_USEC)
                        break;
        }
        span = now - meter->points[oldest].at_usec;
        if (span == 0)
                return 0;
        return (double)(meter->points[meter->newest].total - meter->points[oldest].total) * USEC_PER_SEC /
               (double)span;
}
