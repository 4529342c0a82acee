/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "window/tumbling.h"

static const struct {
        int64_t time_usec;
        usec_t size_usec;
        int64_t start_usec;
} cases[] = {
        {0, 10, 0},
        {1, 10, 0},
        {9, 10, 0},
        {10, 10, 10},
        {11, 10, 10},
        {-1, 10, -10},
        {-9, 10, -10},
        {-10, 10, -10},
        {-11, 10, -20},
        {7, 1, 7},
        {-7, 1, -7},
        {INT64_C(1767225599999999), 10 * USEC_PER_SEC, INT64_C(1767225590000000)},
        {INT64_C(1767225600000000), 10 * USEC_PER_SEC, INT64_C(1767225600000000)},
        /* A size that does not divide a day: aligned to the epoch, not to midnight. */
        {INT64_C(1767225600000000), 11 * USEC_PER_SEC, INT64_C(1767225592000000)},
        {INT64_MAX, 10, INT64_MAX - 7},
        {INT64_MIN + 8, 10, INT64_MIN + 8},
        {INT64_MIN + 7, 10, INT64_MIN},
        {INT64_MIN, 10, INT64_MIN},
};

static void test_start(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(tumbling_window_start(cases[i].time_usec, cases[i].size_usec),
                                 cases[i].start_usec);
}

/* Every time is in its window, and the window's last time has the same start. */
static void test_windows_are_half_open_and_without_gaps(void **state) {
        for (usec_t size = 1; size < 20; size++)
                for (int64_t time = -100; time <= 100; time++) {
                        int64_t start = tumbling_window_start(time, size), end = start + (int64_t)size;

                        assert_true(start <= time && time < end);
                        assert_int_equal(tumbling_window_start(start, size), start);
                        assert_int_equal(tumbling_window_start(end - 1, size), start);
                        assert_int_equal(tumbling_window_start(end, size), end);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_start),
                cmocka_unit_test(test_windows_are_half_open_and_without_gaps),
        };

        return cmocka_run_group_tests_name("tumbling", tests, NULL, NULL);
}
