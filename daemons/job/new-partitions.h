/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "kafka/kafka.h"
#include "topics.h"

/* Where partitions start that the cluster has and the job not yet. Lists are librdkafka's, of what to ask
 * with what is asked for as offset; the caller destroys them. Pure: asking is log-ends.c's. */

/* Partitions first .. end - 1 of the topic. */
void topic_list_add(rd_kafka_topic_partition_list_t *list, const Topic *topic, uint32_t first, uint32_t end,
                    int64_t offset);

/* What there is to ask, by the job's rule for a topic that was there before the job; what appears later is
 * read from its first record. NULL: no partition is new. */
rd_kafka_topic_partition_list_t *new_partitions_find(const Topics *topics, StartAt start,
                                                     int64_t start_usec);
/* The same without offsets, for the answers; sorted. */
rd_kafka_topic_partition_list_t *new_partitions_unanswered(const rd_kafka_topic_partition_list_t *list);
/* The place of an answer; NULL: it was not asked. */
rd_kafka_topic_partition_t *new_partitions_answer(const rd_kafka_topic_partition_list_t *answers,
                                                  const char *topic, int32_t partition);
/* Of the answers those for which the log has no record as new as the job's timestamp (Kafka says -1): they
 * start at its end. NULL: none. */
rd_kafka_topic_partition_list_t *new_partitions_find_at_end(const rd_kafka_topic_partition_list_t *answers);
/* The starts of the topic's next partitions, without a gap; what was not answered stays for the next time.
 * Returns 0, with *ret (freed by the caller) of *ret_n, or -ENOMEM. */
int new_partitions_starts(const rd_kafka_topic_partition_list_t *answers, const Topic *topic, int64_t **ret,
                          uint32_t *ret_n);
