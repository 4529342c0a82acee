/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backoff.h"

static void test_pauses_double_up_to_the_greatest(void **state) {
        static const usec_t expected[] = {200, 400, 800, 1600, 3000, 3000};
        Backoff backoff = {.min_usec = 200, .max_usec = 3000};

        for (size_t i = 0; i < ELEMENTSOF(expected); i++)
                assert_int_equal(backoff_next(&backoff), expected[i]);
        backoff_reset(&backoff);
        assert_int_equal(backoff_next(&backoff), 200);
}

static void test_a_great_limit_does_not_overflow(void **state) {
        Backoff backoff = {.min_usec = USEC_INFINITY / 2 + 1, .max_usec = USEC_INFINITY - 1};

        assert_int_equal(backoff_next(&backoff), USEC_INFINITY / 2 + 1);
        assert_int_equal(backoff_next(&backoff), USEC_INFINITY - 1);
        assert_int_equal(backoff_next(&backoff), USEC_INFINITY - 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pauses_double_up_to_the_greatest),
                cmocka_unit_test(test_a_great_limit_does_not_overflow),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
