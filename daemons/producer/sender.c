/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "kafka/kafka.h"
#include "sender.h"

#define FLUSH_TIMEOUT_MSEC 10000
#define FLUSH_TIMEOUT_IN_OUTAGE_MSEC 500

/* What a load generator wants of librdkafka: records are never given up, and batches fill. Its own lines
 * about connections are left out (log_level), since the same come as errors and are said once here. */
static const char *const default_properties[] = {
        "client.id=etl-producer",
        "message.timeout.ms=0",
        "linger.ms=5",
        "queue.buffering.max.messages=200000",
        "log_level=2",
};

struct Sender {
        rd_kafka_t *kafka;
        rd_kafka_topic_t *topic;
        int fd;
        uint64_t n_delivered, n_failed;
        uint64_t n_delivered_before; /* at the last check for an outage */
        bool unreachable;            /* since the last delivery */
        bool outage;                 /* and that has been said */
        bool fatal;
        char reason[256]; /* of the last connection that failed */
};

/* The callbacks run within rd_kafka_poll(), so in the caller's thread. */
static void on_delivered(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *userdata) {
        Sender *sender = userdata;

        if (message->err) {
                if (sender->n_failed++ == 0)
                        log_message(LOG_ERR, MESSAGE_RECORD_NOT_SENT, 0,
                                    "A record could not be delivered: %s", rd_kafka_err2str(message->err));
                return;
        }
        sender->n_delivered++;
        if (sender->outage)
                log_message(LOG_NOTICE, MESSAGE_BROKER_BACK, 0, "Kafka answers again");
        sender->unreachable = sender->outage = false;
}

static void on_error(rd_kafka_t *kafka, int error, const char *reason, void *userdata) {
        Sender *sender = userdata;

        if (error == RD_KAFKA_RESP_ERR__FATAL) {
                log_error("librdkafka gives up: %s", reason);
                sender->fatal = true;
        } else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
                sender->unreachable = true;
        else
                snprintf(sender->reason, sizeof(sender->reason), "%s", reason);
}

static int make_conf(Sender *sender, char *const *properties, rd_kafka_conf_t **ret) {
        _cleanup_free_ char **all = NULL;
        size_t n_properties = 0;
        char reason[512];
        int r;

        while (properties[n_properties])
                n_properties++;
        all = new0(char *, ELEMENTSOF(default_properties) + n_properties + 1);
        if (!all)
                return log_oom();
        memcpy(all, default_properties, sizeof(default_properties));
        memcpy(all + ELEMENTSOF(default_properties), properties, n_properties * sizeof(char *));

        r = kafka_conf_new(all, ret, reason, sizeof(reason));
        if (r == -ENOMEM)
                return log_oom();
        if (r < 0)
                return log_error_errno(r, "Kafka property %s", reason);
        rd_kafka_conf_set_opaque(*ret, sender);
        rd_kafka_conf_set_dr_msg_cb(*ret, on_delivered);
        rd_kafka_conf_set_error_cb(*ret, on_error);
        return 0;
}

static int connect_topic(Sender *sender, const char *topic, char *const *properties) {
        rd_kafka_conf_t *conf;
        char reason[512];
        int r;

        r = make_conf(sender, properties, &conf);
        if (r < 0)
                return r;
        r = kafka_new(RD_KAFKA_PRODUCER, conf, &sender->kafka, reason, sizeof(reason));
        if (r < 0)
                return log_error_errno(r, "Cannot make a Kafka producer: %s", reason);
        sender->topic = rd_kafka_topic_new(sender->kafka, topic, NULL);
        if (!sender->topic)
                return log_error_errno(EINVAL, "Cannot use topic \"%s\": %s", topic,
                                       rd_kafka_err2str(rd_kafka_last_error()));
        return 0;
}

static int open_fd(Sender *sender) {
        _cleanup_(rd_kafka_queue_destroyp) rd_kafka_queue_t *queue = rd_kafka_queue_get_main(sender->kafka);
        int r;

        r = kafka_queue_open_fd(queue, &sender->fd);
        return r < 0 ? log_error_errno(r, "Cannot make an eventfd: %m") : 0;
}

int sender_new(const char *topic, char *const *properties, Sender **ret) {
        _cleanup_(sender_freep) Sender *sender = NULL;
        int r;

        sender = new (Sender, 1);
        if (!sender)
                return log_oom();
        *sender = (Sender){.fd = -EBADF};
        r = connect_topic(sender, topic, properties);
        if (r < 0)
                return r;
        r = open_fd(sender);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(sender);
        return 0;
}

Sender *sender_free(Sender *sender) {
        if (!sender)
                return NULL;
        if (sender->topic)
                rd_kafka_topic_destroy(sender->topic);
        if (sender->kafka)
                rd_kafka_destroy(sender->kafka);
        closep(&sender->fd); /* after librdkafka, which writes to it */
        free(sender);
        return NULL;
}

int sender_send(Sender *sender, const Record *record, bool with_key) {
        const char *key = with_key ? record->text + record->key_offset : NULL;
        rd_kafka_resp_err_t error;

        if (rd_kafka_produce(sender->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)record->text,
                             record->size, key, with_key ? record->key_size : 0, NULL) == 0)
                return 0;
        error = rd_kafka_last_error();
        if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
                return -ENOBUFS;
        return log_error_errno(EIO, "Cannot send to topic %s: %s", rd_kafka_topic_name(sender->topic),
                               rd_kafka_err2str(error));
}

int sender_fd(const Sender *sender) {
        return sender->fd;
}

int sender_poll(Sender *sender) {
        int r;

        r = kafka_queue_clear_fd(sender->fd);
        if (r < 0)
                return log_error_errno(r, "Cannot read an eventfd: %m");
        while (rd_kafka_poll(sender->kafka, 0) > 0)
                ;
        return sender->fatal ? -EIO : 0;
}

SenderCounts sender_counts(const Sender *sender) {
        return (SenderCounts){
                .delivered = sender->n_delivered,
                .failed = sender->n_failed,
                .pending = (uint64_t)rd_kafka_outq_len(sender->kafka),
        };
}

bool sender_check_outage(Sender *sender) {
        /* The first error says little: "localhost" has two addresses and Kafka may listen on one. */
        if (sender->unreachable && !sender->outage && rd_kafka_outq_len(sender->kafka) > 0 &&
            sender->n_delivered == sender->n_delivered_before) {
                log_message(LOG_WARNING, MESSAGE_BROKER_UNREACHABLE, 0,
                            "Kafka cannot be reached, trying on: %s", sender->reason);
                sender->outage = true;
        }
        sender->n_delivered_before = sender->n_delivered;
        return sender->outage;
}

void sender_flush(Sender *sender) {
        int n_left;

        (void)rd_kafka_flush(sender->kafka,
                             sender->outage ? FLUSH_TIMEOUT_IN_OUTAGE_MSEC : FLUSH_TIMEOUT_MSEC);
        n_left = rd_kafka_outq_len(sender->kafka);
        if (n_left > 0)
                log_message(LOG_WARNING, MESSAGE_RECORD_NOT_SENT, 0, "%d records are left undelivered",
                            n_left);
}
