/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "partition-count.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>

enum { TIMEOUT_MSEC = 1000 };

struct PartitionCount {
        rd_kafka_t *client; /* weak */
        rd_kafka_topic_t *topic;
        sd_event_source *answered;
        int fd; /* eventfd: the thread is done */
        PartitionCountAnswer answer;
        void *userdata;

        pthread_t thread;
        bool asking;
        /* The thread's until it is joined. */
        uint32_t n_partitions;
        bool has_controller;
        char error[256]; /* "": none */
};

/* Development brokers name one that is none of them. */
static bool has_controller(const struct rd_kafka_metadata *metadata, int32_t controller) {
        for (int i = 0; i < metadata->broker_cnt; i++)
                if (metadata->brokers[i].id == controller)
                        return true;
        return false;
}

static void take_answer(PartitionCount *count, const struct rd_kafka_metadata *metadata) {
        rd_kafka_resp_err_t error =
                metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;

        if (error)
                snprintf(count->error, sizeof(count->error), "topic \"%s\": %s",
                         rd_kafka_topic_name(count->topic), rd_kafka_err2str(error));
        else
                count->n_partitions = (uint32_t)metadata->topics[0].partition_cnt;
        count->has_controller = has_controller(metadata, rd_kafka_controllerid(count->client, 0));
}

static void *ask(void *userdata) {
        PartitionCount *count = userdata;
        const struct rd_kafka_metadata *metadata;
        const uint64_t one = 1;
        rd_kafka_resp_err_t error;

        count->n_partitions = 0;
        count->error[0] = '\0';
        error = rd_kafka_metadata(count->client, 0, count->topic, &metadata, TIMEOUT_MSEC);
        if (error)
                snprintf(count->error, sizeof(count->error), "%s", rd_kafka_err2str(error));
        else {
                take_answer(count, metadata);
                rd_kafka_metadata_destroy(metadata);
        }
        (void)!write(count->fd, &one, sizeof(one));
        return NULL;
}

static int on_answered(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        PartitionCount *count = userdata;
        uint64_t ignored;

        if (read(fd, &ignored, sizeof(ignored)) != sizeof(ignored))
                return 0;
        pthread_join(count->thread, NULL);
        count->asking = false;
        count->answer(count->n_partitions, count->has_controller,
                      count->error[0] != '\0' ? count->error : NULL, count->userdata);
        return 0;
}

int partition_count_ask(PartitionCount *count) {
        sigset_t all, before;
        int r;

        /* Signals are the main thread's. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&count->thread, NULL, ask, count);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        count->asking = r == 0;
        return -r;
}

int partition_count_new(sd_event *event, rd_kafka_t *client, const char *topic, PartitionCountAnswer answer,
                        void *userdata, PartitionCount **ret) {
        _cleanup_(partition_count_freep) PartitionCount *count = new (PartitionCount, 1);
        int r;

        if (!count)
                return -ENOMEM;
        *count = (PartitionCount){
                .client = client,
                .topic = rd_kafka_topic_new(client, topic, NULL),
                .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                .answer = answer,
                .userdata = userdata,
        };
        if (!count->topic)
                return -EINVAL;
        if (count->fd < 0)
                return -errno;
        r = sd_event_add_io(event, &count->answered, count->fd, EPOLLIN, on_answered, count);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(count);
        return 0;
}

PartitionCount *partition_count_free(PartitionCount *count) {
        if (!count)
                return NULL;
        if (count->asking)
                pthread_join(count->thread, NULL);
        sd_event_source_disable_unref(count->answered);
        if (count->topic)
                rd_kafka_topic_destroy(count->topic);
        closep(&count->fd);
        free(count);
        return NULL;
}
