/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "token-bucket.h"

static void no_limit(void **state) {
        TokenBucket bucket;

        token_bucket_init(&bucket, 0, 0);
        for (int i = 0; i < 3; i++) {
                assert_true(token_bucket_available(&bucket, 0) == SIZE_MAX);
                token_bucket_take(&bucket, 1000000);
                assert_int_equal(token_bucket_wait_usec(&bucket), 0);
        }
}

/* Takes whatever there is at every wake-up that the bucket asks for. */
static size_t taken_in(TokenBucket *bucket, usec_t duration_usec) {
        size_t taken = 0;

        for (usec_t now = 0; now < duration_usec;) {
                size_t n = token_bucket_available(bucket, now);

                token_bucket_take(bucket, n);
                taken += n;
                now += MAX(token_bucket_wait_usec(bucket), (usec_t)1);
        }
        return taken;
}

static void limit_holds(void **state) {
        static const uint64_t rates[] = {1, 6, 8, 100, 12345};
        enum { SECONDS = 20 };

        for (size_t i = 0; i < ELEMENTSOF(rates); i++) {
                uint64_t expected = rates[i] * SECONDS;
                TokenBucket bucket;

                token_bucket_init(&bucket, rates[i], 0);
                assert_in_range(taken_in(&bucket, SECONDS * USEC_PER_SEC), expected - expected / 50,
                                expected + 1);
        }
}

static void little_is_saved(void **state) {
        TokenBucket bucket;

        token_bucket_init(&bucket, 100, 0);
        assert_int_equal(token_bucket_available(&bucket, 3600 * USEC_PER_SEC), 10);
        token_bucket_init(&bucket, 2, 0);
        assert_int_equal(token_bucket_available(&bucket, 3600 * USEC_PER_SEC), 1);
}

static void waits_for_the_next(void **state) {
        TokenBucket bucket;

        token_bucket_init(&bucket, 8, 0);
        assert_int_equal(token_bucket_available(&bucket, 0), 1);
        token_bucket_take(&bucket, 1);
        assert_int_equal(token_bucket_available(&bucket, 0), 0);
        assert_in_range(token_bucket_wait_usec(&bucket), 125000, 125001);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_limit),
                cmocka_unit_test(limit_holds),
                cmocka_unit_test(little_is_saved),
                cmocka_unit_test(waits_for_the_next),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
