/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/log.h"
#include "positions.h"
#include "topics.h"

/* Between two times of telling. */
static const usec_t interval_usec = 2 * USEC_PER_SEC;
/* How long the end of the process waits. */
static const usec_t finish_usec = USEC_PER_SEC;
enum { REQUEST_TIMEOUT_MSEC = 5000 };

struct Positions {
        rd_kafka_t *client;       /* weak */
        const LeaseTable *leases; /* weak */
        char *group;
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
        rd_kafka_AlterConsumerGroupOffsets_t *alter;
        rd_kafka_AdminOptions_t *options;

        for (size_t i = 0; i < positions->leases->n_partitions; i++) {
                const Partition *partition = positions->leases->partitions[i];

                if (!partition->away)
                        rd_kafka_topic_partition_list_add(list, partition->topic->name,
                                                          (int32_t)partition->number)
                                ->offset = partition->position;
        }
        positions->changed = false;
        positions->told_usec = monotonic_usec();
        if (list->cnt > 0) {
                options = rd_kafka_AdminOptions_new(positions->client,
                                                    RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
                (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MSEC, NULL, 0);
                alter = rd_kafka_AlterConsumerGroupOffsets_new(positions->group, list);
                rd_kafka_AlterConsumerGroupOffsets(positions->client, &alter, 1, options,
                                                   positions->answers);
                rd_kafka_AlterConsumerGroupOffsets_destroy(alter);
                rd_kafka_AdminOptions_destroy(options);
                positions->telling = true;
        }
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

static void on_answer(Positions *positions, rd_kafka_event_t *event) {
        const rd_kafka_group_result_t **groups;
        const char *error = rd_kafka_event_error(event) ? rd_kafka_event_error_string(event) : NULL;
        size_t n = 0;

        positions->telling = false;
        if (!error) {
                groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
                        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &n);
                if (n > 0 && rd_kafka_group_result_error(groups[0]))
                        error = rd_kafka_error_string(rd_kafka_group_result_error(groups[0]));
        }
        if (error && !positions->complained)
                log_info("Kafka does not take the positions for group %s, which only tools for lag read: %s",
                         positions->group, error);
        positions->complained = error != NULL;
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
                if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ALTERCONSUMERGROUPOFFSETS_RESULT)
                        on_answer(positions, event);
                rd_kafka_event_destroy(event);
        }
        return r;
}

int positions_new(sd_event *event, rd_kafka_t *client, const char *job, const LeaseTable *leases,
                  Positions **ret) {
        _cleanup_(positions_freep) Positions *positions = new0(Positions, 1);
        int r;

        if (!positions)
                return -ENOMEM;
        positions->client = client;
        positions->leases = leases;
        positions->answers_fd = -EBADF;
        if (asprintf(&positions->group, "streametl.%s", job) < 0) {
                positions->group = NULL;
                return -ENOMEM;
        }
        positions->answers = rd_kafka_queue_new(client);
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
        if (positions->answers) {
                rd_kafka_queue_io_event_enable(positions->answers, -1, NULL, 0); /* the client lives on */
                rd_kafka_queue_destroy(positions->answers);
        }
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
