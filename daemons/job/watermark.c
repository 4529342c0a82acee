/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "watermark.h"
#include "wire/messages.h"

bool partition_is_idle(const Partition *partition, const WatermarkRule *rule, usec_t now_usec) {
        return partition->caught_up_since_usec <= now_usec &&
               now_usec - partition->caught_up_since_usec >= rule->idle_after_usec;
}

int64_t watermark_advance(int64_t previous, Partition *const *partitions, size_t n_partitions,
                          const WatermarkRule *rule, usec_t now_usec) {
        int64_t least = INT64_MAX;

        for (size_t i = 0; i < n_partitions; i++) {
                int64_t event_time = partitions[i]->max_event_time_usec, own;

                if (partition_is_idle(partitions[i], rule, now_usec))
                        continue;
                if (event_time == TIME_NONE)
                        return previous;
                if (__builtin_sub_overflow(event_time, (int64_t)rule->delay_usec, &own))
                        own = TIME_NONE + 1;
                least = MIN(least, own);
        }
        return least == INT64_MAX ? previous : MAX(previous, least);
}
