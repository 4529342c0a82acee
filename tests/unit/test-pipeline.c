/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "columns/rows.h"
#include "config/config-error.h"
#include "pipeline.h"

#define SECONDS INT64_C(1000000)
#define FUTURE (1000 * SECONDS)
#define GROUPED                                                                                             \
        "SELECT window.start, k, sum(n) AS total FROM t WHERE n >= 0 GROUP BY window(event_time, '10 "      \
        "seconds'), k"

typedef struct Fixture {
        JobPlan *plan;
        Pipeline *pipeline;
        Partials partials;
} Fixture;

static Fixture make(const char *columns, const char *query) {
        const PlanText text = {.columns = columns, .table = "t", .query = query, .event_time = "ts"};
        Fixture fixture = {};
        ConfigError error = {};

        if (job_plan_new(&text, &fixture.plan, &error) < 0)
                fail_msg("%s", error.message);
        assert_int_equal(
                pipeline_new(fixture.plan, &(PipelineLimits){.record_max_bytes = 200}, &fixture.pipeline),
                0);
        assert_int_equal(partials_init(&fixture.partials, fixture.plan->query), 0);
        return fixture;
}

static void done(Fixture *fixture) {
        partials_done(&fixture->partials);
        pipeline_free(fixture->pipeline);
        job_plan_free(fixture->plan);
}

static void add(Fixture *fixture, int64_t watermark_usec, size_t n, const char *const *texts) {
        Record records[16];

        assert_true(n <= ELEMENTSOF(records));
        for (size_t i = 0; i < n; i++)
                records[i] = (Record){.offset = (int64_t)i + 100,
                                      .kafka_time_msec = 7,
                                      .data = texts[i],
                                      .size = strlen(texts[i])};
        assert_int_equal(
                pipeline_add(fixture->pipeline, records, n, watermark_usec, FUTURE, &fixture->partials), 0);
}

#define ADD(fixture, watermark, ...)                                                                        \
        add(fixture, watermark, ELEMENTSOF(((const char *const[]){__VA_ARGS__})),                           \
            (const char *const[]){__VA_ARGS__})

/* One line a group: "window k total". */
static int print_groups(const Batch *groups, void *userdata) {
        Buffer *out = userdata;

        for (size_t i = 0; i < groups->n_rows; i++)
                assert_int_equal(buffer_append_format(out, "%" PRIi64 " %.*s %" PRIi64 "\n",
                                                      groups->columns[0].timestamps[i] / SECONDS,
                                                      (int)groups->columns[1].texts[i].size,
                                                      groups->columns[1].texts[i].data,
                                                      groups->columns[2].bigints[i]),
                                 0);
        return 0;
}

static void assert_groups(Fixture *fixture, const char *expected) {
        _cleanup_buffer_ Buffer out = {};

        assert_int_equal(
                group_table_emit(fixture->partials.groups, GROUPS_ALL, TIME_NONE, print_groups, &out), 0);
        assert_int_equal(buffer_append_u8(&out, 0), 0);
        assert_string_equal((char *)out.data, expected);
}

/* Steps over the dead records and returns them. */
static void assert_dead(const Fixture *fixture, size_t n, const int64_t *offsets,
                        const RecordFault *faults) {
        Reader reader = {fixture->partials.dead.data, fixture->partials.dead.size};

        assert_int_equal(fixture->partials.n_dead, n);
        for (size_t i = 0; i < n; i++) {
                DeadRecord record;

                assert_int_equal(dead_record_decode(&reader, &record), 0);
                assert_int_equal(record.offset, offsets[i]);
                assert_int_equal(record.fault, faults[i]);
                assert_int_equal(record.kafka_time_msec, 7);
        }
        assert_int_equal(reader.left, 0);
}

static void groups_and_filters(void **state) {
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", GROUPED);

        ADD(&fixture, TIME_NONE, "{\"ts\":1.5,\"k\":\"a\",\"n\":1}", "{\"ts\":9.999999,\"k\":\"a\",\"n\":2}",
            "{\"ts\":10,\"k\":\"a\",\"n\":4}", "{\"ts\":99,\"k\":\"a\",\"n\":-1}",
            "{\"ts\":2,\"k\":\"b\",\"n\":8}");
        assert_groups(&fixture, "0 a 3\n0 b 8\n10 a 4\n");
        assert_int_equal(fixture.partials.records, 5);
        /* What WHERE refuses counts for the watermark. */
        assert_int_equal(fixture.partials.max_event_time_usec, 99 * SECONDS);
        done(&fixture);
}

static void late_by_the_window(void **state) {
        static const int64_t offsets[] = {100};
        static const RecordFault faults[] = {RECORD_OK};
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", GROUPED);

        /* The first window ends at 10; a record below the watermark whose window is open is not late. One
         * that WHERE refuses is not late either: nobody misses it. */
        ADD(&fixture, 15 * SECONDS, "{\"ts\":9,\"k\":\"a\",\"n\":1}", "{\"ts\":11,\"k\":\"a\",\"n\":2}",
            "{\"ts\":3,\"k\":\"a\",\"n\":-2}");
        assert_groups(&fixture, "10 a 2\n");
        assert_int_equal(fixture.partials.late, 1);
        assert_dead(&fixture, 1, offsets, faults);
        partials_clear(&fixture.partials);
        /* A window is final at its end, not before. */
        ADD(&fixture, 10 * SECONDS - 1, "{\"ts\":9,\"k\":\"a\",\"n\":1}");
        assert_groups(&fixture, "0 a 1\n");
        partials_clear(&fixture.partials);
        ADD(&fixture, 10 * SECONDS, "{\"ts\":9,\"k\":\"a\",\"n\":1}");
        assert_groups(&fixture, "");
        done(&fixture);
}

static void bad_records_are_buried(void **state) {
        static const int64_t offsets[] = {100, 102, 103, 104, 105, 107};
        static const RecordFault faults[] = {RECORD_NOT_JSON,     RECORD_EMPTY,     RECORD_WRONG_TYPE,
                                             RECORD_OUT_OF_RANGE, RECORD_TOO_LARGE, RECORD_NO_EVENT_TIME};
        char large[400];
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", GROUPED);

        snprintf(large, sizeof(large), "{\"ts\":1,\"k\":\"%0300d\",\"n\":1}", 0);
        ADD(&fixture, TIME_NONE, "{", "{\"ts\":1,\"k\":\"a\",\"n\":1}", "", "{\"ts\":1,\"n\":\"x\"}",
            "{\"ts\":1,\"n\":3000000000}", large, "{\"ts\":2,\"k\":\"a\",\"n\":1}", "{\"k\":\"a\",\"n\":1}");
        assert_groups(&fixture, "0 a 2\n");
        assert_dead(&fixture, ELEMENTSOF(offsets), offsets, faults);
        assert_int_equal(fixture.partials.records, 8);
        for (size_t i = 0; i < ELEMENTSOF(faults); i++)
                assert_int_equal(fixture.partials.faults[faults[i]], 1);
        done(&fixture);
}

static void future_does_not_move_the_watermark(void **state) {
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", GROUPED);

        ADD(&fixture, TIME_NONE, "{\"ts\":5,\"k\":\"a\",\"n\":1}", "{\"ts\":1001,\"k\":\"a\",\"n\":2}");
        assert_int_equal(fixture.partials.max_event_time_usec, 5 * SECONDS);
        assert_int_equal(fixture.partials.future, 1);
        assert_groups(&fixture, "0 a 1\n1000 a 2\n");
        done(&fixture);
}

/* Per type of the event time's column: records at second 1, some of them at no time at all. */
static void event_time_types(void **state) {
        static const struct {
                const char *columns, *good, *bad;
        } cases[] = {
                {"ts DOUBLE, k STRING, n INT", "{\"ts\":1.0,\"k\":\"a\",\"n\":1}",
                 "{\"ts\":\"NaN\",\"n\":1}"},
                {"ts BIGINT, k STRING, n INT", "{\"ts\":1,\"k\":\"a\",\"n\":1}", "{\"ts\":null,\"n\":1}"},
                {"ts INT, k STRING, n INT", "{\"ts\":1,\"k\":\"a\",\"n\":1}", "{\"n\":1}"},
                {"ts STRING, k STRING, n INT", "{\"ts\":\"1970-01-01T00:00:01Z\",\"k\":\"a\",\"n\":1}",
                 "{\"ts\":\"soon\",\"n\":1}"},
                {"ts TIMESTAMP, k STRING, n INT", "{\"ts\":\"1970-01-01T00:00:01Z\",\"k\":\"a\",\"n\":1}",
                 "{\"ts\":null,\"n\":1}"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Fixture fixture = make(cases[i].columns, GROUPED);

                ADD(&fixture, TIME_NONE, cases[i].bad, cases[i].good, cases[i].bad);
                assert_int_equal(fixture.partials.max_event_time_usec, SECONDS);
                assert_int_equal(fixture.partials.faults[RECORD_NO_EVENT_TIME], 2);
                assert_groups(&fixture, "0 a 1\n");
                done(&fixture);
        }
}

/* A key of the record does not become the derived column of the same name. */
static void event_time_is_the_sources(void **state) {
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", GROUPED);

        ADD(&fixture, TIME_NONE, "{\"event_time\":\"2020-01-01T00:00:00Z\",\"ts\":1,\"k\":\"a\",\"n\":1}");
        assert_groups(&fixture, "0 a 1\n");
        done(&fixture);
}

static void rows_without_group_by(void **state) {
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", "SELECT n + 1 AS m FROM t WHERE k = 'a'");
        Reader reader;

        /* Nothing is late without windows. */
        ADD(&fixture, 500 * SECONDS, "{\"ts\":1,\"k\":\"a\",\"n\":1}", "{\"ts\":1,\"k\":\"b\",\"n\":2}",
            "{\"ts\":1,\"k\":\"a\",\"n\":3}");
        assert_int_equal(fixture.partials.n_rows, 2);
        reader = (Reader){fixture.partials.rows.data, fixture.partials.rows.size};
        for (int32_t expected = 2; expected <= 4; expected += 2) {
                const uint8_t *bytes;
                uint8_t valid;
                int32_t value;

                assert_int_equal(read_u8(&reader, &valid), 0);
                assert_int_equal(read_bytes(&reader, sizeof(value), &bytes), 0);
                memcpy(&value, bytes, sizeof(value));
                assert_int_equal(valid, 1);
                assert_int_equal(value, expected);
                assert_int_equal(read_u8(&reader, &valid), 0); /* the record's key */
                assert_int_equal(valid, 0);
        }
        assert_int_equal(reader.left, 0);
        done(&fixture);
}

static void partials_travel(void **state) {
        _cleanup_buffer_ Buffer buffer = {};
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", GROUPED), other;
        Reader reader;
        uint32_t n_dead;

        ADD(&fixture, TIME_NONE, "{\"ts\":1,\"k\":\"a\",\"n\":1}", "{\"ts\":11,\"k\":\"b\",\"n\":2}");
        assert_int_equal(partials_encode(&fixture.partials, &buffer), 0);
        other = make("ts DOUBLE, k STRING, n INT", GROUPED);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(read_u32(&reader, &n_dead), 0);
        assert_int_equal(n_dead, 0);
        assert_int_equal(group_table_merge(other.partials.groups, &reader), 0);
        assert_groups(&other, "0 a 1\n10 b 2\n");
        partials_clear(&fixture.partials);
        assert_groups(&fixture, "");
        assert_int_equal(fixture.partials.records, 0);
        assert_int_equal(fixture.partials.max_event_time_usec, TIME_NONE);
        done(&other);
        done(&fixture);
}

static void the_oldest_is_told(void **state) {
        Fixture fixture = make("ts DOUBLE, k STRING, n INT", GROUPED);
        const Record records[] = {
                {.kafka_time_msec = -1, .data = "{}", .size = 2},
                {.kafka_time_msec = KAFKA_TIME_FIRST_MSEC + 900, .data = "{}", .size = 2},
                {.kafka_time_msec = KAFKA_TIME_FIRST_MSEC + 800, .data = "no", .size = 2},
                {.kafka_time_msec = 0, .data = "{}", .size = 2}, /* of a producer without a clock */
        };
        ReportMessage report;

        assert_int_equal(pipeline_add(fixture.pipeline, records, 1, TIME_NONE, FUTURE, &fixture.partials),
                         0);
        assert_int_equal(fixture.partials.oldest_kafka_msec, TIME_NONE);
        for (size_t n = ELEMENTSOF(records); n > 0; n--)
                assert_int_equal(
                        pipeline_add(fixture.pipeline, records, n, TIME_NONE, FUTURE, &fixture.partials), 0);
        partials_describe(&fixture.partials, &report);
        assert_int_equal(report.oldest_kafka_msec, KAFKA_TIME_FIRST_MSEC + 800);
        partials_clear(&fixture.partials);
        assert_int_equal(fixture.partials.oldest_kafka_msec, TIME_NONE);
        done(&fixture);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(groups_and_filters),
                cmocka_unit_test(late_by_the_window),
                cmocka_unit_test(bad_records_are_buried),
                cmocka_unit_test(future_does_not_move_the_watermark),
                cmocka_unit_test(event_time_types),
                cmocka_unit_test(event_time_is_the_sources),
                cmocka_unit_test(rows_without_group_by),
                cmocka_unit_test(partials_travel),
                cmocka_unit_test(the_oldest_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
