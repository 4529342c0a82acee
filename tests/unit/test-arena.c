/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_pieces_are_aligned_and_apart(void **state) {
        _cleanup_arena_ Arena arena = {};
        uint8_t *pieces[200];

        for (size_t i = 0; i < ELEMENTSOF(pieces); i++) {
                pieces[i] = arena_alloc(&arena, i * 37);
                assert_non_null(pieces[i]);
                assert_int_equal((uintptr_t)pieces[i] % 8, 0);
                memset(pieces[i], (int)i, i * 37);
        }
        for (size_t i = 0; i < ELEMENTSOF(pieces); i++)
                for (size_t k = 0; k < i * 37; k++)
                        assert_int_equal(pieces[i][k], i);
}

static void test_reset_keeps_a_block(void **state) {
        _cleanup_arena_ Arena arena = {};
        size_t total;

        for (int i = 0; i < 1000; i++)
                assert_non_null(arena_alloc(&arena, 1000));
        arena_reset(&arena);
        total = arena.total_bytes;
        assert_true(total > 0);
        assert_non_null(arena_alloc(&arena, 1000));
        assert_int_equal(arena.total_bytes, total);
}

static void test_too_much(void **state) {
        _cleanup_arena_ Arena arena = {};

        assert_null(arena_alloc(&arena, SIZE_MAX));
        assert_null(arena_alloc(&arena, SIZE_MAX - 8));
        assert_non_null(arena_alloc(&arena, 1));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pieces_are_aligned_and_apart),
                cmocka_unit_test(test_reset_keeps_a_block),
                cmocka_unit_test(test_too_much),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
