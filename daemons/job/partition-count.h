/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "kafka/kafka.h"

/* Asks how many partitions a topic has. On a thread of its own: of librdkafka's ways to know, one blocks,
 * and the others ask the controller, which development brokers do not have. */
typedef struct PartitionCount PartitionCount;

/* error: why it is not known, else NULL. has_controller: one of the brokers is it and can be asked. */
typedef void (*PartitionCountAnswer)(uint32_t n_partitions, bool has_controller, const char *error,
                                     void *userdata);

/* client: weak. */
int partition_count_new(sd_event *event, rd_kafka_t *client, const char *topic, PartitionCountAnswer answer,
                        void *userdata, PartitionCount **ret);
/* Waits for a question that is on its way, a second at most. */
PartitionCount *partition_count_free(PartitionCount *count);
DEFINE_CLEANUP(PartitionCount *, partition_count_free);

/* The last question must be answered. Returns 0 or a negative errno. */
int partition_count_ask(PartitionCount *count);
