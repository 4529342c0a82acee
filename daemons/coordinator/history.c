/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "history.h"

struct History {
        uint64_t n; /* ever added; point n stands at n % HISTORY_POINTS_MAX */
        HistoryPoint ring[HISTORY_POINTS_MAX];
};

int history_new(History **ret) {
        History *history = new0(History, 1);

        if (!history)
                return -ENOMEM;
        *ret = history;
        return 0;
}

History *history_free(History *history) {
        free(history);
        return NULL;
}

void history_add(History *history, const HistoryPoint *point) {
        history->ring[history->n++ % HISTORY_POINTS_MAX] = *point;
}

static uint64_t oldest(const History *history) {
        return history->n > HISTORY_POINTS_MAX ? history->n - HISTORY_POINTS_MAX : 0;
}

const HistoryPoint *history_after(const History *history, usec_t at_usec) {
        uint64_t low = oldest(history), high = history->n;

        /* A clock that was set back leaves times out of order: the search then finds one of the places. */
        while (low < high) {
                uint64_t middle = low + (high - low) / 2;

                if (history->ring[middle % HISTORY_POINTS_MAX].at_usec > at_usec)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low < history->n ? &history->ring[low % HISTORY_POINTS_MAX] : NULL;
}

double history_arrival_per_sec(const History *history, size_t n) {
        uint64_t from = MAX(oldest(history), history->n > n ? history->n - n : 0);
        double sum = 0;

        for (uint64_t i = from; i < history->n; i++)
                sum += history->ring[i % HISTORY_POINTS_MAX].arrival_per_sec;
        return history->n > from ? sum / (double)(history->n - from) : 0;
}

HistoryPoint history_point_none(usec_t at_usec) {
        return (HistoryPoint){
                .at_usec = at_usec,
                .latency_usec = USEC_INFINITY,
                .watermark_usec = INT64_MIN,
        };
}

void history_point_include(HistoryPoint *total, const HistoryPoint *point) {
        total->arrival_per_sec += point->arrival_per_sec;
        total->processed_per_sec += point->processed_per_sec;
        total->backlog += point->backlog;
        total->workers_wanted += point->workers_wanted;
        total->workers_running += point->workers_running;
        if (point->latency_usec != USEC_INFINITY)
                total->latency_usec = total->latency_usec == USEC_INFINITY
                                              ? point->latency_usec
                                              : MAX(total->latency_usec, point->latency_usec);
        if (point->watermark_usec != INT64_MIN)
                total->watermark_usec = total->watermark_usec == INT64_MIN
                                                ? point->watermark_usec
                                                : MIN(total->watermark_usec, point->watermark_usec);
}
