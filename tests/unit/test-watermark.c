/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "watermark.h"
#include "wire/messages.h"

static const WatermarkRule rule = {.delay_usec = 60, .idle_after_usec = 1000};

static Partition busy(int64_t max_event_time_usec) {
        return (Partition){.max_event_time_usec = max_event_time_usec,
                           .caught_up_since_usec = USEC_INFINITY};
}

static void test_the_least_of_the_partitions(void **state) {
        Partition a = busy(500), b = busy(300);
        Partition *const partitions[] = {&a, &b};

        assert_int_equal(watermark_advance(TIME_NONE, partitions, 2, &rule, 0), 240);
        b.max_event_time_usec = 900;
        assert_int_equal(watermark_advance(240, partitions, 2, &rule, 0), 440);
}

static void test_it_never_goes_back(void **state) {
        Partition a = busy(100);
        Partition *const partitions[] = {&a};

        assert_int_equal(watermark_advance(240, partitions, 1, &rule, 0), 240);
}

static void test_a_partition_without_an_event_holds_it(void **state) {
        Partition a = busy(500), b = busy(TIME_NONE);
        Partition *const partitions[] = {&a, &b};

        assert_int_equal(watermark_advance(TIME_NONE, partitions, 2, &rule, 0), TIME_NONE);
        assert_int_equal(watermark_advance(7, partitions, 2, &rule, 0), 7);
}

static void test_an_idle_partition_does_not_hold_it(void **state) {
        Partition a = busy(500), b = busy(100);
        Partition *const partitions[] = {&a, &b};

        b.caught_up_since_usec = 5000;
        assert_int_equal(watermark_advance(7, partitions, 2, &rule, 5999), 40);
        assert_int_equal(watermark_advance(40, partitions, 2, &rule, 6000), 440);
        /* The clock of a test may stand before the measurement: that is not idle. */
        assert_false(partition_is_idle(&b, &rule, 4000));
}

static void test_all_idle_leave_it(void **state) {
        Partition a = busy(500);
        Partition *const partitions[] = {&a};

        a.caught_up_since_usec = 0;
        assert_int_equal(watermark_advance(7, partitions, 1, &rule, 1000), 7);
        assert_int_equal(watermark_advance(7, NULL, 0, &rule, 1000), 7);
}

static void test_the_earliest_times(void **state) {
        Partition a = busy(INT64_MIN + 10);

        assert_int_equal(partition_watermark(&a, &rule), TIME_NONE + 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_least_of_the_partitions),
                cmocka_unit_test(test_it_never_goes_back),
                cmocka_unit_test(test_a_partition_without_an_event_holds_it),
                cmocka_unit_test(test_an_idle_partition_does_not_hold_it),
                cmocka_unit_test(test_all_idle_leave_it),
                cmocka_unit_test(test_the_earliest_times),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
