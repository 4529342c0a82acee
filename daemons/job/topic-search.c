/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "topic-search.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/strv.h"

enum { TIMEOUT_MSEC = 1000 };

struct TopicSearch {
        rd_kafka_t *client; /* weak */
        Topics *topics;     /* weak */
        /* Those named: librdkafka asks for all topics that it has a handle of. */
        rd_kafka_topic_t **handles;
        size_t n_handles;
        sd_event_source *answered;
        int fd; /* eventfd: the thread is done */
        TopicSearchAnswer answer;
        void *userdata;

        pthread_t thread;
        bool asking;
        /* The thread's until it is joined. */
        const struct rd_kafka_metadata *metadata; /* NULL: there is an error */
        rd_kafka_resp_err_t error;
        bool has_controller;
};

/* Development brokers name one that is none of them. */
static bool has_controller(const struct rd_kafka_metadata *metadata, int32_t controller) {
        for (int i = 0; i < metadata->broker_cnt; i++)
                if (metadata->brokers[i].id == controller)
                        return true;
        return false;
}

static void *ask(void *userdata) {
        TopicSearch *search = userdata;
        const uint64_t one = 1;

        search->error = rd_kafka_metadata(search->client, search->n_handles == 0, NULL, &search->metadata,
                                          TIMEOUT_MSEC);
        search->has_controller =
                !search->error && has_controller(search->metadata, rd_kafka_controllerid(search->client, 0));
        (void)!write(search->fd, &one, sizeof(one));
        return NULL;
}

static int take_answer(TopicSearch *search) {
        int r;

        r = topics_begin_search(search->topics);
        for (int i = 0; r >= 0 && i < search->metadata->topic_cnt; i++) {
                const rd_kafka_metadata_topic_t *topic = &search->metadata->topics[i];

                if (topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
                        continue;
                r = topics_found(search->topics, topic->topic, (uint32_t)topic->partition_cnt,
                                 topic->err ? rd_kafka_err2str(topic->err) : NULL);
        }
        if (r >= 0)
                topics_end_search(search->topics);
        return r;
}

static int on_answered(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        TopicSearch *search = userdata;
        uint64_t ignored;
        int r = 0;

        if (read(fd, &ignored, sizeof(ignored)) != sizeof(ignored))
                return 0;
        pthread_join(search->thread, NULL);
        search->asking = false;
        if (!search->error) {
                r = take_answer(search);
                rd_kafka_metadata_destroy(search->metadata);
        }
        search->answer(search->has_controller,
                       search->error ? rd_kafka_err2str(search->error)
                       : r < 0       ? strerror(-r)
                                     : NULL,
                       search->userdata);
        return 0;
}

int topic_search_ask(TopicSearch *search) {
        sigset_t all, before;
        int r;

        /* Signals are the main thread's. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&search->thread, NULL, ask, search);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        search->asking = r == 0;
        return -r;
}

static int make_handles(TopicSearch *search) {
        char **names = search->topics->names;

        search->handles = new0(rd_kafka_topic_t *, strv_length(names) + 1);
        if (!search->handles)
                return -ENOMEM;
        for (; names && names[search->n_handles]; search->n_handles++) {
                search->handles[search->n_handles] =
                        rd_kafka_topic_new(search->client, names[search->n_handles], NULL);
                if (!search->handles[search->n_handles])
                        return -EINVAL;
        }
        return 0;
}

int topic_search_new(sd_event *event, rd_kafka_t *client, Topics *topics, TopicSearchAnswer answer,
                     void *userdata, TopicSearch **ret) {
        _cleanup_(topic_search_freep) TopicSearch *search = new (TopicSearch, 1);
        int r;

        if (!search)
                return -ENOMEM;
        *search = (TopicSearch){
                .client = client,
                .topics = topics,
                .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                .answer = answer,
                .userdata = userdata,
        };
        if (search->fd < 0)
                return -errno;
        r = make_handles(search);
        if (r >= 0)
                r = sd_event_add_io(event, &search->answered, search->fd, EPOLLIN, on_answered, search);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(search);
        return 0;
}

TopicSearch *topic_search_free(TopicSearch *search) {
        if (!search)
                return NULL;
        if (search->asking) {
                pthread_join(search->thread, NULL);
                if (!search->error)
                        rd_kafka_metadata_destroy(search->metadata);
        }
        sd_event_source_disable_unref(search->answered);
        for (size_t i = 0; i < search->n_handles; i++)
                rd_kafka_topic_destroy(search->handles[i]);
        free(search->handles);
        closep(&search->fd);
        free(search);
        return NULL;
}
