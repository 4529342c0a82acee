/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "new-partitions.h"

void topic_list_add(rd_kafka_topic_partition_list_t *list, const Topic *topic, uint32_t first, uint32_t end,
                    int64_t offset) {
        for (uint32_t i = first; i < end; i++)
                rd_kafka_topic_partition_list_add(list, topic->name, (int32_t)i)->offset = offset;
}

static rd_kafka_topic_partition_list_t *or_nothing(rd_kafka_topic_partition_list_t *list) {
        if (list->cnt > 0)
                return list;
        rd_kafka_topic_partition_list_destroy(list);
        return NULL;
}

static int64_t start_of(const Topic *topic, StartAt start, int64_t start_usec) {
        if (topic->n_partitions > 0 || topic->from_beginning)
                return RD_KAFKA_OFFSET_SPEC_EARLIEST;
        switch (start) {
        case START_LATEST: return RD_KAFKA_OFFSET_SPEC_LATEST;
        case START_TIMESTAMP: return start_usec / 1000;
        default: return RD_KAFKA_OFFSET_SPEC_EARLIEST;
        }
}

rd_kafka_topic_partition_list_t *new_partitions_find(const Topics *topics, StartAt start,
                                                     int64_t start_usec) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);

        for (size_t i = 0; i < topics->n_topics; i++) {
                const Topic *topic = topics->topics[i];

                if (topic_is_readable(topic))
                        topic_list_add(list, topic, topic->n_partitions, topic->n_in_cluster,
                                       start_of(topic, start, start_usec));
        }
        return or_nothing(list);
}

rd_kafka_topic_partition_list_t *new_partitions_unanswered(const rd_kafka_topic_partition_list_t *list) {
        rd_kafka_topic_partition_list_t *answers = rd_kafka_topic_partition_list_copy(list);

        for (int i = 0; i < answers->cnt; i++)
                answers->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
        rd_kafka_topic_partition_list_sort(answers, NULL, NULL); /* by topic and number */
        return answers;
}

static int compare_places(const void *a, const void *b) {
        const rd_kafka_topic_partition_t *x = a, *y = b;
        int order = strcmp(x->topic, y->topic);

        return order != 0 ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

rd_kafka_topic_partition_t *new_partitions_answer(const rd_kafka_topic_partition_list_t *answers,
                                                  const char *topic, int32_t partition) {
        const rd_kafka_topic_partition_t place = {.topic = (char *)topic, .partition = partition};

        return bsearch(&place, answers->elems, (size_t)answers->cnt, sizeof(place), compare_places);
}

rd_kafka_topic_partition_list_t *new_partitions_find_at_end(const rd_kafka_topic_partition_list_t *answers) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

        for (int i = 0; i < answers->cnt; i++) {
                const rd_kafka_topic_partition_t *at = &answers->elems[i];

                if (at->offset == -1)
                        rd_kafka_topic_partition_list_add(list, at->topic, at->partition)->offset =
                                RD_KAFKA_OFFSET_SPEC_LATEST;
        }
        return or_nothing(list);
}

int new_partitions_starts(const rd_kafka_topic_partition_list_t *answers, const Topic *topic, int64_t **ret,
                          uint32_t *ret_n) {
        _cleanup_free_ int64_t *starts = new0(int64_t, topic->n_in_cluster + 1);
        uint32_t n = 0;

        if (!starts)
                return -ENOMEM;
        for (uint32_t i = topic->n_partitions; i < topic->n_in_cluster; i++) {
                const rd_kafka_topic_partition_t *at =
                        new_partitions_answer(answers, topic->name, (int32_t)i);

                if (!at || at->offset < 0)
                        break;
                starts[n++] = at->offset;
        }
        *ret = TAKE_PTR(starts);
        *ret_n = n;
        return 0;
}
