/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "base/nearest.h"

static const char *const names[] = {"course", "activity", "lines_of_code", "cpu_usage_pct", "id", "", NULL};

static void test_near(void **state) {
        static const struct {
                const char *name, *nearest;
        } cases[] = {
                {"course", "course"},
                {"coarse", "course"},               /* changed */
                {"corse", "course"},                /* dropped */
                {"courrse", "course"},              /* inserted */
                {"cuorse", "course"},               /* swapped */
                {"COURSE", "course"},               /* case does not count */
                {"Line_of_codes", "lines_of_code"}, /* two of 13 */
                {"cpu_usage_percent", "cpu_usage_pct"},
                {"di", "id"},
                {"i", "id"},
                {"ix", "id"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *nearest = nearest_name(cases[i].name, names);

                assert_non_null(nearest);
                assert_string_equal(nearest, cases[i].nearest);
        }
}

static void test_far(void **state) {
        static const char *const far[] = {"", "x", "xyz", "cpu", "code", "acitvyti_"};
        char long_name[1000];

        for (size_t i = 0; i < ELEMENTSOF(far); i++)
                assert_string_equal(nearest_name(far[i], names) ?: "none", "none");

        memset(long_name, 'x', sizeof(long_name) - 1);
        long_name[sizeof(long_name) - 1] = '\0';
        assert_null(nearest_name(long_name, names));
        assert_null(nearest_name("x", (const char *const[]){long_name, NULL}));
        assert_null(nearest_name("x", (const char *const[]){NULL}));
}

/* The nearer one wins, then the first. */
static void test_choice(void **state) {
        assert_string_equal(nearest_name("sun", (const char *const[]){"son_", "sum", "sin", NULL}), "sum");
        assert_string_equal(nearest_name("sin", (const char *const[]){"sum", "sin", NULL}), "sin");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_near),
                cmocka_unit_test(test_far),
                cmocka_unit_test(test_choice),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
