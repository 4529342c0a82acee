/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "watermark.h"
#include "wire/messages.h"

bool partition_is_idle(const Partition *partition, const WatermarkRule *rule, usec_t now_usec) {
        return partition->caught_up_since_usec <= now_usec &&
               now_usec - partition->caught_up_since_usec >= rule->idle_after_usec;
}

int64_t partition_watermark(const Partition *partition, const WatermarkRule *rule) {
        int64_t watermark;

        if (partition->max_event_time_usec == TIME_NONE)
                return TIME_NONE;
        if (__builtin_sub_overflow(partition->max_event_time_usec, (int64_t)rule->delay_usec, &watermark))
                return TIME_NONE + 1;
        return watermark;
}

int64_t watermark_advance(int64_t previous, Partition *const *partitions, size_t n_partitions,
                          const WatermarkRule *rule, usec_t now_usec) {
        int64_t least = INT64_MAX;

        for (size_t i = 0; i < n_partitions; i++) {
                if (!partition_is_idle(partitions[i], rule, now_usec))
                        least = MIN(least, partition_watermark(partitions[i], rule));
        }
        return least == INT64_MAX ? previous : MAX(previous, least);
}
