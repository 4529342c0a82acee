/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "job.h"
#include "last-word.h"
#include "load.h"
#include "snapshot.h"
#include "worker.h"

/* What is known of the topics' logs, and what of them can be leased. */

static const usec_t hold_usec = USEC_PER_SEC;

static int on_holder(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Job *job = userdata;

        for (size_t i = 0; i < job->leases->n_partitions; i++)
                job->leases->partitions[i]->held = false;
        job_schedule_soon(job);
        return 0;
}

void job_hold_leases(Job *job, Partition *partition) {
        partition->held = true;
        log_ends_ask_beginnings(job->log_ends); /* perhaps the records are not there any more */
        if (!job->holder) {
                (void)sd_event_add_time_relative(job->event, &job->holder, CLOCK_MONOTONIC, hold_usec,
                                                 USEC_PER_MSEC, on_holder, job);
                return;
        }
        (void)sd_event_source_set_time_relative(job->holder, hold_usec);
        (void)sd_event_source_set_enabled(job->holder, SD_EVENT_ONESHOT);
}

static bool topics_are_unsaved(const Job *job) {
        for (size_t i = 0; i < job->topics->n_topics; i++)
                if (topic_is_to_be_saved(job->topics->topics[i]))
                        return true;
        return false;
}

/* Partitions that are unsaved are the last ones. */
static uint32_t first_unsaved(const Job *job) {
        size_t n = job->leases->n_partitions;

        while (n > 0 && job->leases->partitions[n - 1]->unsaved)
                n--;
        return (uint32_t)n;
}

bool job_save_starts(Job *job) {
        uint32_t first = first_unsaved(job);

        if (job->saving_starts)
                return true;
        if (first == job->leases->n_partitions && !topics_are_unsaved(job))
                return false;
        if (job->epoch && job->phase != EPOCH_DELIVERING) /* the thread is at it */
                return false;
        if (snapshot_add_partitions(job, first, &job->starts) < 0) {
                sd_event_exit(job->event, log_oom());
                return true;
        }
        for (size_t i = 0; i < job->topics->n_topics; i++)
                topic_saved(job->topics->topics[i]);
        job->n_saving = job->leases->n_partitions;
        job->saving_starts = true;
        job_commit(job);
        return true;
}

void job_starts_saved(Job *job) {
        buffer_done(&job->starts);
        job->saving_starts = false;
        for (size_t i = 0; i < job->n_saving; i++)
                job->leases->partitions[i]->unsaved = false;
        positions_publish(job->positions);
        if (job->n_saving > 0)
                job_be_ready(job);
        job_schedule_soon(job);
}

int job_count_from(Job *job) {
        size_t n_partitions = job->leases->n_partitions;
        int64_t *starts = reallocarray(job->partition_starts, n_partitions, sizeof(int64_t));

        if (!starts)
                return log_oom();
        job->partition_starts = starts;
        for (; job->n_partition_starts < n_partitions; job->n_partition_starts++)
                starts[job->n_partition_starts] = job->leases->partitions[job->n_partition_starts]->position;
        return 0;
}

static int on_partitions(Topic *topic, uint32_t n, const int64_t *starts, void *userdata) {
        Job *job = userdata;
        bool is_new = topic->n_partitions == 0;
        int r;

        for (uint32_t i = 0; i < n; i++) {
                if (topic_add_partition(topic, job->leases, starts[i]) < 0)
                        return log_oom();
                topic->partitions[topic->n_partitions - 1]->unsaved = true;
        }
        r = job_count_from(job);
        if (r < 0)
                return r;
        (void)job_save_starts(job);
        log_message_fields(LOG_INFO, is_new ? MESSAGE_JOB_STARTED : MESSAGE_PARTITIONS_ADDED, 0,
                           LOG_FIELDS(FIELD_TEXT("STREAMETL_TOPIC", topic->name),
                                      FIELD_NUMBER("STREAMETL_PARTITIONS", topic->n_partitions)),
                           is_new ? "Reading topic %s: %" PRIu32 " partition%s"
                                  : "Topic %s has grown by %" PRIu32 " partition%s",
                           topic->name, n, n == 1 ? "" : "s");
        return 0;
}

/* What is not there, or not what it was, is not read until it is. Of what cannot be asked for now, nothing
 * is known: it is not away, and not idle. */
static void on_topics(void *userdata) {
        Job *job = userdata;
        usec_t now_usec = monotonic_usec();

        for (size_t i = 0; i < job->leases->n_partitions; i++) {
                Partition *partition = job->leases->partitions[i];
                bool away = topic_is_away(partition->topic);

                if (partition->topic->is_unknown)
                        partition_lose_end(partition);
                if (partition_set_away(partition, away, now_usec) && away)
                        lease_table_recall_partition(job->leases, partition, &worker_lease_actions);
        }
        (void)job_save_starts(job);
}

static void on_end(Partition *partition, int64_t end, void *userdata) {
        Job *job = userdata;

        if (end < 0) {
                partition_lose_end(partition);
                return;
        }
        /* The topic may be another one: no more of it is read until that is known. */
        if (partition->end_known && end < partition->end) {
                job_hold_leases(job, partition);
                lease_table_recall_partition(job->leases, partition, &worker_lease_actions);
        }
        partition_set_end(partition, end, monotonic_usec());
}

static int on_beginning(Partition *partition, int64_t beginning, void *userdata) {
        Job *job = userdata;
        int64_t from = partition->position;
        uint64_t removed = 0;
        int r;

        r = partition_skip_removed(partition, beginning, monotonic_usec(), &removed);
        if (r < 0)
                return log_oom();
        if (removed == 0)
                return 0;
        if (job->config->source.on_data_loss == DATA_LOSS_FAIL) {
                (void)last_word(MESSAGE_RECORDS_REMOVED, 0,
                                LOG_FIELDS(FIELD_TEXT("STREAMETL_TOPIC", partition->topic->name),
                                           FIELD_NUMBER("STREAMETL_PARTITION", partition->number),
                                           FIELD_NUMBER("STREAMETL_OFFSET", from)),
                                "Kafka has removed records of %s/%" PRIu32 " before they were read: %" PRIu64
                                " offsets from %" PRIi64 " on, and source.on_data_loss is \"fail\"",
                                partition->topic->name, partition->number, removed, from);
                return sd_event_exit(job->event, EX_DATAERR);
        }
        job->counts.removed += removed;
        job->state_changed = true;
        log_message_fields(LOG_ERR, MESSAGE_RECORDS_REMOVED, 0,
                           LOG_FIELDS(FIELD_TEXT("STREAMETL_TOPIC", partition->topic->name),
                                      FIELD_NUMBER("STREAMETL_PARTITION", partition->number),
                                      FIELD_NUMBER("STREAMETL_OFFSET", from)),
                           "Kafka has removed records of %s/%" PRIu32 " before they were read: %" PRIu64
                           " offsets from %" PRIi64 " on are lost to this job, which goes on at %" PRIi64,
                           partition->topic->name, partition->number, removed, from, beginning);
        job_schedule_soon(job);
        return 0;
}

/* Once for each change. */
static void tell_of_topics(Job *job) {
        for (size_t i = 0; i < job->topics->n_topics; i++) {
                Topic *topic = job->topics->topics[i];
                TopicTrouble trouble = topic_trouble(topic);
                char text[512];

                if (trouble == topic->told)
                        continue;
                topic->told = trouble;
                topic_describe_trouble(topic, job->name, text, sizeof(text));
                log_message_fields(trouble == TOPIC_FINE ? LOG_NOTICE : LOG_WARNING,
                                   trouble == TOPIC_FINE    ? MESSAGE_TOPIC_BACK
                                   : trouble == TOPIC_OTHER ? MESSAGE_TOPIC_ANEW
                                                            : MESSAGE_TOPIC_GONE,
                                   0, LOG_FIELDS(FIELD_TEXT("STREAMETL_TOPIC", topic->name)), "%s%s", text,
                                   trouble == TOPIC_FINE ? " again" : "");
        }
}

/* What librdkafka finds out by itself begins so; the rest is what a broker has answered. */
static void describe_outage(const Job *job, const char *error, char *text, size_t size) {
        static const char local[] = "Local: ";
        const char *what = strstr(error, local);

        if (what)
                snprintf(text, size, "Kafka at %s cannot be reached: %s",
                         kafka_servers(job->config->kafka_properties), what + strlen(local));
        else
                snprintf(text, size, "Kafka at %s answers: %s", kafka_servers(job->config->kafka_properties),
                         error);
}

static void on_measured(const char *error, void *userdata) {
        Job *job = userdata;
        char text[640] = "", outage[640];
        bool away;

        /* If nothing can be read because no topic is there, Kafka has answered. */
        (void)topics_trouble(job->topics, text, sizeof(text));
        away = error && strcmp(error, text) != 0;
        if (away) {
                describe_outage(job, error, outage, sizeof(outage));
                error = outage;
        }
        if (away && (!job->broker_is_away || strcmp(error, job->ends_error) != 0))
                log_message(LOG_WARNING, MESSAGE_BROKER_UNREACHABLE, 0, "%s", error);
        else if (!away && job->broker_is_away)
                log_message(LOG_NOTICE, MESSAGE_BROKER_BACK, 0, "Kafka answers again");
        job->broker_is_away = away;
        if (!away)
                tell_of_topics(job);
        for (size_t i = 0; error && i < job->leases->n_partitions; i++)
                partition_lose_end(job->leases->partitions[i]);
        free(job->ends_error);
        job->ends_error = error ? strdup(error) : NULL;
        job->ends_measured |= !error;
        if (!away && !job->saving_starts)
                job_be_ready(job);
        (void)load_send(job);
        job_schedule_soon(job);
}

int job_start_reading(Job *job) {
        const LogEndsEvents events = {on_partitions, on_topics, on_end, on_beginning, on_measured, job};
        _cleanup_free_ char *reason = NULL;
        int r;

        r = log_ends_new(job->event, job->config, job->topics, &events, &job->log_ends, &reason);
        if (reason)
                return log_error_errno(r, "librdkafka refuses its settings: %s", reason);
        return r < 0 ? r : positions_new(job->event, job->config, job->leases, &job->positions);
}
