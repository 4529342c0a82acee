/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/log.h"
#include "kafka/kafka.h"
#include "positions.h"
#include "topics.h"

/* Between two times of telling. */
static const usec_t interval_usec = 2 * USEC_PER_SEC;
/* How long the end of the process waits. */
static const usec_t finish_usec = USEC_PER_SEC;

/* rd_kafka_AlterConsumerGroupOffsets() would do it without a client of its own, but a request to a
 * coordinator that was given up while Kafka was away ends the process when Kafka is back (librdkafka's issue
 * 4605, see kafka-marker.c). So a consumer, which never joins its group, commits. */
struct Positions {
        const LeaseTable *leases; /* weak */
        char *group;
        rd_kafka_t *consumer;
        rd_kafka_queue_t *answers;
        int answers_fd; /* of the queue */
        sd_event_source *answers_source, *timer;
        usec_t told_usec; /* monotonic */
        bool changed;     /* since they were told */
        bool telling;     /* an answer is still to come */
        bool complained;
        void (*done)(void *userdata);
        void *userdata;
};

static void tell(Positions *positions) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);

        for (size_t i = 0; i < positions->leases->n_partitions; i++) {
                const Partition *partition = positions->leases->partitions[i];

                if (!partition->away)
                        rd_kafka_topic_partition_list_add(list, partition->topic->name,
                                                          (int32_t)partition->number)
                                ->offset = partition->position;
        }
        positions->changed = false;
        positions->told_usec = monotonic_usec();
        if (list->cnt > 0)
                positions->telling =
                        !rd_kafka_commit_queue(positions->consumer, list, positions->answers, NULL, NULL);
        rd_kafka_topic_partition_list_destroy(list);
}

static void arm(Positions *positions, usec_t pause_usec) {
        (void)sd_event_source_set_time_relative(positions->timer, pause_usec);
        (void)sd_event_source_set_enabled(positions->timer, SD_EVENT_ONESHOT);
}

static void tell_soon(Positions *positions) {
        usec_t since_usec = monotonic_usec() - positions->told_usec;

        if (!positions->telling && !positions->done &&
            sd_event_source_get_enabled(positions->timer, NULL) == 0)
                arm(positions, since_usec < interval_usec ? interval_usec - since_usec : 0);
}

static void be_done(Positions *positions) {
        void (*done)(void *userdata) = positions->done;

        positions->done = NULL;
        if (done)
                done(positions->userdata);
}

static int on_timer(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Positions *positions = userdata;

        if (positions->done)
                be_done(positions);
        else if (positions->changed && !positions->telling)
                tell(positions);
        return 0;
}

/* Of all of them, or of one that the others do not share. */
static const char *commit_error(rd_kafka_event_t *event) {
        const rd_kafka_topic_partition_list_t *list;

        if (rd_kafka_event_error(event))
                return rd_kafka_err2str(rd_kafka_event_error(event));
        list = rd_kafka_event_topic_partition_list(event);
        for (int i = 0; list && i < list->cnt; i++)
                if (list->elems[i].err)
                        return rd_kafka_err2str(list->elems[i].err);
        return NULL;
}

static void on_answer(Positions *positions, rd_kafka_event_t *event) {
        const char *error = commit_error(event);

        positions->telling = false;
        if (error && !positions->complained)
                log_info("Kafka does not take the positions for group %s, which only tools for lag read: %s",
                         positions->group, error);
        positions->complained = error != NULL;
        positions->changed |= error && !positions->done; /* so that it is tried again */
        if (!positions->done && positions->changed)
                tell_soon(positions);
        else if (positions->changed)
                tell(positions);
        else
                be_done(positions);
}

static int on_answers(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Positions *positions = userdata;
        rd_kafka_event_t *event;
        int r;

        /* The fd is written only when the queue was empty: drain it. */
        r = kafka_queue_clear_fd(fd);
        while (r >= 0 && (event = rd_kafka_queue_poll(positions->answers, 0))) {
                if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
                        on_answer(positions, event);
                rd_kafka_event_destroy(event);
        }
        return r;
}

static int connect_consumer(Positions *positions, const JobConfig *config) {
        rd_kafka_conf_t *conf;
        char reason[512];
        int r;

        r = kafka_conf_new(config->kafka_properties, &conf, reason, sizeof(reason));
        if (r < 0)
                return r;
        kafka_conf_set(conf, "group.id", positions->group);
        kafka_conf_set(conf, "enable.auto.commit", "false");
        kafka_conf_set(conf, "log_level", "2"); /* what is wrong, log-ends.c's client says */
        /* A commit without an answer is given up after so long, and the end of the process waits for it. The
         * first is how long it waits for a coordinator; the last one has to be less than the second. */
        kafka_conf_set(conf, "session.timeout.ms", "1000");
        kafka_conf_set(conf, "socket.timeout.ms", "2000");
        kafka_conf_set(conf, "fetch.wait.max.ms", "500");
        return kafka_new(RD_KAFKA_CONSUMER, conf, &positions->consumer, reason, sizeof(reason));
}

int positions_new(sd_event *event, const JobConfig *config, const LeaseTable *leases, Positions **ret) {
        _cleanup_(positions_freep) Positions *positions = new0(Positions, 1);
        int r;

        if (!positions)
                return -ENOMEM;
        positions->leases = leases;
        positions->answers_fd = -EBADF;
        if (asprintf(&positions->group, "streametl.%s", config->name) < 0) {
                positions->group = NULL;
                return -ENOMEM;
        }
        r = connect_consumer(positions, config);
        if (r < 0)
                return r;
        positions->answers = rd_kafka_queue_new(positions->consumer);
        r = kafka_queue_open_fd(positions->answers, &positions->answers_fd);
        if (r >= 0)
                r = sd_event_add_io(event, &positions->answers_source, positions->answers_fd, EPOLLIN,
                                    on_answers, positions);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &positions->timer, CLOCK_MONOTONIC, 0,
                                               100 * USEC_PER_MSEC, on_timer, positions);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(positions);
        return 0;
}

Positions *positions_free(Positions *positions) {
        if (!positions)
                return NULL;
        sd_event_source_disable_unref(positions->timer);
        sd_event_source_disable_unref(positions->answers_source);
        if (positions->answers)
                rd_kafka_queue_destroy(positions->answers);
        if (positions->consumer)
                rd_kafka_destroy_flags(positions->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        closep(&positions->answers_fd);
        free(positions->group);
        free(positions);
        return NULL;
}

void positions_publish(Positions *positions) {
        positions->changed = true;
        tell_soon(positions);
}

bool positions_finish(Positions *positions, void (*done)(void *userdata), void *userdata) {
        if (!positions->telling && positions->changed)
                tell(positions);
        if (!positions->telling)
                return false;
        positions->done = done;
        positions->userdata = userdata;
        arm(positions, finish_usec);
        return true;
}
