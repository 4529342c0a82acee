/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "unit-name.h"

static void test_names_and_back(void **state) {
        static const struct {
                const char *text;
                UnitName name;
        } cases[] = {
                {"etl-coordinator.service", {UNIT_COORDINATOR, "", 0}},
                {"etl-job@a.service", {UNIT_JOB, "a", 0}},
                {"etl-job@cs_student_logs.service", {UNIT_JOB, "cs_student_logs", 0}},
                {"etl-worker@a:1.service", {UNIT_WORKER, "a", 1}},
                {"etl-worker@a:9999.service", {UNIT_WORKER, "a", 9999}},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char buffer[UNIT_NAME_MAX];
                UnitName name;

                assert_true(unit_name_parse(cases[i].text, &name));
                assert_int_equal(name.kind, cases[i].name.kind);
                assert_string_equal(name.job, cases[i].name.job);
                assert_int_equal(name.worker, cases[i].name.worker);
                assert_string_equal(unit_name_format(buffer, &name), cases[i].text);
        }
}

static void test_what_is_none_of_ours(void **state) {
        static const char *const texts[] = {
                "",
                "etl-coordinator.socket",
                "etl-job@.service",
                "etl-job@a.socket",
                "etl-job@a/b.service",
                "etl-job@A b.service",
                "etl-worker@a.service",
                "etl-worker@a:.service",
                "etl-worker@a:0.service",
                "etl-worker@a:01.service",
                "etl-worker@a:+1.service",
                "etl-worker@a:10000.service",
                "etl-worker@a:4294967297.service",
                "etl-worker@a:1:1.service",
                "etl-worker@:1.service",
                "my-etl-job@a.service",
                "etl-job@a.service.service ",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                UnitName name;

                if (unit_name_parse(texts[i], &name))
                        fail_msg("%s", texts[i]);
        }
}

static void test_the_longest_name_fits(void **state) {
        char job[JOB_NAME_MAX + 1], text[2 * UNIT_NAME_MAX], buffer[UNIT_NAME_MAX];
        UnitName name;

        memset(job, 'a', JOB_NAME_MAX);
        job[JOB_NAME_MAX] = '\0';
        snprintf(text, sizeof(text), "etl-worker@%s:9999.service", job);
        assert_true(unit_name_parse(text, &name));
        assert_string_equal(unit_name_format(buffer, &name), text);
        snprintf(text, sizeof(text), "etl-worker@%sa:1.service", job);
        assert_false(unit_name_parse(text, &name));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names_and_back),
                cmocka_unit_test(test_what_is_none_of_ours),
                cmocka_unit_test(test_the_longest_name_fits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
