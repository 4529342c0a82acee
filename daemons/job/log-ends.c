/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "log-ends.h"
#include "partition-count.h"

/* How often the ends are asked for: a burst is seen within this time. */
static const usec_t ends_interval_usec = 200 * USEC_PER_MSEC;
/* How often the topic's partitions are asked for. */
static const usec_t topic_interval_usec = 10 * USEC_PER_SEC;
/* A question without an answer for so long failed; the next round asks again. */
enum { REQUEST_TIMEOUT_MSEC = 5000 };

/* Each round is: (how many partitions? -> which topic?) -> (where do new ones start?) -> (where do all
 * begin?) -> where do they end? */
typedef enum Question { QUESTION_STARTS, QUESTION_BEGINNINGS, QUESTION_ENDS } Question;

struct LogEnds {
        rd_kafka_t *client;
        rd_kafka_queue_t *answers;
        PartitionCount *partition_count;
        sd_event_source *answers_source, *timer;
        int answers_fd; /* of the queue */
        LogEndsEvents events;
        char *topic;
        StartAt start;
        int64_t start_usec;
        uint32_t n_partitions;   /* whose starts are known */
        uint32_t n_described;    /* that the cluster has */
        usec_t topic_asked_usec; /* monotonic */
        bool asking, beginnings_wanted;
};

static void round_over(LogEnds *ends, const char *error) {
        ends->asking = false;
        ends->events.measured(error, ends->events.userdata);
}

static void ask_offsets(LogEnds *ends, uint32_t first, uint32_t n, int64_t spec, Question question) {
        _cleanup_(rd_kafka_topic_partition_list_destroyp) rd_kafka_topic_partition_list_t *list =
                rd_kafka_topic_partition_list_new((int)n);
        rd_kafka_AdminOptions_t *options =
                rd_kafka_AdminOptions_new(ends->client, RD_KAFKA_ADMIN_OP_LISTOFFSETS);

        for (uint32_t i = first; i < first + n; i++)
                rd_kafka_topic_partition_list_add(list, ends->topic, (int32_t)i)->offset = spec;
        (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MSEC, NULL, 0);
        /* The default, read_uncommitted, would name ends that a reader of committed records never reaches.
         */
        rd_kafka_error_destroy(
                rd_kafka_AdminOptions_set_isolation_level(options, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED));
        rd_kafka_AdminOptions_set_opaque(options, (void *)(uintptr_t)question);
        rd_kafka_ListOffsets(ends->client, list, options, ends->answers);
        rd_kafka_AdminOptions_destroy(options);
}

static void ask_starts(LogEnds *ends) {
        static const int64_t specs[] = {
                [START_LATEST] = RD_KAFKA_OFFSET_SPEC_LATEST,
                [START_EARLIEST] = RD_KAFKA_OFFSET_SPEC_EARLIEST,
        };
        /* A partition that appears later is read from its first record. */
        StartAt start = ends->n_partitions > 0 ? START_EARLIEST : ends->start;

        ask_offsets(ends, ends->n_partitions, ends->n_described - ends->n_partitions,
                    start == START_TIMESTAMP ? ends->start_usec / 1000 : specs[start], QUESTION_STARTS);
}

static void ask_ends(LogEnds *ends) {
        if (ends->beginnings_wanted)
                ask_offsets(ends, 0, ends->n_partitions, RD_KAFKA_OFFSET_SPEC_EARLIEST, QUESTION_BEGINNINGS);
        else
                ask_offsets(ends, 0, ends->n_partitions, RD_KAFKA_OFFSET_SPEC_LATEST, QUESTION_ENDS);
}

static void ask_next(LogEnds *ends) {
        if (ends->n_described > ends->n_partitions)
                ask_starts(ends);
        else
                ask_ends(ends);
}

static void ask_topic(LogEnds *ends) {
        const char *names[] = {ends->topic};
        rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names(names, 1);
        rd_kafka_AdminOptions_t *options =
                rd_kafka_AdminOptions_new(ends->client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);

        (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MSEC, NULL, 0);
        rd_kafka_DescribeTopics(ends->client, topics, options, ends->answers);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_TopicCollection_destroy(topics);
}

static void on_partition_count(uint32_t n_partitions, bool has_controller, const char *error,
                               void *userdata) {
        LogEnds *ends = userdata;

        if (error) {
                ends->topic_asked_usec = 0; /* ask again at the next round */
                round_over(ends, error);
                return;
        }
        ends->n_described = n_partitions;
        /* Only a controller knows; development brokers have none. */
        if (has_controller)
                ask_topic(ends);
        else
                ask_next(ends);
}

static int on_topic(LogEnds *ends, rd_kafka_event_t *event) {
        const rd_kafka_TopicDescription_t **topics;
        size_t n;

        topics = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &n);
        if (n == 1 && !rd_kafka_TopicDescription_error(topics[0]))
                ends->events.topic(rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(topics[0])),
                                   ends->events.userdata);
        ask_next(ends);
        return 0;
}

static const rd_kafka_topic_partition_t *offset_of(const rd_kafka_ListOffsetsResultInfo_t *info) {
        return rd_kafka_ListOffsetsResultInfo_topic_partition(info);
}

static const char *first_error(const rd_kafka_ListOffsetsResultInfo_t **infos, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (offset_of(infos[i])->err)
                        return rd_kafka_err2str(offset_of(infos[i])->err);
        return NULL;
}

static int on_starts(LogEnds *ends, const rd_kafka_ListOffsetsResultInfo_t **infos, size_t n) {
        uint32_t first = ends->n_partitions;
        _cleanup_free_ int64_t *starts = new0(int64_t, n);
        int r;

        if (!starts)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const rd_kafka_topic_partition_t *at = offset_of(infos[i]);

                if (at->partition < (int32_t)first || (size_t)at->partition >= first + n)
                        return -EPROTO;
                /* No record at or after the timestamp: Kafka answers -1, the end is asked for instead. */
                if (at->offset < 0) {
                        ask_offsets(ends, first, (uint32_t)n, RD_KAFKA_OFFSET_SPEC_LATEST, QUESTION_STARTS);
                        return 0;
                }
                starts[(uint32_t)at->partition - first] = at->offset;
        }
        r = ends->events.partitions(first, (uint32_t)n, starts, ends->events.userdata);
        if (r < 0)
                return r;
        ends->n_partitions += (uint32_t)n;
        ask_ends(ends);
        return 0;
}

static int on_beginnings(LogEnds *ends, const rd_kafka_ListOffsetsResultInfo_t **infos, size_t n) {
        int r = 0;

        ends->beginnings_wanted = false;
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = ends->events.beginning((uint32_t)offset_of(infos[i])->partition,
                                           offset_of(infos[i])->offset, ends->events.userdata);
        if (r >= 0)
                ask_ends(ends);
        return r;
}

static int on_offsets(LogEnds *ends, rd_kafka_event_t *event) {
        const rd_kafka_ListOffsets_result_t *result = rd_kafka_event_ListOffsets_result(event);
        Question question = (Question)(uintptr_t)rd_kafka_event_opaque(event);
        const rd_kafka_ListOffsetsResultInfo_t **infos;
        const char *error;
        size_t n;

        infos = rd_kafka_ListOffsets_result_infos(result, &n);
        error = first_error(infos, n);
        if (error) {
                ends->topic_asked_usec = 0; /* perhaps the topic changed */
                round_over(ends, error);
                return 0;
        }
        if (question == QUESTION_STARTS)
                return on_starts(ends, infos, n);
        if (question == QUESTION_BEGINNINGS)
                return on_beginnings(ends, infos, n);
        for (size_t i = 0; i < n; i++)
                ends->events.end((uint32_t)offset_of(infos[i])->partition, offset_of(infos[i])->offset,
                                 ends->events.userdata);
        round_over(ends, NULL);
        return 0;
}

static int on_answers(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        LogEnds *ends = userdata;
        rd_kafka_event_t *event;
        int r;

        /* The fd is written only when the queue was empty: drain it. */
        r = kafka_queue_clear_fd(fd);
        while (r >= 0 && (event = rd_kafka_queue_poll(ends->answers, 0))) {
                rd_kafka_event_type_t type = rd_kafka_event_type(event);

                if ((type == RD_KAFKA_EVENT_LISTOFFSETS_RESULT ||
                     type == RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT) &&
                    rd_kafka_event_error(event)) {
                        ends->topic_asked_usec = 0;
                        round_over(ends, rd_kafka_event_error_string(event));
                } else if (type == RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT)
                        r = on_topic(ends, event);
                else if (type == RD_KAFKA_EVENT_LISTOFFSETS_RESULT)
                        r = on_offsets(ends, event);
                rd_kafka_event_destroy(event);
        }
        return r;
}

static int on_timer(sd_event_source *source, uint64_t at_usec, void *userdata) {
        LogEnds *ends = userdata;
        usec_t now_usec = monotonic_usec();
        int r;

        if (!ends->asking) {
                ends->asking = true;
                if (ends->topic_asked_usec == 0 ||
                    now_usec - ends->topic_asked_usec >= topic_interval_usec) {
                        ends->topic_asked_usec = now_usec;
                        r = partition_count_ask(ends->partition_count);
                        if (r < 0)
                                round_over(ends, strerror(-r));
                } else
                        ask_ends(ends);
        }
        r = sd_event_source_set_time_relative(source, ends_interval_usec);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int log_ends_connect(LogEnds *ends, const JobConfig *config, char **ret_reason) {
        rd_kafka_conf_t *conf;
        char reason[512];
        int r;

        r = kafka_conf_new(config->kafka_properties, &conf, reason, sizeof(reason));
        if (r < 0) {
                *ret_reason = strdup(reason);
                return r;
        }
        kafka_conf_set(conf, "allow.auto.create.topics", "false");
        r = kafka_new(RD_KAFKA_CONSUMER, conf, &ends->client, reason, sizeof(reason));
        if (r < 0)
                *ret_reason = strdup(reason);
        return r;
}

int log_ends_new(sd_event *event, const JobConfig *config, uint32_t n_known, const LogEndsEvents *events,
                 LogEnds **ret, char **ret_reason) {
        _cleanup_(log_ends_freep) LogEnds *ends = NULL;
        int r;

        ends = new0(LogEnds, 1);
        if (!ends)
                return -ENOMEM;
        ends->answers_fd = -EBADF;
        ends->events = *events;
        ends->n_partitions = n_known;
        ends->start = config->source.start;
        ends->start_usec = config->source.start_usec;
        ends->topic = strdup(config->source.topic);
        if (!ends->topic)
                return -ENOMEM;
        r = log_ends_connect(ends, config, ret_reason);
        if (r < 0)
                return r;
        ends->answers = rd_kafka_queue_new(ends->client);
        r = kafka_queue_open_fd(ends->answers, &ends->answers_fd);
        if (r < 0)
                return r;
        r = partition_count_new(event, ends->client, ends->topic, on_partition_count, ends,
                                &ends->partition_count);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &ends->answers_source, ends->answers_fd, EPOLLIN, on_answers, ends);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(event, &ends->timer, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_timer,
                                       ends);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(ends);
        return 0;
}

void log_ends_ask_beginnings(LogEnds *ends) {
        ends->beginnings_wanted = true;
}

LogEnds *log_ends_free(LogEnds *ends) {
        if (!ends)
                return NULL;
        sd_event_source_disable_unref(ends->timer);
        sd_event_source_disable_unref(ends->answers_source);
        partition_count_free(ends->partition_count);
        if (ends->answers)
                rd_kafka_queue_destroy(ends->answers);
        if (ends->client)
                rd_kafka_destroy(ends->client);
        closep(&ends->answers_fd);
        free(ends->topic);
        free(ends);
        return NULL;
}
