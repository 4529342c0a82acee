/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* The last hour of a job, or of all, a point a second. */
enum { HISTORY_POINTS_MAX = 3600 };
#define HISTORY_INTERVAL_USEC USEC_PER_SEC

typedef struct HistoryPoint {
        usec_t at_usec; /* since the epoch */
        double arrival_per_sec, processed_per_sec;
        uint64_t backlog;
        unsigned workers_wanted, workers_running;
        usec_t latency_usec; /* the greatest of the epochs delivered in this second; USEC_INFINITY: none was
                              */
        int64_t watermark_usec; /* INT64_MIN: none */
} HistoryPoint;

typedef struct History History;

int history_new(History **ret);
History *history_free(History *history);
DEFINE_CLEANUP(History *, history_free);

/* The oldest point makes room. */
void history_add(History *history, const HistoryPoint *point);
/* The oldest point behind a time, or NULL. Weak; valid until the next history_add(). */
const HistoryPoint *history_after(const History *history, usec_t at_usec);
/* Mean of the arrival rate over the last n points, or as many as there are; 0 without any. */
double history_arrival_per_sec(const History *history, size_t n);

/* A point of all jobs, begun by history_point_none(): sums, the greatest latency, the least watermark. */
HistoryPoint history_point_none(usec_t at_usec);
void history_point_include(HistoryPoint *total, const HistoryPoint *point);
