/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "kafka/kafka.h"
#include "wire/messages.h"

/* Reads partitions of topics from given offsets into one queue. No consumer group: which offsets are
 * read is the job's business, and nothing is committed. */
typedef struct Consumer Consumer;

/* settings: kafka_properties and queue_bytes count. Returns 0, -EINVAL with librdkafka's reason, or
 * another errno. */
int consumer_new(const WelcomeMessage *settings, Consumer **ret, char *reason, size_t reason_size);
/* Waits for librdkafka's threads. */
Consumer *consumer_free(Consumer *consumer);
DEFINE_CLEANUP(Consumer *, consumer_free);

/* Becomes readable when the empty queue fills; consumer_clear_fd(), then pull until nothing comes. */
int consumer_fd(const Consumer *consumer);
int consumer_clear_fd(Consumer *consumer);

/* The topic of that name, which the messages read from it name too; lives as long as the consumer. Returns
 * 0, -ENOMEM or -EIO with the reason in the log. */
int consumer_topic(Consumer *consumer, const char *name, rd_kafka_topic_t **ret);

/* Begins to read a partition at an offset. -EIO with the reason in the log: librdkafka refused. */
int consumer_start(Consumer *consumer, rd_kafka_topic_t *topic, uint32_t partition, int64_t offset);
/* Goes on at another offset with a partition that is being read. What was fetched before the call and not
 * pulled yet will not be seen any more. */
int consumer_seek(Consumer *consumer, rd_kafka_topic_t *topic, uint32_t partition, int64_t offset);
void consumer_stop(rd_kafka_topic_t *topic, uint32_t partition);

/* Of an rd_kafka_message_t, as RecordHeaders in pipeline.h asks for. */
int consumer_append_headers(const void *message, Buffer *buffer);

/* Takes up to n messages, events and errors, without waiting. Each is to be destroyed by the caller. */
size_t consumer_pull(Consumer *consumer, rd_kafka_message_t **ret, size_t n);
