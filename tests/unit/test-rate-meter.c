/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rate-meter.h"

#define STEP_USEC (200 * USEC_PER_MSEC)

static void test_nothing_to_compare_with(void **state) {
        RateMeter meter = {};

        assert_true(rate_meter_per_sec(&meter) == 0);
        rate_meter_observe(&meter, USEC_PER_SEC, 1000);
        assert_true(rate_meter_per_sec(&meter) == 0);
}

static void test_the_last_two_seconds_count(void **state) {
        RateMeter meter = {};
        uint64_t total = 0;
        usec_t now = 0;

        for (int i = 0; i < 50; i++)
                rate_meter_observe(&meter, now += STEP_USEC, total += 100);
        assert_true(rate_meter_per_sec(&meter) == 500);
        for (int i = 0; i < 12; i++)
                rate_meter_observe(&meter, now += STEP_USEC, total += 20);
        assert_true(rate_meter_per_sec(&meter) == 100);
        for (int i = 0; i < 12; i++)
                rate_meter_observe(&meter, now += STEP_USEC, total);
        assert_true(rate_meter_per_sec(&meter) == 0);
}

static void test_a_burst_of_reports_is_one(void **state) {
        RateMeter meter = {};
        usec_t now = USEC_PER_SEC;

        for (uint64_t i = 0; i < 2000; i++)
                rate_meter_observe(&meter, now += USEC_PER_MSEC, i);
        assert_true(rate_meter_per_sec(&meter) > 990 && rate_meter_per_sec(&meter) < 1010);
}

static void test_a_total_that_goes_back_begins_anew(void **state) {
        RateMeter meter = {};

        rate_meter_observe(&meter, 1 * USEC_PER_SEC, 5000);
        rate_meter_observe(&meter, 2 * USEC_PER_SEC, 6000);
        rate_meter_observe(&meter, 3 * USEC_PER_SEC, 10);
        assert_true(rate_meter_per_sec(&meter) == 0);
        rate_meter_observe(&meter, 4 * USEC_PER_SEC, 30);
        assert_true(rate_meter_per_sec(&meter) == 20);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_to_compare_with),
                cmocka_unit_test(test_the_last_two_seconds_count),
                cmocka_unit_test(test_a_burst_of_reports_is_one),
                cmocka_unit_test(test_a_total_that_goes_back_begins_anew),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
