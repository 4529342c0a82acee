/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "job.h"
#include "snapshot.h"
#include "wire/messages.h"

/* No job here has sinks. */
const SinkContext *sink_context(const Sink *sink) {
        return NULL;
}

uint64_t sink_last_epoch(const Sink *sink) {
        return 0;
}

char *sink_identity(const SinkConfig *config) {
        return NULL;
}

static const PlanText plan_text = {
        .columns = "a INT, ts DOUBLE",
        .table = "clicks",
        .query = "SELECT a FROM clicks",
        .event_time = "ts",
};
static const LeasePolicy policy = {.lease_usec = USEC_PER_SEC, .first_lease_records = 10};

typedef struct Fixture {
        char path[64];
        JobConfig config;
        Job job;
} Fixture;

static void open_job(Fixture *fixture, char **topics) {
        Job *job = &fixture->job;
        _cleanup_config_error_ ConfigError error = {};

        fixture->config = (JobConfig){.name = (char *)"j", .source.topics = topics};
        *job = (Job){.name = (char *)"j", .state_folder = fixture->path, .config = &fixture->config};
        job->final_usec = TIME_NONE;
        assert_int_equal(job_plan_new(&plan_text, &job->plan, &error), 0);
        assert_int_equal(lease_table_new(1, &policy, &job->leases), 0);
        assert_int_equal(state_new(job->plan->query, OUTPUT_APPEND, &job->state), 0);
        assert_int_equal(topics_new(&fixture->config, &job->topics), 0);
        assert_int_equal(store_open(fixture->path, UINT64_C(1) << 24, &job->store), 0);
}

static void close_job(Fixture *fixture) {
        Job *job = &fixture->job;

        job->store = store_free(job->store);
        known_sinks_done(&job->known_sinks);
        epoch_free(job->epoch);
        state_free(job->state);
        lease_table_free(job->leases);
        topics_free(job->topics);
        job_plan_free(job->plan);
        *job = (Job){};
}

static int make(void **state) {
        Fixture *fixture = new0(Fixture, 1);

        assert_non_null(fixture);
        strcpy(fixture->path, "/tmp/streametl-snapshot-XXXXXX");
        assert_non_null(mkdtemp(fixture->path));
        *state = fixture;
        return 0;
}

static int destroy(void **state) {
        static const char *const files[] = {"lock", "lock.mdb", "data.mdb"};
        Fixture *fixture = *state;
        char path[128];

        close_job(fixture);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                snprintf(path, sizeof(path), "%s/%s", fixture->path, files[i]);
                (void)unlink(path);
        }
        assert_int_equal(rmdir(fixture->path), 0);
        free(fixture);
        return 0;
}

static void put_named(Buffer *batch, const char *name, Buffer *value) {
        StoreKey key = {};

        assert_int_equal(store_key_add_text(&key, name), 0);
        assert_int_equal(store_put(batch, STORE_JOB, &key, value->data, value->size), 0);
        buffer_done(value);
}

static void append_numbers(Buffer *value, size_t n, const uint64_t *numbers) {
        for (size_t i = 0; i < n; i++)
                assert_int_equal(buffer_append_u64(value, numbers[i]), 0);
}

static void put_partition_of_format_1(Buffer *batch, uint32_t number, size_t n, const uint64_t *numbers) {
        _cleanup_buffer_ Buffer value = {};
        StoreKey key = {};

        store_key_add_u32(&key, number);
        append_numbers(&value, n, numbers);
        assert_int_equal(store_put(batch, STORE_PARTITIONS, &key, value.data, value.size), 0);
}

/* Byte by byte what version 0.1 wrote before jobs could have several topics. */
static void write_format_1(Store *store) {
        const char *const texts[] = {plan_text.columns, plan_text.table, plan_text.query,
                                     plan_text.event_time};
        /* epoch, watermark, final, partitions, entries, records, late, future, removed */
        const uint64_t head[9] = {42, 5000, 4000, 2, 0, 1000, 3, 2, 1};
        const uint64_t faults[_RECORD_FAULT_MAX] = {};
        _cleanup_buffer_ Buffer batch = {};
        Buffer value = {};

        assert_int_equal(buffer_append_u32(&value, 1), 0);
        put_named(&batch, "format", &value);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                assert_int_equal(buffer_append_text(&value, texts[i], strlen(texts[i])), 0);
        put_named(&batch, "plan", &value);
        assert_int_equal(buffer_append(&value, "0123456789abcdef", 16), 0);
        append_numbers(&value, ELEMENTSOF(head), head);
        append_numbers(&value, ELEMENTSOF(faults), faults);
        put_named(&batch, "head", &value);
        assert_int_equal(buffer_append(&value, "the-id", 6), 0);
        put_named(&batch, "topic", &value);
        put_partition_of_format_1(&batch, 0, 2, (const uint64_t[]){700, 6000});
        put_partition_of_format_1(&batch, 1, 5, (const uint64_t[]){300, 5000, 350, 400, 5500});
        assert_int_equal(store_commit(store, &batch), 0);
}

static void assert_partition(const Partition *partition, uint32_t index, const char *topic, uint32_t number,
                             int64_t position, bool away) {
        assert_int_equal(partition->index, index);
        assert_string_equal(partition->topic->name, topic);
        assert_int_equal(partition->number, number);
        assert_int_equal(partition->position, position);
        assert_int_equal(partition->away, away);
}

static int count_old_entries(Reader key, Reader value, void *userdata) {
        *(int *)userdata += key.left == 5 && memcmp(key.data, "topic", 5) == 0;
        return 0;
}

static void test_format_1_is_read_and_replaced(void **state) {
        char *topics[] = {(char *)"clicks", (char *)"more", NULL};
        Fixture *fixture = *state;
        int n_old = 0;

        open_job(fixture, topics);
        write_format_1(fixture->job.store);
        for (int round = 0; round < 3; round++) {
                const Job *job = &fixture->job;
                Topic *topic;

                assert_int_equal(snapshot_restore(&fixture->job), 0);
                assert_int_equal(job->last_epoch, 42);
                assert_memory_equal(&job->uuid, "0123456789abcdef", 16);
                assert_int_equal(job->counts.records, 1000);
                assert_int_equal(job->leases->n_partitions, 2);
                assert_partition(job->leases->partitions[0], 0, "clicks", 0, 700, false);
                assert_partition(job->leases->partitions[1], 1, "clicks", 1, 300, false);
                assert_int_equal(job->leases->partitions[1]->ahead.n, 1);
                assert_int_equal(job->leases->partitions[1]->ahead.ranges[0].to, 400);
                assert_int_equal(topics_get(job->topics, "clicks", &topic), 0);
                assert_string_equal(topic->id, "the-id");
                assert_int_equal(topic->n_partitions, 2);
                assert_int_equal(store_walk(job->store, STORE_JOB, count_old_entries, &n_old), 0);
                assert_int_equal(n_old, 0);
                close_job(fixture);
                open_job(fixture, topics);
        }
}

static void add(Fixture *fixture, const char *name, const char *id, int64_t start) {
        _cleanup_buffer_ Buffer changes = {};
        Job *job = &fixture->job;
        uint32_t first = (uint32_t)job->leases->n_partitions;
        Topic *topic;

        assert_int_equal(topics_get(job->topics, name, &topic), 0);
        assert_int_equal(topic_identify(topic, id), 0);
        assert_int_equal(topic_add_partition(topic, job->leases, start), 0);
        assert_int_equal(snapshot_add_partitions(job, first, &changes), 0);
        assert_int_equal(store_commit(job->store, &changes), 0);
}

/* A topic that was asked for and missing is read from its beginning when it is there, in the next life too;
 * known alone, it is no state that a changed query does not fit. */
static void test_a_missing_topic_is_remembered(void **state) {
        char *topics[] = {(char *)"a", (char *)"b", NULL};
        Fixture *fixture = *state;
        Topic *topic;

        for (int n_partitions = 0; n_partitions < 2; n_partitions++) {
                _cleanup_buffer_ Buffer changes = {};

                open_job(fixture, topics);
                assert_int_equal(snapshot_restore(&fixture->job), 0);
                assert_int_equal(topics_begin_search(fixture->job.topics), 0);
                assert_int_equal(topics_found(fixture->job.topics, "a", 1, NULL), 0);
                topics_end_search(fixture->job.topics);
                if (n_partitions > 0)
                        add(fixture, "a", "id a", 100);
                else {
                        assert_int_equal(snapshot_add_partitions(&fixture->job, 0, &changes), 0);
                        assert_int_equal(store_commit(fixture->job.store, &changes), 0);
                }
                close_job(fixture);

                open_job(fixture, topics);
                assert_int_equal(snapshot_restore(&fixture->job), 0);
                assert_int_equal(fixture->job.leases->n_partitions, n_partitions);
                assert_int_equal(sd_id128_is_null(fixture->job.uuid), 0);
                assert_int_equal(topics_get(fixture->job.topics, "a", &topic), 0);
                assert_false(topic->from_beginning);
                assert_int_equal(topics_get(fixture->job.topics, "b", &topic), 0);
                assert_true(topic->from_beginning);
                assert_null(topic->id);
                assert_false(topic_is_to_be_saved(topic));
                close_job(fixture);
        }
}

static void test_topics_come_and_go_between_two_lives(void **state) {
        char *before[] = {(char *)"a", (char *)"b", NULL}, *after[] = {(char *)"b", (char *)"c", NULL};
        Fixture *fixture = *state;
        Topic *topic;

        open_job(fixture, before);
        assert_int_equal(snapshot_restore(&fixture->job), 0);
        add(fixture, "a", "id a", 100);
        add(fixture, "b", "id b", 200);
        add(fixture, "a", "id a", 300);
        close_job(fixture);

        open_job(fixture, after);
        assert_int_equal(snapshot_restore(&fixture->job), 0);
        assert_int_equal(fixture->job.leases->n_partitions, 3);
        assert_partition(fixture->job.leases->partitions[0], 0, "a", 0, 100, true);
        assert_partition(fixture->job.leases->partitions[1], 1, "b", 0, 200, false);
        assert_partition(fixture->job.leases->partitions[2], 2, "a", 1, 300, true);
        /* Its windows are not held open by what is read no more. */
        assert_true(partition_is_idle(fixture->job.leases->partitions[0], &(WatermarkRule){0, USEC_PER_SEC},
                                      USEC_PER_SEC));
        add(fixture, "c", "id c", 400);
        close_job(fixture);

        open_job(fixture, before);
        assert_int_equal(snapshot_restore(&fixture->job), 0);
        assert_partition(fixture->job.leases->partitions[2], 2, "a", 1, 300, false);
        assert_partition(fixture->job.leases->partitions[3], 3, "c", 0, 400, true);
        assert_int_equal(topics_get(fixture->job.topics, "a", &topic), 0);
        assert_string_equal(topic->id, "id a");
        assert_int_equal(topics_get(fixture->job.topics, "c", &topic), 0);
        assert_string_equal(topic->id, "id c");
}

static void commit_epoch(Fixture *fixture) {
        _cleanup_(epoch_freep) Epoch *epoch = epoch_new(++fixture->job.last_epoch, TIME_NONE);

        assert_int_equal(snapshot_add_epoch(&fixture->job, epoch), 0);
        assert_int_equal(store_commit(fixture->job.store, &epoch->changes), 0);
}

/* Or a sink would seem to have what it has not got. */
static void test_a_reset_takes_no_epoch_number_back(void **state) {
        char *topics[] = {(char *)"clicks", NULL};
        Fixture *fixture = *state;
        _cleanup_buffer_ Buffer changes = {};
        StoreView *view;
        sd_id128_t uuid;
        uint64_t epoch;
        int64_t watermark_usec;

        open_job(fixture, topics);
        assert_int_equal(snapshot_restore(&fixture->job), 0);
        uuid = fixture->job.uuid;
        fixture->job.last_epoch = 5;
        commit_epoch(fixture);
        assert_int_equal(snapshot_add_reset(fixture->job.store, &changes), 0);
        assert_int_equal(store_commit(fixture->job.store, &changes), 0);
        for (uint64_t last = 6; last < 9; last++) {
                close_job(fixture);
                open_job(fixture, topics);
                assert_int_equal(snapshot_restore(&fixture->job), 0);
                assert_int_equal(fixture->job.last_epoch, last);
                assert_memory_equal(&fixture->job.uuid, &uuid, sizeof(uuid));
                commit_epoch(fixture);
        }
        assert_int_equal(store_view_new(fixture->job.store, &view), 0);
        assert_int_equal(snapshot_read_epoch(view, &epoch, &watermark_usec), 0);
        store_view_free(view);
        assert_int_equal(epoch, 9);
}

static void test_a_later_format_is_refused(void **state) {
        char *topics[] = {(char *)"clicks", NULL};
        Fixture *fixture = *state;
        _cleanup_buffer_ Buffer batch = {};
        Buffer value = {};

        open_job(fixture, topics);
        assert_int_equal(buffer_append_u32(&value, SNAPSHOT_FORMAT + 1), 0);
        put_named(&batch, "format", &value);
        assert_int_equal(store_commit(fixture->job.store, &batch), 0);
        assert_int_equal(snapshot_restore(&fixture->job), -EPROTONOSUPPORT);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_format_1_is_read_and_replaced, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_missing_topic_is_remembered, make, destroy),
                cmocka_unit_test_setup_teardown(test_topics_come_and_go_between_two_lives, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_reset_takes_no_epoch_number_back, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_later_format_is_refused, make, destroy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
