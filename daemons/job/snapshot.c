/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/log.h"
#include "base/message-ids.h"
#include "outbox.h"
#include "plan/plan-change.h"
#include "snapshot.h"

static void named_key(StoreKey *key, const char *name) {
        *key = (StoreKey){};
        (void)store_key_add_text(key, name);
}

static int put_named(Buffer *changes, const char *name, const Buffer *value) {
        StoreKey key;

        named_key(&key, name);
        return store_put(changes, STORE_JOB, &key, value->data, value->size);
}

static int delete_named(Buffer *changes, const char *name) {
        StoreKey from, to;

        named_key(&from, name);
        to = from;
        store_key_add_u8(&to, 0);
        return store_delete(changes, STORE_JOB, &from, &to);
}

static int put_format(Buffer *changes) {
        static const uint32_t format = SNAPSHOT_FORMAT;

        return put_named(changes, "format", &(Buffer){.data = (uint8_t *)&format, .size = sizeof(format)});
}

static int put_plan(const JobPlan *plan, Buffer *changes) {
        const char *const texts[] = {plan->columns_text, plan->table, plan->query_text, plan->event_time};
        _cleanup_buffer_ Buffer value = {};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(texts); i++)
                r = buffer_append_text(&value, texts[i], strlen(texts[i]));
        return r < 0 ? r : put_named(changes, "plan", &value);
}

static int put_head(const Job *job, uint64_t epoch, Buffer *changes) {
        const JobCounts *counts = &job->counts;
        const uint64_t numbers[] = {
                epoch,
                (uint64_t)job->leases->watermark_usec,
                (uint64_t)job->final_usec,
                job->leases->n_partitions,
                state_entries(job->state),
                counts->records,
                counts->late,
                counts->future,
                counts->removed,
        };
        _cleanup_buffer_ Buffer value = {};
        int r;

        r = buffer_append(&value, &job->uuid, sizeof(job->uuid));
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(numbers); i++)
                r = buffer_append_u64(&value, numbers[i]);
        for (size_t i = 0; r >= 0 && i < _RECORD_FAULT_MAX; i++)
                r = buffer_append_u64(&value, counts->faults[i]);
        return r < 0 ? r : put_named(changes, "head", &value);
}

static int put_partition(const Partition *partition, Buffer *changes) {
        _cleanup_buffer_ Buffer value = {};
        StoreKey key = {};
        int r;

        store_key_add_u32(&key, partition->number);
        r = buffer_append_u64(&value, (uint64_t)partition->position);
        if (r >= 0)
                r = buffer_append_u64(&value, (uint64_t)partition->max_event_time_usec);
        for (size_t i = 0; r >= 0 && i < partition->ahead.n; i++) {
                const Range *range = &partition->ahead.ranges[i];

                r = buffer_append_u64(&value, (uint64_t)range->from);
                if (r >= 0)
                        r = buffer_append_u64(&value, (uint64_t)range->to);
                if (r >= 0)
                        r = buffer_append_u64(&value, (uint64_t)range->max_event_time_usec);
        }
        return r < 0 ? r : store_put(changes, STORE_PARTITIONS, &key, value.data, value.size);
}

static int put_topic(const Job *job, Buffer *changes) {
        if (!job->topic_id)
                return 0;
        return put_named(changes, "topic",
                         &(Buffer){.data = (uint8_t *)job->topic_id, .size = strlen(job->topic_id)});
}

static int put_all(const Job *job, uint64_t epoch, Buffer *changes) {
        int r;

        r = put_format(changes);
        if (r >= 0)
                r = put_plan(job->plan, changes);
        if (r >= 0)
                r = put_head(job, epoch, changes);
        if (r >= 0)
                r = put_topic(job, changes);
        for (size_t i = 0; r >= 0 && i < job->leases->n_partitions; i++)
                r = put_partition(job->leases->partitions[i], changes);
        return r;
}

int snapshot_add_partitions(const Job *job, uint32_t first, Buffer *changes) {
        int r = 0;

        if (first == 0)
                return put_all(job, job->last_epoch, changes);
        /* What else is in memory is of an epoch that is not closed. */
        for (size_t i = first; r >= 0 && i < job->leases->n_partitions; i++)
                r = put_partition(job->leases->partitions[i], changes);
        return r;
}

int snapshot_add_epoch(const Job *job, Epoch *epoch) {
        int r;

        r = put_all(job, epoch->number, &epoch->changes);
        return r < 0 ? r : outbox_put(epoch, &epoch->changes);
}

int snapshot_add_settlement(Job *job, const Epoch *epoch, Buffer *changes) {
        int r;

        r = outbox_delete(epoch->number, changes);
        for (size_t i = 0; r >= 0 && i < job->n_sinks; i++) {
                const SinkContext *sink = sink_context(job->sinks[i]);
                _cleanup_free_ char *identity = NULL;

                if (sink_last_epoch(job->sinks[i]) != epoch->number)
                        continue;
                identity = sink_identity(sink->config);
                r = identity ? known_sinks_set(&job->known_sinks, identity, epoch->number, changes)
                             : -ENOMEM;
        }
        if (r < 0 || !job->adopt)
                return r;
        job->adopt = false;
        return delete_named(changes, "adopt");
}

int snapshot_add_adoption(Buffer *changes) {
        return put_named(changes, "adopt", &(Buffer){.data = (uint8_t *)"1", .size = 1});
}

/* Of the head: the uuid and the last epoch stand first. */
enum { IDENTITY_BYTES = sizeof(sd_id128_t) + sizeof(uint64_t) };

static int copy_identity(Reader key, Reader value, void *userdata) {
        if (key.left != 4 || memcmp(key.data, "head", 4) != 0)
                return 0;
        if (value.left < IDENTITY_BYTES)
                return -EUCLEAN;
        return put_named(userdata, "identity",
                         &(Buffer){.data = (uint8_t *)value.data, .size = IDENTITY_BYTES});
}

static int on_any(Reader key, Reader value, void *userdata) {
        *(bool *)userdata = true;
        return 0;
}

int snapshot_add_reset(Store *store, Buffer *changes) {
        static const StoreTable tables[] = {STORE_PARTITIONS, STORE_GROUPS, STORE_ROWS, STORE_OUTBOX};
        static const char *const names[] = {"format", "head", "plan", "topic"};
        StoreKey first = {.size = 1}, last = {.size = STORE_KEY_BYTES_MAX};
        bool undelivered = false;
        int r;

        memset(last.bytes, 0xff, sizeof(last.bytes));
        r = store_walk(store, STORE_OUTBOX, on_any, &undelivered);
        if (r >= 0)
                r = store_walk(store, STORE_JOB, copy_identity, changes);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(tables); i++)
                r = store_delete(changes, tables[i], &first, &last);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(names); i++)
                r = delete_named(changes, names[i]);
        /* Some sinks may hold the epoch that is dropped, some not. */
        return r >= 0 && undelivered ? snapshot_add_adoption(changes) : r;
}

/* What the table "job" holds. */
typedef struct Head {
        bool has_format, has_plan, has_head;
        uint32_t format;
        char *plan_texts[4];
        uint64_t n_partitions, n_entries;
        Job *job;
} Head;

static void head_done(Head *head) {
        for (size_t i = 0; i < ELEMENTSOF(head->plan_texts); i++)
                free(head->plan_texts[i]);
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
                head->job->topic_id = strndup((const char *)value.data, value.left);
                return head->job->topic_id ? 0 : -ENOMEM;
        }
        if (key.left == 8 && memcmp(key.data, "identity", 8) == 0)
                return read_identity(head, &value);
        if (key.left == 5 && memcmp(key.data, "adopt", 5) == 0) {
                head->job->adopt = true;
                return 0;
        }
        return -EUCLEAN;
}

static int on_partition(Reader key, Reader value, void *userdata) {
        Job *job = userdata;
        uint64_t position, max_event_time, from, to;
        Partition *partition;
        uint32_t number;
        int r;

        if (store_key_read_u32(&key, &number) < 0 || number != job->leases->n_partitions ||
            read_u64(&value, &position) < 0 || read_u64(&value, &max_event_time) < 0)
                return -EUCLEAN;
        r = lease_table_add_partition(job->leases, (int64_t)position);
        if (r < 0)
                return r;
        partition = job->leases->partitions[number];
        partition->max_event_time_usec = (int64_t)max_event_time;
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
        return log_message(
                LOG_ERR, MESSAGE_STATE_REFUSED, -ESTALE,
                "The state in %s does not fit the job's file any more: %s changed. Put it back as "
                "it was (%s); or give the changed job a new name; or drop the state with "
                "\"etlctl reset %s\", and the job begins anew at source.start",
                job->state_folder, change, text.query, job->name);
}

static int check_head(const Job *job, const Head *head) {
        if (head->format != SNAPSHOT_FORMAT)
                return log_message(LOG_ERR, MESSAGE_STATE_REFUSED, -EPROTONOSUPPORT,
                                   "The state in %s is of format %" PRIu32
                                   ", and this version reads format %d; install the version that wrote it",
                                   job->state_folder, head->format, SNAPSHOT_FORMAT);
        if (!head->has_plan || !head->has_head)
                return -EUCLEAN;
        return check_plan(job, head);
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
                r = store_walk(job->store, STORE_PARTITIONS, on_partition, job);
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
        log_message(LOG_INFO, MESSAGE_STATE_RESTORED, 0, "Goes on after epoch %" PRIu64 " with %zu groups",
                    job->last_epoch, state_groups(job->state));
        return 0;
}

int snapshot_restore(Job *job) {
        int r = restore(job);

        if (r == -EUCLEAN || r == -EBADMSG)
                return log_message(
                        LOG_ERR, MESSAGE_STATE_REFUSED, -EUCLEAN,
                        "The state in %s is damaged. Put a copy of the folder back; or drop it with "
                        "\"systemctl stop etl-job@%s && etlctl reset %s\", and the job begins anew at "
                        "source.start",
                        job->state_folder, job->name, job->name);
        if (r < 0 && r != -ESTALE && r != -EPROTONOSUPPORT)
                return log_error_errno(r, "Cannot read the state in %s: %m", job->state_folder);
        return r;
}
