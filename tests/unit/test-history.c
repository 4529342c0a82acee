/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history.h"

static void add(History *history, usec_t at_usec, double arrival_per_sec) {
        HistoryPoint point = history_point_none(at_usec);

        point.arrival_per_sec = arrival_per_sec;
        history_add(history, &point);
}

static void test_an_hour_is_kept(void **state) {
        _cleanup_(history_freep) History *history = NULL;
        const HistoryPoint *point;
        usec_t at_usec = 0, n = 0;

        assert_int_equal(history_new(&history), 0);
        assert_null(history_after(history, 0));
        for (usec_t i = 1; i <= HISTORY_POINTS_MAX + 7; i++)
                add(history, i * HISTORY_INTERVAL_USEC, 1);
        while ((point = history_after(history, at_usec))) {
                at_usec = point->at_usec;
                assert_int_equal(at_usec, (7 + ++n) * HISTORY_INTERVAL_USEC);
        }
        assert_int_equal(n, HISTORY_POINTS_MAX);
        point = history_after(history, 100 * HISTORY_INTERVAL_USEC - 1);
        assert_int_equal(point->at_usec, 100 * HISTORY_INTERVAL_USEC);
        point = history_after(history, 100 * HISTORY_INTERVAL_USEC);
        assert_int_equal(point->at_usec, 101 * HISTORY_INTERVAL_USEC);
        assert_null(history_after(history, USEC_INFINITY));
}

static void test_the_arrival_rate_is_that_of_the_newest(void **state) {
        _cleanup_(history_freep) History *history = NULL;

        assert_int_equal(history_new(&history), 0);
        assert_true(history_arrival_per_sec(history, 60) == 0);
        add(history, 1, 40);
        assert_true(history_arrival_per_sec(history, 2) == 40);
        add(history, 2, 10);
        add(history, 3, 20);
        assert_true(history_arrival_per_sec(history, 2) == 15);
        for (usec_t i = 0; i < HISTORY_POINTS_MAX; i++)
                add(history, 4 + i, 3);
        assert_true(history_arrival_per_sec(history, 2 * HISTORY_POINTS_MAX) == 3);
}

static void test_points_of_jobs_make_one_of_all(void **state) {
        HistoryPoint total = history_point_none(9), job = history_point_none(9);

        history_point_include(&total, &job);
        assert_true(total.latency_usec == USEC_INFINITY && total.watermark_usec == INT64_MIN);
        job = (HistoryPoint){9, 1.5, 2.5, 3, 4, 5, 600, -70};
        history_point_include(&total, &job);
        job = (HistoryPoint){9, 10, 20, 30, 40, 50, 500, -80};
        history_point_include(&total, &job);
        job.latency_usec = USEC_INFINITY;
        job.watermark_usec = INT64_MIN;
        history_point_include(&total, &job);
        assert_int_equal(total.at_usec, 9);
        assert_true(total.arrival_per_sec == 21.5 && total.processed_per_sec == 42.5);
        assert_int_equal(total.backlog, 63);
        assert_int_equal(total.workers_wanted, 84);
        assert_int_equal(total.workers_running, 105);
        assert_int_equal(total.latency_usec, 600);
        assert_int_equal(total.watermark_usec, -80);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_an_hour_is_kept),
                cmocka_unit_test(test_the_arrival_rate_is_that_of_the_newest),
                cmocka_unit_test(test_points_of_jobs_make_one_of_all),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
