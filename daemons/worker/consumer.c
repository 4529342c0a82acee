/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/log.h"
#include "consumer.h"

struct Consumer {
        rd_kafka_t *client;
        rd_kafka_topic_t **topics;
        size_t n_topics;
        rd_kafka_queue_t *queue;
        int fd;
};

static void set_defaults(rd_kafka_conf_t *conf, uint64_t queue_bytes) {
        char kilobytes[32];

        snprintf(kilobytes, sizeof(kilobytes), "%" PRIu64, MAX(queue_bytes / 1024, (uint64_t)1));
        kafka_conf_set(conf, "queued.max.messages.kbytes", kilobytes);
        /* The bytes are the limit, not the number. */
        kafka_conf_set(conf, "queued.min.messages", "1000000");
        /* By default 1000: with a small queue the broker would be asked once a second. */
        kafka_conf_set(conf, "fetch.queue.backoff.ms", "2");
        kafka_conf_set(conf, "fetch.wait.max.ms", "100");
        /* The end of a lease may lie behind the last record of the log. */
        kafka_conf_set(conf, "enable.partition.eof", "true");
        /* A range that retention has deleted must be told of, not skipped. */
        kafka_conf_set(conf, "auto.offset.reset", "error");
        kafka_conf_set(conf, "enable.auto.commit", "false");
        kafka_conf_set(conf, "enable.auto.offset.store", "false");
        kafka_conf_set(conf, "check.crcs", "true");
        kafka_conf_set(conf, "allow.auto.create.topics", "false");
}

int consumer_new(const WelcomeMessage *settings, Consumer **ret, char *reason, size_t reason_size) {
        _cleanup_(consumer_freep) Consumer *consumer = new0(Consumer, 1);
        rd_kafka_conf_t *conf;
        int r;

        if (!consumer)
                return -ENOMEM;
        consumer->fd = -EBADF;
        r = kafka_conf_new(settings->kafka_properties, &conf, reason, reason_size);
        if (r < 0)
                return r;
        set_defaults(conf, settings->queue_bytes);
        r = kafka_new(RD_KAFKA_CONSUMER, conf, &consumer->client, reason, reason_size);
        if (r < 0)
                return r;
        consumer->queue = rd_kafka_queue_new(consumer->client);
        if (!consumer->queue)
                return -ENOMEM;
        r = kafka_queue_open_fd(consumer->queue, &consumer->fd);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(consumer);
        return 0;
}

Consumer *consumer_free(Consumer *consumer) {
        if (!consumer)
                return NULL;
        if (consumer->queue)
                rd_kafka_queue_destroy(consumer->queue);
        for (size_t i = 0; i < consumer->n_topics; i++)
                rd_kafka_topic_destroy(consumer->topics[i]);
        free(consumer->topics);
        if (consumer->client)
                rd_kafka_destroy(consumer->client);
        closep(&consumer->fd);
        free(consumer);
        return NULL;
}

int consumer_fd(const Consumer *consumer) {
        return consumer->fd;
}

int consumer_clear_fd(Consumer *consumer) {
        return kafka_queue_clear_fd(consumer->fd);
}

int consumer_topic(Consumer *consumer, const char *name, rd_kafka_topic_t **ret) {
        rd_kafka_topic_t **topics;

        for (size_t i = 0; i < consumer->n_topics; i++)
                if (strcmp(rd_kafka_topic_name(consumer->topics[i]), name) == 0) {
                        *ret = consumer->topics[i];
                        return 0;
                }
        topics = reallocarray(consumer->topics, consumer->n_topics + 1, sizeof(rd_kafka_topic_t *));
        if (!topics)
                return -ENOMEM;
        consumer->topics = topics;
        topics[consumer->n_topics] = rd_kafka_topic_new(consumer->client, name, NULL);
        if (!topics[consumer->n_topics])
                return log_error_errno(EIO, "Cannot read topic %s: %s", name,
                                       rd_kafka_err2str(rd_kafka_last_error()));
        *ret = topics[consumer->n_topics++];
        return 0;
}

int consumer_start(Consumer *consumer, rd_kafka_topic_t *topic, uint32_t partition, int64_t offset) {
        if (rd_kafka_consume_start_queue(topic, (int32_t)partition, offset, consumer->queue) == 0)
                return 0;
        return log_error_errno(EIO, "Cannot read %s/%" PRIu32 " from offset %" PRIi64 ": %s",
                               rd_kafka_topic_name(topic), partition, offset,
                               rd_kafka_err2str(rd_kafka_last_error()));
}

int consumer_seek(Consumer *consumer, rd_kafka_topic_t *topic, uint32_t partition, int64_t offset) {
        /* 0: does not wait; the order of the queue tells old from new. */
        if (rd_kafka_seek(topic, (int32_t)partition, offset, 0) == RD_KAFKA_RESP_ERR_NO_ERROR)
                return 0;
        consumer_stop(topic, partition);
        return consumer_start(consumer, topic, partition, offset);
}

void consumer_stop(rd_kafka_topic_t *topic, uint32_t partition) {
        (void)rd_kafka_consume_stop(topic, (int32_t)partition);
}

size_t consumer_pull(Consumer *consumer, rd_kafka_message_t **ret, size_t n) {
        ssize_t pulled = rd_kafka_consume_batch_queue(consumer->queue, 0, ret, n);

        return pulled < 0 ? 0 : (size_t)pulled;
}

int consumer_append_headers(const void *message, Buffer *buffer) {
        rd_kafka_headers_t *headers;
        const char *name;
        const void *value;
        size_t size;
        int r = 0;

        if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
                return 0;
        for (size_t i = 0;
             r >= 0 && buffer->size < DEAD_RECORD_BYTES_MAX &&
             rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
             i++) {
                r = buffer_append_text(buffer, name, strlen(name));
                if (r >= 0)
                        r = buffer_append_u8(buffer, value != NULL);
                if (r >= 0)
                        r = buffer_append_text(buffer, value,
                                               value ? MIN(size, (size_t)DEAD_RECORD_BYTES_MAX) : 0);
        }
        return r;
}
