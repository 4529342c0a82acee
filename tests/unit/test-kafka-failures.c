/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kafka/failures.h"

#define REFUSED "Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)"

static void test_one_outage_is_told_once(void **state) {
        static const char *const lines[] = {
                "localhost:9092/bootstrap: " REFUSED,
                "etl-job#consumer-1: localhost:9092/bootstrap: " REFUSED,
                "localhost:9092/1: Connect to ipv6#[::1]:9092 failed: Connection refused (after 2ms in "
                "state "
                "CONNECT, 30 identical error(s) suppressed)",
        };
        KafkaFailures failures = {};
        usec_t now = USEC_PER_SEC;

        assert_false(kafka_failure_is_known(&failures, lines[0], now));
        for (size_t i = 0; i < 300; i++)
                assert_true(kafka_failure_is_known(&failures, lines[i % ELEMENTSOF(lines)],
                                                   now += USEC_PER_MINUTE / 301));
        assert_false(kafka_failure_is_known(&failures, lines[1], now += USEC_PER_SEC));
        assert_true(kafka_failure_is_known(&failures, lines[0], now));
}

static void test_what_differs_is_told(void **state) {
        static const char *const lines[] = {
                "one:9092/bootstrap: " REFUSED,
                "two:9092/bootstrap: " REFUSED,
                "one:9092/1: Disconnected (after 343ms in state UP)",
                "one:9092/1: Connect to ipv4#10.0.0.1:9092 failed: No route to host (after 3ms in state "
                "CONNECT)",
                "etl-job#consumer-1: 1/1 brokers are down",
                "sasl_ssl://one:9092/bootstrap: SASL authentication error: Authentication failed (after 5ms "
                "in "
                "state AUTH_REQ)",
                "",
        };
        KafkaFailures failures = {};

        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                assert_false(kafka_failure_is_known(&failures, lines[i], USEC_PER_SEC));
        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                assert_true(kafka_failure_is_known(&failures, lines[i], USEC_PER_SEC));
        assert_true(
                kafka_failure_is_known(&failures, "etl-job#producer-2: 1/1 brokers are down", USEC_PER_SEC));
}

static void test_many_brokers_and_long_texts(void **state) {
        KafkaFailures failures = {};
        char text[1024];

        for (int i = 0; i < 10 * KAFKA_FAILURES_MAX; i++) {
                (void)snprintf(text, sizeof(text), "broker%d:9092/%d: %0900d", i, i, i);
                assert_false(kafka_failure_is_known(&failures, text, USEC_PER_SEC + (usec_t)i));
                assert_true(kafka_failure_is_known(&failures, text, USEC_PER_SEC + (usec_t)i));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_outage_is_told_once),
                cmocka_unit_test(test_what_differs_is_told),
                cmocka_unit_test(test_many_brokers_and_long_texts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
