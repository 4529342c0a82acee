/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <librdkafka/rdkafka.h>

#include "base/macros.h"

/* What the programs that speak Kafka share. */

/* A configuration from "key=value" strings (NULL-terminated list, or NULL), later ones winning. On failure
 * returns -EINVAL with one sentence, which names the key, in reason; or -ENOMEM. Logs of librdkafka go to
 * our log with its level. A connection that fails is tried again every second at most, and
 * client.id is the program's name (defaults of ours). */
int kafka_conf_new(char *const *properties, rd_kafka_conf_t **ret, char *reason, size_t reason_size);
/* HOST:PORT of the brokers that the properties name, "" if they name none. Weak. */
const char *kafka_servers(char *const *properties) _pure_;
/* Sets one more key; the key must exist (assertion). */
void kafka_conf_set(rd_kafka_conf_t *conf, const char *key, const char *value);
/* A producer or consumer; consumes conf, whatever happens. -EINVAL with librdkafka's message in reason: keys
 * that do not go together, a certificate that cannot be read. */
int kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret, char *reason,
              size_t reason_size);
/* For an event loop: a descriptor that becomes readable when the queue has something. Clear it, then drain
 * the queue until it is empty: it tells only of an empty queue that fills. Close it after the queue's client
 * is gone. */
int kafka_queue_open_fd(rd_kafka_queue_t *queue, int *ret_fd);
int kafka_queue_clear_fd(int fd);

DEFINE_CLEANUP(rd_kafka_conf_t *, rd_kafka_conf_destroy);
DEFINE_CLEANUP(rd_kafka_t *, rd_kafka_destroy);
DEFINE_CLEANUP(rd_kafka_queue_t *, rd_kafka_queue_destroy);
DEFINE_CLEANUP(rd_kafka_topic_t *, rd_kafka_topic_destroy);
DEFINE_CLEANUP(rd_kafka_event_t *, rd_kafka_event_destroy);
DEFINE_CLEANUP(rd_kafka_topic_partition_list_t *, rd_kafka_topic_partition_list_destroy);
