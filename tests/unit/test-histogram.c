/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "histogram.h"

static void test_bounds_are_included(void **state) {
        Histogram histogram = {};
        usec_t sum_usec = 0;

        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
                usec_t bound_usec = (usec_t)(histogram_bounds_sec[i] * USEC_PER_SEC + 0.5);

                assert_true(i == 0 || histogram_bounds_sec[i] > histogram_bounds_sec[i - 1]);
                histogram_add(&histogram, bound_usec);
                histogram_add(&histogram, bound_usec + 1); /* is the next one's */
                assert_int_equal(histogram.buckets[i], i == 0 ? 1 : 2);
                sum_usec += 2 * bound_usec + 1;
        }
        histogram_add(&histogram, 0);
        assert_int_equal(histogram.buckets[0], 2);
        assert_int_equal(histogram.n, 2 * HISTOGRAM_BUCKETS + 1);
        assert_int_equal(histogram.sum_usec, sum_usec);
}

int main(void) {
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds_are_included)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
