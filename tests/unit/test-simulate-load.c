/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scaling/simulation-chart.h"
#include "simulate-load.h"

static void check_points(const Load *load, const LoadPoint *expected, size_t n) {
        for (size_t i = 0; i < n; i++) {
                print_message("%g s: %g/s\n", load->points[i].at_sec, load->points[i].per_sec);
                assert_true(load->points[i].at_sec == expected[i].at_sec);
                assert_true(load->points[i].per_sec == expected[i].per_sec);
        }
        assert_true(load->points[n].at_sec == 0);
        free(load->points);
}

/* Each change is a step: two points at one time. */
static void test_steps(void **state) {
        static const LoadPoint expected[] = {{0, 100}, {10, 100}, {10, 5000}, {70, 5000}, {70, 1.5e6}};
        _cleanup_free_ char *error = NULL;
        Load load;

        assert_int_equal(load_parse("0s 100/s,  10 s 5k/s, 1min 10s 1.5M/s ", &load, &error), 0);
        assert_true(load.last_sec == 70);
        check_points(&load, expected, ELEMENTSOF(expected));
}

static void test_mistakes(void **state) {
        static const char *const cases[][2] = {
                {"", "\"\": a time and a rate are expected, such as 10s 5000/s"},
                {"0s", "\"0s\": a time and a rate are expected, such as 10s 5000/s"},
                {"0s 5", "\"0s 5\": a time and a rate are expected, such as 10s 5000/s"},
                {"0s -5/s", "\"0s -5/s\": a time and a rate are expected, such as 10s 5000/s"},
                {"0s 5/s,", "\"\": a time and a rate are expected, such as 10s 5000/s"},
                {"5s 5/s", "\"5s 5/s\": the first time is 0s"},
                {"0s 5/s, 3s 1/s, 3s 2/s", "\"3s 2/s\": this is not later than the time before"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *error = NULL;
                Load load;

                assert_int_equal(load_parse(cases[i][0], &load, &error), -EINVAL);
                assert_string_equal(error, cases[i][1]);
        }
}

/* Seconds of a clock that once went back; an unknown rate is none. */
static void test_history(void **state) {
        static const LoadPoint expected[] = {{0, 5}, {1, 0}, {3, 7}};
        json_object *history = json_tokener_parse(
                "{\"fields\": [\"at_usec\", \"arrival_per_sec\"], \"points\": [[1700000000000000, 5], "
                "[1700000001000000, null], [1700000000500000, 9], [1700000003000000, 7]]}");
        json_object *empty = json_tokener_parse("{\"fields\": [\"at_usec\"], \"points\": []}");
        Load load;

        assert_int_equal(load_from_history(empty, &load), -ENODATA);
        assert_int_equal(load_from_history(history, &load), 0);
        check_points(&load, expected, ELEMENTSOF(expected));
        json_object_put(history);
        json_object_put(empty);
}

static void test_chart(void **state) {
        static const ChartStyle style = {.columns = 12, .rows = 2, .ascii = true};
        _cleanup_free_ Outcome *outcome = new0(Outcome, 1);
        _cleanup_buffer_ Buffer chart = {};

        assert_non_null(outcome);
        outcome->n_seconds = 12;
        outcome->seconds[3] = (Second){.arrived_per_sec = 1000, .backlog = 0, .wanted = 1, .running = 1};
        outcome->seconds[4] = (Second){.arrived_per_sec = 1, .backlog = 400, .wanted = 4, .running = 1};
        assert_int_equal(simulation_chart(outcome, &style, &chart), 0);
        assert_int_equal(buffer_append_u8(&chart, '\0'), 0);
        assert_string_equal((const char *)chart.data, "arrival/s      1000 |   #        |\n"
                                                      "                    |   #.       |\n"
                                                      "backlog         400 |    #       |\n"
                                                      "                    |    #       |\n"
                                                      "workers           4 |    #       |\n"
                                                      "                    |   :#       |\n"
                                                      "                     0s        10s\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_steps),
                cmocka_unit_test(test_mistakes),
                cmocka_unit_test(test_history),
                cmocka_unit_test(test_chart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
