/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* The start of the tumbling window of the given size that holds time_usec (since the epoch, may be
 * negative): windows are aligned to the epoch and half-open, [start, start + size), as in Spark. The first
 * window there is begins at INT64_MIN, however short that makes it. */
static inline int64_t tumbling_window_start(int64_t time_usec, usec_t size_usec) {
        int64_t size = (int64_t)size_usec, remainder = time_usec % size, start;

        if (__builtin_sub_overflow(time_usec, remainder < 0 ? remainder + size : remainder, &start))
                return INT64_MIN;
        return start;
}
