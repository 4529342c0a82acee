/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "load-json.h"
#include "load.h"

/* What is merged past the position. */
static struct json_object *ahead_object(const Partition *partition) {
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < partition->ahead.n; i++) {
                struct json_object *range = json_object_new_object();

                add_u64(range, "from", (uint64_t)partition->ahead.ranges[i].from);
                add_u64(range, "to", (uint64_t)partition->ahead.ranges[i].to);
                json_object_array_add(array, range);
        }
        return array;
}

struct json_object *load_partitions(const Job *job, uint64_t *ret_backlog, uint64_t *ret_arrived) {
        struct json_object *array = json_object_new_array();
        usec_t now_usec = monotonic_usec();

        *ret_backlog = *ret_arrived = 0;
        for (size_t i = 0; i < job->leases->n_partitions; i++) {
                const Partition *partition = job->leases->partitions[i];
                struct json_object *object;
                uint64_t lag = partition_lag(partition);

                if (!partition->topic->is_wanted)
                        continue;
                object = json_object_new_object();
                add_text(object, "topic", partition->topic->name);
                add_u64(object, "partition", partition->number);
                add_u64(object, "position", (uint64_t)partition->position);
                add_u64(object, "end", (uint64_t)partition->end);
                add_u64(object, "lag", lag);
                add_u64(object, "records", partition->records);
                add_time(object, "watermark_usec",
                         partition->max_event_time_usec == TIME_NONE
                                 ? TIME_NONE
                                 : partition_watermark(partition, &job->watermark_rule));
                add_object(object, "idle",
                           json_object_new_boolean(
                                   partition_is_idle(partition, &job->watermark_rule, now_usec)));
                add_object(object, "ahead", ahead_object(partition));
                json_object_array_add(array, object);
                *ret_backlog += lag;
                *ret_arrived += (uint64_t)MAX(partition->end - job->partition_starts[i], 0);
        }
        return array;
}
