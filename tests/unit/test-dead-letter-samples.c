/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dead-letter-samples.h"

static void add(DeadLetterSamples *samples, size_t size) {
        json_object *letter = json_object_new_object();

        dead_letter_samples_add(samples, letter, size);
        json_object_put(letter);
}

/* Walks them; returns how many there are. */
static size_t count(const DeadLetterSamples *samples, uint64_t *ret_first) {
        json_object *letter;
        uint64_t id = 0;
        size_t n = 0;

        *ret_first = 0;
        while ((letter = dead_letter_samples_after(samples, id, &id))) {
                assert_int_equal(json_object_get_uint64(json_object_object_get(letter, "id")), id);
                if (n++ == 0)
                        *ret_first = id;
        }
        assert_true(n == 0 || id == *ret_first + n - 1);
        return n;
}

static void test_the_oldest_make_room(void **state) {
        _cleanup_(dead_letter_samples_freep) DeadLetterSamples *samples = NULL;
        uint64_t first;

        assert_int_equal(dead_letter_samples_new(&samples), 0);
        assert_int_equal(count(samples, &first), 0);
        assert_int_equal(dead_letter_samples_last(samples), 0);
        for (size_t i = 0; i < DEAD_LETTER_SAMPLES_MAX + 3; i++)
                add(samples, 1);
        assert_int_equal(count(samples, &first), DEAD_LETTER_SAMPLES_MAX);
        assert_int_equal(first, 4);
        assert_int_equal(dead_letter_samples_last(samples), DEAD_LETTER_SAMPLES_MAX + 3);
        assert_null(dead_letter_samples_after(samples, DEAD_LETTER_SAMPLES_MAX + 3, &first));
        assert_null(dead_letter_samples_after(samples, UINT64_MAX, &first));
}

static void test_large_ones_make_more_room(void **state) {
        _cleanup_(dead_letter_samples_freep) DeadLetterSamples *samples = NULL;
        uint64_t first;

        assert_int_equal(dead_letter_samples_new(&samples), 0);
        for (size_t i = 0; i < 9; i++)
                add(samples, DEAD_LETTER_SAMPLES_BYTES_MAX / 4);
        assert_int_equal(count(samples, &first), 4);
        assert_int_equal(first, 6);
        add(samples, 2 * DEAD_LETTER_SAMPLES_BYTES_MAX);
        assert_int_equal(count(samples, &first), 1);
        add(samples, 1);
        assert_int_equal(count(samples, &first), 1);
        assert_int_equal(first, 11);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_oldest_make_room),
                cmocka_unit_test(test_large_ones_make_more_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
