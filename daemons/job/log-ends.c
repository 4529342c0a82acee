/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/log.h"
#include "log-ends.h"
#include "new-partitions.h"
#include "topic-search.h"

/* How often the ends are asked for: a burst is seen within this time. */
static const usec_t ends_interval_usec = 200 * USEC_PER_MSEC;
/* How often topics and their partitions are searched for, and how often while one is missing. */
static const usec_t search_interval_usec = 10 * USEC_PER_SEC;
static const usec_t missing_interval_usec = USEC_PER_SEC;
/* A question without an answer for so long failed; the next round asks again. */
enum { REQUEST_TIMEOUT_MSEC = 5000 };

/* Each round is: (which topics are there? -> which are they?) -> (where do new partitions start? -> at the
 * end, where nothing is as new as that) -> (where do all begin?) -> where do they end? */
typedef enum Question {
        QUESTION_STARTS,
        QUESTION_STARTS_AT_END,
        QUESTION_BEGINNINGS,
        QUESTION_ENDS,
} Question;

struct LogEnds {
        rd_kafka_t *client;
        rd_kafka_queue_t *answers;
        TopicSearch *search;
        sd_event_source *answers_source, *timer;
        int answers_fd; /* of the queue */
        LogEndsEvents events;
        StartAt start;
        int64_t start_usec;
        Topics *topics;                          /* weak */
        rd_kafka_topic_partition_list_t *starts; /* of new partitions, as far as they were answered */
        usec_t searched_usec;                    /* monotonic; 0: not yet, or to be done again */
        bool asking, beginnings_wanted;
        bool searching; /* in this round */
};

static void round_over(LogEnds *ends, const char *error) {
        ends->asking = false;
        if (!error)
                topics_end_round(ends->topics);
        ends->events.measured(error, ends->events.userdata);
}

/* Takes the list over. */
static void ask_offsets(LogEnds *ends, rd_kafka_topic_partition_list_t *list, Question question) {
        rd_kafka_AdminOptions_t *options =
                rd_kafka_AdminOptions_new(ends->client, RD_KAFKA_ADMIN_OP_LISTOFFSETS);

        (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MSEC, NULL, 0);
        /* The default, read_uncommitted, would name ends that a reader of committed records never reaches.
         */
        rd_kafka_error_destroy(
                rd_kafka_AdminOptions_set_isolation_level(options, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED));
        rd_kafka_AdminOptions_set_opaque(options, (void *)(uintptr_t)question);
        rd_kafka_ListOffsets(ends->client, list, options, ends->answers);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_topic_partition_list_destroy(list);
}

static void ask_ends(LogEnds *ends) {
        Question question = ends->beginnings_wanted ? QUESTION_BEGINNINGS : QUESTION_ENDS;
        int64_t spec = ends->beginnings_wanted ? RD_KAFKA_OFFSET_SPEC_EARLIEST : RD_KAFKA_OFFSET_SPEC_LATEST;
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
        char trouble[640];

        for (size_t i = 0; i < ends->topics->n_topics; i++) {
                const Topic *topic = ends->topics->topics[i];

                if (topic_is_readable(topic))
                        topic_list_add(list, topic, 0, topic->n_partitions, spec);
        }
        if (list->cnt > 0) {
                ask_offsets(ends, list, question);
                return;
        }
        rd_kafka_topic_partition_list_destroy(list);
        topics_end_round(ends->topics); /* what failed before, and not in this round, is over */
        round_over(ends, topics_trouble(ends->topics, trouble, sizeof(trouble))
                                 ? trouble
                                 : "There are no partitions yet");
}

static void ask_next(LogEnds *ends) {
        rd_kafka_topic_partition_list_t *list;

        ends->events.topics(ends->events.userdata);
        list = new_partitions_find(ends->topics, ends->start, ends->start_usec);
        if (list) {
                ends->starts = new_partitions_unanswered(list);
                ask_offsets(ends, list, QUESTION_STARTS);
        } else
                ask_ends(ends);
}

static int ask_ids(LogEnds *ends, bool has_controller) {
        _cleanup_free_ const char **names = new0(const char *, ends->topics->n_topics + 1);
        rd_kafka_TopicCollection_t *topics;
        rd_kafka_AdminOptions_t *options;
        size_t n = 0;

        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < ends->topics->n_topics; i++)
                if (ends->topics->topics[i]->is_wanted && ends->topics->topics[i]->exists)
                        names[n++] = ends->topics->topics[i]->name;
        /* Only a controller knows; development brokers have none. */
        if (n == 0 || !has_controller) {
                ask_next(ends);
                return 0;
        }
        topics = rd_kafka_TopicCollection_of_topic_names(names, n);
        options = rd_kafka_AdminOptions_new(ends->client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
        (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MSEC, NULL, 0);
        rd_kafka_DescribeTopics(ends->client, topics, options, ends->answers);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_TopicCollection_destroy(topics);
        return 0;
}

static void on_searched(bool has_controller, const char *error, void *userdata) {
        LogEnds *ends = userdata;
        int r = error ? 0 : ask_ids(ends, has_controller);

        if (error)
                ends->searched_usec = 0; /* nothing was learnt */
        if (error || r < 0)
                round_over(ends, error ?: strerror(-r));
}

static void search(LogEnds *ends) {
        int r;

        ends->searching = true;
        ends->searched_usec = monotonic_usec();
        r = topic_search_ask(ends->search);
        if (r < 0)
                round_over(ends, strerror(-r));
}

static int on_ids(LogEnds *ends, rd_kafka_event_t *event) {
        const rd_kafka_TopicDescription_t **infos;
        size_t n;
        int r = 0;

        infos = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &n);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                const char *id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(infos[i]));
                const rd_kafka_error_t *error;
                Topic *topic;

                r = topics_get(ends->topics, rd_kafka_TopicDescription_name(infos[i]), &topic);
                if (r < 0)
                        break;
                error = rd_kafka_TopicDescription_error(infos[i]);
                if (!error)
                        r = topic_identify(topic, id);
                else if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
                        topic->exists = false; /* not any more */
        }
        if (r < 0)
                return r;
        ask_next(ends);
        return 0;
}

static int fail_partition(LogEnds *ends, Topic *topic, Question question,
                          const rd_kafka_topic_partition_t *at) {
        if (question == QUESTION_ENDS && (uint32_t)at->partition < topic->n_partitions)
                ends->events.end(topic->partitions[at->partition], -1, ends->events.userdata);
        return topic_fail(topic, rd_kafka_err2str(at->err ?: RD_KAFKA_RESP_ERR__TIMED_OUT));
}

/* Those that can be of use are told of, the topics of the others fail. */
static int take_offsets(LogEnds *ends, Question question, const rd_kafka_ListOffsetsResultInfo_t **infos,
                        size_t n) {
        Topic *topic = NULL;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                const rd_kafka_topic_partition_t *at =
                        rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);

                if (!topic || strcmp(topic->name, at->topic) != 0)
                        r = topics_get(ends->topics, at->topic, &topic);
                if (r < 0)
                        break;
                if (at->err || at->offset == RD_KAFKA_OFFSET_INVALID) /* the latter: no leader answered */
                        r = fail_partition(ends, topic, question, at);
                else if (question <= QUESTION_STARTS_AT_END)
                        new_partitions_answer(ends->starts, at->topic, at->partition)->offset = at->offset;
                else if ((uint32_t)at->partition >= topic->n_partitions)
                        r = -EPROTO;
                else if (question == QUESTION_BEGINNINGS)
                        r = ends->events.beginning(topic->partitions[at->partition], at->offset,
                                                   ends->events.userdata);
                else
                        ends->events.end(topic->partitions[at->partition], at->offset,
                                         ends->events.userdata);
        }
        return r;
}

static int add_started(LogEnds *ends) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ends->topics->n_topics; i++) {
                Topic *topic = ends->topics->topics[i];
                _cleanup_free_ int64_t *starts = NULL;
                uint32_t n = 0;

                r = new_partitions_starts(ends->starts, topic, &starts, &n);
                if (r >= 0 && n > 0)
                        r = ends->events.partitions(topic, n, starts, ends->events.userdata);
        }
        return r;
}

static void forget_starts(LogEnds *ends) {
        if (ends->starts)
                rd_kafka_topic_partition_list_destroy(ends->starts);
        ends->starts = NULL;
}

static int on_starts(LogEnds *ends, Question question) {
        rd_kafka_topic_partition_list_t *at_end = NULL;
        int r;

        if (question == QUESTION_STARTS)
                at_end = new_partitions_find_at_end(ends->starts);
        if (at_end) {
                ask_offsets(ends, at_end, QUESTION_STARTS_AT_END);
                return 0;
        }
        r = add_started(ends);
        forget_starts(ends);
        if (r >= 0)
                ask_ends(ends);
        return r;
}

static int on_offsets(LogEnds *ends, rd_kafka_event_t *event) {
        Question question = (Question)(uintptr_t)rd_kafka_event_opaque(event);
        const rd_kafka_ListOffsetsResultInfo_t **infos;
        size_t n;
        int r;

        infos = rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event), &n);
        r = take_offsets(ends, question, infos, n);
        if (r < 0)
                return r;
        if (question <= QUESTION_STARTS_AT_END)
                return on_starts(ends, question);
        if (question == QUESTION_BEGINNINGS) {
                ends->beginnings_wanted = false;
                ask_ends(ends);
        } else
                round_over(ends, NULL);
        return 0;
}

/* One topic that is gone may be why: then the others are asked for without it. */
static void on_failure(LogEnds *ends, const char *error) {
        forget_starts(ends);
        ends->searched_usec = 0;
        if (ends->searching)
                round_over(ends, error);
        else
                search(ends);
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
                    rd_kafka_event_error(event))
                        on_failure(ends, rd_kafka_event_error_string(event));
                else if (type == RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT)
                        r = on_ids(ends, event);
                else if (type == RD_KAFKA_EVENT_LISTOFFSETS_RESULT)
                        r = on_offsets(ends, event);
                rd_kafka_event_destroy(event);
        }
        return r < 0 ? log_error_errno(r, "Cannot go on with what Kafka says: %m") : r;
}

static bool search_is_due(const LogEnds *ends) {
        usec_t interval_usec =
                topics_are_searched_for(ends->topics) ? missing_interval_usec : search_interval_usec;

        return ends->searched_usec == 0 || monotonic_usec() - ends->searched_usec >= interval_usec;
}

static int on_timer(sd_event_source *source, uint64_t at_usec, void *userdata) {
        LogEnds *ends = userdata;
        int r;

        if (!ends->asking) {
                ends->asking = true;
                ends->searching = false;
                topics_begin_round(ends->topics);
                if (search_is_due(ends))
                        search(ends);
                else
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

int log_ends_new(sd_event *event, const JobConfig *config, Topics *topics, const LogEndsEvents *events,
                 LogEnds **ret, char **ret_reason) {
        _cleanup_(log_ends_freep) LogEnds *ends = NULL;
        int r;

        ends = new0(LogEnds, 1);
        if (!ends)
                return -ENOMEM;
        ends->answers_fd = -EBADF;
        ends->events = *events;
        ends->start = config->source.start;
        ends->start_usec = config->source.start_usec;
        ends->topics = topics;
        r = log_ends_connect(ends, config, ret_reason);
        if (r < 0)
                return r;
        ends->answers = rd_kafka_queue_new(ends->client);
        r = kafka_queue_open_fd(ends->answers, &ends->answers_fd);
        if (r < 0)
                return r;
        r = topic_search_new(event, ends->client, topics, on_searched, ends, &ends->search);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &ends->answers_source, ends->answers_fd, EPOLLIN, on_answers, ends);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(ends->answers_source, true);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(event, &ends->timer, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_timer,
                                       ends);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(ends->timer, true);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(ends);
        return 0;
}

void log_ends_ask_beginnings(LogEnds *ends) {
        ends->beginnings_wanted = true;
        ends->searched_usec = 0;
}

LogEnds *log_ends_free(LogEnds *ends) {
        if (!ends)
                return NULL;
        sd_event_source_disable_unref(ends->timer);
        sd_event_source_disable_unref(ends->answers_source);
        topic_search_free(ends->search);
        forget_starts(ends);
        if (ends->answers)
                rd_kafka_queue_destroy(ends->answers);
        if (ends->client)
                rd_kafka_destroy(ends->client);
        closep(&ends->answers_fd);
        free(ends);
        return NULL;
}
