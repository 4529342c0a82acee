/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "job-load.h"

#define GOOD "\"measured\": true, \"arrived\": 10, \"backlog\": 3, \"processed\": 7, \"busy_usec\": 900"

static int set(JobLoad *load, const char *text) {
        json_object *report = json_tokener_parse(text);
        int r;

        r = job_load_set(load, report, 55);
        json_object_put(report);
        return r;
}

static void test_good(void **state) {
        JobLoad load = {};

        assert_int_equal(set(&load, "{" GOOD ", \"paused\": true, \"why\": \"Kafka sleeps\","
                                    " \"workers\": [7, {}, {\"number\": 2, \"pid\": 99}]}"),
                         0);
        assert_int_equal(load.sample.at_usec, 55);
        assert_int_equal(load.sample.arrived_records, 10);
        assert_int_equal(load.sample.backlog_records, 3);
        assert_int_equal(load.sample.processed_records, 7);
        assert_int_equal(load.sample.busy_usec, 900);
        assert_true(load.sample.measured && load.sample.paused && !load.sample.sink_holds_back);
        assert_string_equal(job_load_text(&load, "why"), "Kafka sleeps");
        assert_string_equal(job_load_text(&load, "arrived"), "");
        assert_string_equal(job_load_text(&load, "nothing"), "");
        assert_non_null(job_load_worker(&load, 2));
        assert_null(job_load_worker(&load, 3));
        job_load_done(&load);
        assert_null(job_load_worker(&load, 2));
}

static void test_bad_ones_leave_the_last(void **state) {
        static const char *const bad[] = {
                "null",
                "[]",
                "7",
                "{}",
                "{\"measured\": 1, \"arrived\": 10, \"backlog\": 3, \"processed\": 7, \"busy_usec\": 900}",
                "{\"measured\": true, \"arrived\": -10, \"backlog\": 3, \"processed\": 7, \"busy_usec\": "
                "900}",
                "{\"measured\": true, \"arrived\": 1.5, \"backlog\": 3, \"processed\": 7, \"busy_usec\": "
                "900}",
                "{\"measured\": true, \"arrived\": 10, \"backlog\": \"3\", \"processed\": 7, \"busy_usec\": "
                "1}",
                "{\"measured\": true, \"arrived\": 10, \"backlog\": 3, \"processed\": null, \"busy_usec\": "
                "1}",
                "{\"measured\": true, \"arrived\": 10, \"backlog\": 3, \"processed\": 7}",
        };
        JobLoad load = {};

        assert_int_equal(set(&load, "{" GOOD "}"), 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (set(&load, bad[i]) != -EBADMSG)
                        fail_msg("%s", bad[i]);
        assert_int_equal(load.sample.backlog_records, 3);
        job_load_done(&load);
}

static void test_members_of_other_types(void **state) {
        JobLoad load = {};

        assert_int_equal(set(&load, "{" GOOD ", \"paused\": \"yes\", \"why\": [], \"workers\": {}}"), 0);
        assert_false(load.sample.paused);
        assert_string_equal(job_load_text(&load, "why"), "");
        assert_null(job_load_worker(&load, 1));
        job_load_done(&load);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_bad_ones_leave_the_last),
                cmocka_unit_test(test_members_of_other_types),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
