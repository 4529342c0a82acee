/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
/* cmocka wants the lines above */
#include <cmocka.h>
#include <yyjson.h>

#include "../../daemons/producer/records.h"

static const char *const field_names[] = {
        "timestamp", "student_id",    "student_name", "course",        "activity",
        "tool_used", "lines_of_code", "last_error",   "cpu_usage_pct",
};

typedef struct Fields {
        double timestamp, cpu_usage_pct;
        const char *student_id, *course, *activity, *last_error;
        int64_t lines_of_code;
} Fields;

static yyjson_doc *parse(const Record *record, Fields *ret) {
        yyjson_doc *doc = yyjson_read(record->text, record->size, 0);
        yyjson_val *root = yyjson_doc_get_root(doc), *key;
        yyjson_obj_iter iter;

        assert_non_null(doc);
        assert_int_equal(yyjson_obj_size(root), ELEMENTSOF(field_names));
        yyjson_obj_iter_init(root, &iter);
        for (size_t i = 0; (key = yyjson_obj_iter_next(&iter)); i++)
                assert_string_equal(yyjson_get_str(key), field_names[i]);

        *ret = (Fields){
                .timestamp = yyjson_get_real(yyjson_obj_get(root, "timestamp")),
                .student_id = yyjson_get_str(yyjson_obj_get(root, "student_id")),
                .course = yyjson_get_str(yyjson_obj_get(root, "course")),
                .activity = yyjson_get_str(yyjson_obj_get(root, "activity")),
                .lines_of_code = yyjson_get_sint(yyjson_obj_get(root, "lines_of_code")),
                .last_error = yyjson_get_str(yyjson_obj_get(root, "last_error")),
                .cpu_usage_pct = yyjson_get_real(yyjson_obj_get(root, "cpu_usage_pct")),
        };
        return doc;
}

/* The number behind `"name": ` is spelled as the shortest text that reads back as the same double. */
static void assert_shortest(const Record *record, const char *name, double value) {
        char before[64], spelled[64] = "";
        _cleanup_free_ char *text = strndup(record->text, record->size), *shortest = NULL;
        yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
        const char *p;

        yyjson_mut_doc_set_root(doc, yyjson_mut_real(doc, value));
        shortest = yyjson_mut_write(doc, 0, NULL);
        yyjson_mut_doc_free(doc);

        snprintf(before, sizeof(before), "\"%s\": ", name);
        p = strstr(text, before) + strlen(before);
        memcpy(spelled, p, strcspn(p, ",}"));
        assert_string_equal(spelled, shortest);
}

static void check_ranges(const Record *record, const Fields *f) {
        bool codes = strcmp(f->activity, "coding") == 0;
        bool meets_errors =
                strcmp(f->activity, "debugging") == 0 || strcmp(f->activity, "running_tests") == 0;
        unsigned year, number;

        assert_int_equal(strlen(f->student_id), strlen("CS-2021000"));
        assert_int_equal(sscanf(f->student_id, "CS-%4u%3u", &year, &number), 2);
        assert_in_range(year, 2021, 2025);
        assert_memory_equal(record->text + record->key_offset, f->student_id, record->key_size);
        assert_int_equal(record->key_size, strlen(f->student_id));
        if (codes)
                assert_in_range(f->lines_of_code, 5, 150);
        else
                assert_int_equal(f->lines_of_code, 0);
        assert_int_equal(strcmp(f->last_error, "None") != 0, meets_errors);
        assert_true(f->cpu_usage_pct >= 10.5 && f->cpu_usage_pct <= 95.0);
}

static void test_every_record_is_of_the_reference(void **state) {
        unsigned n_lines[151] = {}, n_cpu_edges = 0;
        Random random;
        Record record;

        random_seed(&random, 42);
        for (int64_t i = 0; i < 100000; i++) {
                int64_t time_usec = 1700000000000000 + i * 1234567;
                Fields fields;
                yyjson_doc *doc;

                record_make(&random, time_usec, &record);
                assert_in_range(record.size, 150, RECORD_MAX_BYTES);
                doc = parse(&record, &fields);
                assert_true(fields.timestamp == (double)time_usec / 1e6);
                check_ranges(&record, &fields);
                assert_shortest(&record, "timestamp", fields.timestamp);
                assert_shortest(&record, "cpu_usage_pct", fields.cpu_usage_pct);
                n_lines[fields.lines_of_code]++;
                n_cpu_edges += fields.cpu_usage_pct == 10.5 || fields.cpu_usage_pct == 95.0;
                yyjson_doc_free(doc);
        }
        for (unsigned lines = 5; lines <= 150; lines++)
                assert_in_range(n_lines[lines], 60, 220); /* 137 are expected */
        assert_in_range(n_cpu_edges, 5, 60);              /* 24 */
}

static void test_times(void **state) {
        static const struct {
                int64_t time_usec;
                const char *expected;
        } cases[] = {
                {0, "{\"timestamp\": 0.0, "},
                {1, "{\"timestamp\": 0.000001, "},
                {1000000, "{\"timestamp\": 1.0, "},
                {1700000000100000, "{\"timestamp\": 1700000000.1, "},
                {1700000000123456, "{\"timestamp\": 1700000000.123456, "},
                {4102444800999999, "{\"timestamp\": 4102444800.999999, "},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Random random;
                Record record;

                random_seed(&random, 1);
                record_make(&random, cases[i].time_usec, &record);
                record.text[strlen(cases[i].expected)] = '\0';
                assert_string_equal(record.text, cases[i].expected);
        }
}

/* What a seed stands for must not change: saved results depend on it. */
static void test_seed(void **state) {
        Random random;
        Record record;

        random_seed(&random, 1);
        for (int i = 0; i < 3; i++)
                record_make(&random, 1700000000000000, &record);
        record.text[record.size] = '\0';
        assert_string_equal(record.text,
                            "{\"timestamp\": 1700000000.0, \"student_id\": \"CS-2023957\", "
                            "\"student_name\": \"Michael Hughes\", \"course\": \"Data Structures\","
                            " \"activity\": \"reading_docs\", \"tool_used\": \"Docker\", \"lines_of_code\": "
                            "0, \"last_error\": \"None\", \"cpu_usage_pct\": 23.91}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_record_is_of_the_reference),
                cmocka_unit_test(test_times),
                cmocka_unit_test(test_seed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
