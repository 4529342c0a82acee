/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "partition.h"

/* The job's watermark: the least over the active partitions of (greatest event time of the partition's
 * contiguous prefix - allowed delay); it never goes back. Since each partition's own prefix counts and not
 * what was read ahead, fast reading of one makes no event of another late.
 *
 * A partition without an event yet holds the watermark where it is. One that has had nothing to read for
 * idle_after is not active. If none is active the watermark stays. */
typedef struct WatermarkRule {
        usec_t delay_usec;
        usec_t idle_after_usec;
} WatermarkRule;

bool partition_is_idle(const Partition *partition, const WatermarkRule *rule, usec_t now_usec);

/* The partition's own: TIME_NONE before its first event. */
int64_t partition_watermark(const Partition *partition, const WatermarkRule *rule);

/* previous: the watermark so far, TIME_NONE at first. Returns the new one. */
int64_t watermark_advance(int64_t previous, Partition *const *partitions, size_t n_partitions,
                          const WatermarkRule *rule, usec_t now_usec);
