/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/message-ids.h"
#include "last-word.h"
#include "outbox.h"
#include "plan/plan-change.h"
#include "snapshot.h"

/* What the table "job" holds. */
typedef struct Head {
        bool has_format, has_plan, has_head;
        uint32_t format;
        char *plan_texts[4];
        char *topic_id; /* of format 1 */
        uint64_t n_partitions, n_entries;
        Job *job;
} Head;

static void head_done(Head *head) {
        for (size_t i = 0; i < ELEMENTSOF(head->plan_texts); i++)
                free(head->plan_texts[i]);
        free(head->topic_id);
}

static int read_identity(Head *head, Reader *value) {
        const uint8_t *uuid;
        int r;

        r = read_bytes(value, sizeof(head->job->uuid), &uuid);
        if (r < 0)
                return r;
        memcpy(&head->job->uuid, uuid, sizeof(head->job->uuid));
        return read_u64(value, &head->job->last_epoch);
}

static int read_head(Head *head, Reader *value) {
        Job *job = head->job;
        uint64_t watermark, final;
        uint64_t *const numbers[] = {
                &watermark,           &final,
                &head->n_partitions,  &head->n_entries,
                &job->counts.records, &job->counts.late,
                &job->counts.future,  &job->counts.removed,
        };
        int r;

        r = read_identity(head, value);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(numbers); i++)
                r = read_u64(value, numbers[i]);
        for (size_t i = 0; r >= 0 && i < _RECORD_FAULT_MAX; i++)
                r = read_u64(value, &job->counts.faults[i]);
        if (r < 0)
                return r;
        job->leases->watermark_usec = (int64_t)watermark;
        job->final_usec = (int64_t) final;
        head->has_head = true;
        return 0;
}

static int read_plan(Head *head, Reader *value) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(head->plan_texts); i++)
                r = read_string(value, &head->plan_texts[i]);
        head->has_plan = r >= 0;
        return r;
}

static int read_topics(Head *head, Reader *value) {
        int r = 0;

        while (r >= 0 && value->left > 0) {
                _cleanup_free_ char *name = NULL, *id = NULL;
                Topic *topic;

                r = read_string(value, &name);
                if (r >= 0)
                        r = read_string(value, &id);
                if (r >= 0)
                        r = topics_get(head->job->topics, name, &topic);
                if (r >= 0 && *id != '\0')
                        r = topic_identify(topic, id);
                else if (r >= 0)
                        topic->from_beginning = topic->is_saved = true;
        }
        return r;
}

static int on_job_entry(Reader key, Reader value, void *userdata) {
        Head *head = userdata;

        if (key.left == 6 && memcmp(key.data, "format", 6) == 0) {
                head->has_format = true;
                return read_u32(&value, &head->format);
        }
        if (key.left == 4 && memcmp(key.data, "plan", 4) == 0)
                return read_plan(head, &value);
        if (key.left == 4 && memcmp(key.data, "head", 4) == 0)
                return read_head(head, &value);
        if (key.left == 5 && memcmp(key.data, "topic", 5) == 0) {
                head->topic_id = strndup((const char *)value.data, value.left);
                return head->topic_id ? 0 : -ENOMEM;
        }
        if (key.left == 6 && memcmp(key.data, "topics", 6) == 0)
                return read_topics(head, &value);
        /* Of the state that was dropped, and so only for one that has had no epoch yet; it sorts behind the
         * head. */
        if (key.left == 8 && memcmp(key.data, "identity", 8) == 0)
                return head->has_head ? 0 : read_identity(head, &value);
        if (key.left == 7 && memcmp(key.data, "refused", 7) == 0) {
                free(head->job->refused);
                head->job->refused = strndup((const char *)value.data, value.left);
                return head->job->refused ? 0 : -ENOMEM;
        }
        if (key.left == 5 && memcmp(key.data, "adopt", 5) == 0) {
                head->job->adopt = true;
                return 0;
        }
        return -EUCLEAN;
}

static int read_topic(const Head *head, uint32_t index, Reader *value, Topic **ret) {
        _cleanup_free_ char *name = NULL;
        uint32_t number = index;
        int r = 0;

        if (head->format > 1) {
                r = read_string(value, &name);
                if (r >= 0)
                        r = read_u32(value, &number);
        }
        if (r >= 0)
                r = topics_get(head->job->topics, name ?: head->plan_texts[1], ret);
        if (r >= 0 && number != (*ret)->n_partitions)
                return -EUCLEAN;
        return r;
}

static int on_partition(Reader key, Reader value, void *userdata) {
        const Head *head = userdata;
        Job *job = head->job;
        uint64_t position, max_event_time, from, to;
        Partition *partition;
        Topic *topic;
        uint32_t index;
        int r;

        if (store_key_read_u32(&key, &index) < 0 || index != job->leases->n_partitions)
                return -EUCLEAN;
        r = read_topic(head, index, &value, &topic);
        if (r < 0)
                return r;
        if (read_u64(&value, &position) < 0 || read_u64(&value, &max_event_time) < 0)
                return -EUCLEAN;
        r = topic_add_partition(topic, job->leases, (int64_t)position);
        if (r < 0)
                return r;
        partition = job->leases->partitions[index];
        partition->max_event_time_usec = (int64_t)max_event_time;
        (void)partition_set_away(partition, !topic->is_wanted, 0);
        while (value.left > 0) {
                if (read_u64(&value, &from) < 0 || read_u64(&value, &to) < 0 ||
                    read_u64(&value, &max_event_time) < 0)
                        return -EUCLEAN;
                r = partition_restore_ahead(partition,
                                            &(Range){(int64_t)from, (int64_t)to, (int64_t)max_event_time});
                if (r < 0)
                        return r == -EINVAL ? -EUCLEAN : r;
        }
        return 0;
}

/* The texts are the same, or they differ in what the state does not depend on. */
static int check_plan(const Job *job, const Head *head) {
        const PlanText text = {
                .columns = head->plan_texts[0],
                .table = head->plan_texts[1],
                .query = head->plan_texts[2],
                .event_time = head->plan_texts[3],
        };
        _cleanup_(job_plan_freep) JobPlan *old = NULL;
        _cleanup_config_error_ ConfigError error = {};
        const char *change;
        int r;

        r = job_plan_new(&text, &old, &error);
        if (r < 0 && r != -EINVAL)
                return r;
        change = old ? job_plan_state_change(old, job->plan) : "the dialect of SQL";
        if (!change)
                return 0;
        return last_word(
                MESSAGE_STATE_REFUSED, -ESTALE, NULL,
                "The state in %s does not fit the job's file any more: %s changed. Put it back as it "
                "was; or give the changed job a new name; or drop the state with \"etlctl reset %s && "
                "etlctl start %s\", and the job begins anew at source.start. The query was: %s",
                job->state_folder, change, job->name, job->name, text.query);
}

static int check_head(const Job *job, const Head *head) {
        if (head->format < 1 || head->format > SNAPSHOT_FORMAT)
                return last_word(
                        MESSAGE_STATE_REFUSED, -EPROTONOSUPPORT, NULL,
                        "The state in %s is of format %" PRIu32
                        ", and this version reads formats up to %d; install the version that wrote it",
                        job->state_folder, head->format, SNAPSHOT_FORMAT);
        if (!head->has_plan || !head->has_head)
                return -EUCLEAN;
        return check_plan(job, head);
}

static int replace_format(const Job *job, const Head *head) {
        _cleanup_buffer_ Buffer changes = {};
        Topic *topic;
        int r = 0;

        if (head->format == SNAPSHOT_FORMAT)
                return 0;
        if (head->topic_id) {
                r = topics_get(job->topics, head->plan_texts[1], &topic);
                if (r >= 0)
                        r = topic_identify(topic, head->topic_id);
        }
        if (r >= 0)
                r = snapshot_add_replacement(job, &changes);
        return r < 0 ? r : store_commit(job->store, &changes);
}

/* Of a state that was dropped, sinks are still known. */
static int restore_nothing(Job *job) {
        if (sd_id128_is_null(job->uuid))
                return sd_id128_randomize(&job->uuid);
        return known_sinks_restore(&job->known_sinks, job->store);
}

static int restore(Job *job) {
        _cleanup_(head_done) Head head = {.job = job};
        int r;

        r = store_walk(job->store, STORE_JOB, on_job_entry, &head);
        if (r < 0)
                return r;
        if (!head.has_format) /* a new store */
                return restore_nothing(job);
        r = check_head(job, &head);
        if (r >= 0)
                r = store_walk(job->store, STORE_PARTITIONS, on_partition, &head);
        if (r >= 0)
                r = state_restore(job->state, job->store);
        if (r >= 0)
                r = known_sinks_restore(&job->known_sinks, job->store);
        if (r >= 0)
                r = outbox_read(job->store, &job->epoch);
        if (r < 0)
                return r;
        if (job->leases->n_partitions < head.n_partitions || state_entries(job->state) != head.n_entries)
                return -EUCLEAN;
        r = replace_format(job, &head);
        if (r < 0)
                return r;
        log_message_fields(LOG_INFO, MESSAGE_STATE_RESTORED, 0,
                           LOG_FIELDS(FIELD_NUMBER("STREAMETL_EPOCH", job->last_epoch)),
                           "Goes on after epoch %" PRIu64 " with %zu groups", job->last_epoch,
                           state_groups(job->state));
        return 0;
}

int snapshot_restore(Job *job) {
        int r = restore(job);

        if (r == -EUCLEAN || r == -EBADMSG)
                return last_word(
                        MESSAGE_STATE_REFUSED, -EUCLEAN, NULL,
                        "The state in %s is damaged. Put a copy of the folder back; or drop it with "
                        "\"etlctl reset %s && etlctl start %s\", and the job begins anew at source.start",
                        job->state_folder, job->name, job->name);
        if (r < 0 && r != -ESTALE && r != -EPROTONOSUPPORT)
                return log_error_errno(r, "Cannot read the state in %s: %m", job->state_folder);
        return r;
}
