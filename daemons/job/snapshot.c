/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "snapshot.h"
#include "outbox.h"

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

        store_key_add_u32(&key, partition->index);
        r = buffer_append_text(&value, partition->topic->name, strlen(partition->topic->name));
        if (r >= 0)
                r = buffer_append_u32(&value, partition->number);
        if (r >= 0)
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

static int put_topics(const Job *job, Buffer *changes) {
        _cleanup_buffer_ Buffer value = {};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < job->topics->n_topics; i++) {
                const Topic *topic = job->topics->topics[i];

                const char *id = topic->n_partitions > 0                    ? topic->id
                                 : topic->is_named && topic->from_beginning ? ""
                                                                            : NULL;

                if (!id)
                        continue;
                r = buffer_append_text(&value, topic->name, strlen(topic->name));
                if (r >= 0)
                        r = buffer_append_text(&value, id, strlen(id));
        }
        return r < 0 ? r : put_named(changes, "topics", &value);
}

static int put_all(const Job *job, uint64_t epoch, Buffer *changes) {
        int r;

        r = put_format(changes);
        if (r >= 0)
                r = put_plan(job->plan, changes);
        if (r >= 0)
                r = put_head(job, epoch, changes);
        if (r >= 0)
                r = put_topics(job, changes);
        for (size_t i = 0; r >= 0 && i < job->leases->n_partitions; i++)
                r = put_partition(job->leases->partitions[i], changes);
        return r;
}

int snapshot_add_partitions(const Job *job, uint32_t first, Buffer *changes) {
        int r = 0;

        if (first == 0 && job->leases->n_partitions > 0)
                return put_all(job, job->last_epoch, changes);
        /* What else is in memory is of an epoch that is not closed. */
        for (size_t i = first; r >= 0 && i < job->leases->n_partitions; i++)
                r = put_partition(job->leases->partitions[i], changes);
        return r < 0 ? r : put_topics(job, changes);
}

int snapshot_add_epoch(const Job *job, Epoch *epoch) {
        int r;

        r = put_all(job, epoch->number, &epoch->changes);
        return r < 0 ? r : outbox_put(epoch, &epoch->changes);
}

static int put_sinks_that_have(Job *job, const Epoch *epoch, Buffer *changes) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < job->n_sinks; i++) {
                const SinkContext *sink = sink_context(job->sinks[i]);
                _cleanup_free_ char *identity = NULL;

                if (sink_last_epoch(job->sinks[i]) != epoch->number)
                        continue;
                identity = sink_identity(sink->config);
                r = identity ? known_sinks_set(&job->known_sinks, identity, epoch->number, changes)
                             : -ENOMEM;
        }
        return r;
}

int snapshot_add_settlement(Job *job, const Epoch *epoch, Buffer *changes) {
        int r;

        r = outbox_delete(epoch->number, changes);
        if (r >= 0)
                r = put_sinks_that_have(job, epoch, changes);
        if (r >= 0 && job->adopt)
                r = delete_named(changes, "adopt");
        if (r >= 0 && job->refused)
                r = delete_named(changes, "refused");
        job->adopt = false;
        free(TAKE_PTR(job->refused));
        return r;
}

int snapshot_add_refusal(Job *job, const Epoch *epoch, const SinkConfig *sink, Buffer *changes) {
        _cleanup_free_ char *identity = sink_identity(sink);
        int r;

        if (!identity)
                return -ENOMEM;
        r = put_sinks_that_have(job, epoch, changes);
        return r < 0 ? r
                     : put_named(changes, "refused",
                                 &(Buffer){.data = (uint8_t *)identity, .size = strlen(identity)});
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
        static const char *const names[] = {"format", "head", "plan", "topic", "topics", "refused"};
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

int snapshot_add_replacement(const Job *job, Buffer *changes) {
        int r;

        r = put_all(job, job->last_epoch, changes);
        return r < 0 ? r : delete_named(changes, "topic");
}

typedef struct EpochReader {
        uint64_t epoch, watermark_usec;
} EpochReader;

static int read_epoch(Reader key, Reader value, void *userdata) {
        EpochReader *reader = userdata;
        const uint8_t *uuid;

        if (key.left != 4 || memcmp(key.data, "head", 4) != 0)
                return 0;
        if (read_bytes(&value, sizeof(sd_id128_t), &uuid) < 0 || read_u64(&value, &reader->epoch) < 0 ||
            read_u64(&value, &reader->watermark_usec) < 0)
                return -EUCLEAN;
        return 0;
}

int snapshot_read_epoch(StoreView *view, uint64_t *ret_epoch, int64_t *ret_watermark_usec) {
        EpochReader reader = {.watermark_usec = (uint64_t)TIME_NONE};
        int r;

        r = store_view_walk(view, STORE_JOB, /* backwards= */ false, read_epoch, &reader);
        *ret_epoch = reader.epoch;
        *ret_watermark_usec = (int64_t)reader.watermark_usec;
        return r;
}
