/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "columns/batch.h"

static Column columns[_TYPE_MAX];
static const Schema schema = {columns, _TYPE_MAX};

static int setup(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(columns); i++)
                columns[i].type = (ValueType)i;
        return 0;
}

static void test_all_columns(void **state) {
        _cleanup_(batch_freep) Batch *batch = NULL;

        assert_int_equal(batch_new(&schema, NULL, &batch), 0);
        assert_int_equal(batch->n_columns, _TYPE_MAX);
        assert_int_equal(batch->n_rows, 0);
        for (size_t i = 0; i < _TYPE_MAX; i++) {
                assert_int_equal(batch->columns[i].type, i);
                /* room for the last row: the sanitizer watches */
                memset(batch->columns[i].values, 0xff, BATCH_ROWS_MAX * value_type_size((ValueType)i));
                memset(batch->columns[i].valid, 1, BATCH_ROWS_MAX);
        }
}

static void test_used_columns(void **state) {
        const bool used[_TYPE_MAX] = {[TYPE_INT] = true, [TYPE_STRING] = true};
        _cleanup_(batch_freep) Batch *batch = NULL;

        assert_int_equal(batch_new(&schema, used, &batch), 0);
        for (size_t i = 0; i < _TYPE_MAX; i++) {
                assert_int_equal(batch->columns[i].type, i);
                assert_int_equal(batch->columns[i].values != NULL, used[i]);
                assert_int_equal(batch->columns[i].valid != NULL, used[i]);
        }
        /* a NULL text is an empty one */
        assert_int_equal(batch->columns[TYPE_STRING].texts[BATCH_ROWS_MAX - 1].size, 0);
}

static void test_no_columns(void **state) {
        _cleanup_(batch_freep) Batch *batch = NULL;

        assert_int_equal(batch_new(&(Schema){}, NULL, &batch), 0);
        assert_int_equal(batch->n_columns, 0);
}

static void test_reset(void **state) {
        _cleanup_(batch_freep) Batch *batch = NULL;

        assert_int_equal(batch_new(&schema, NULL, &batch), 0);
        batch->n_rows = 3;
        for (size_t i = 0; i < 100; i++)
                assert_non_null(arena_alloc(&batch->arena, 10000));
        batch_reset(batch);
        assert_int_equal(batch->n_rows, 0);
        assert_true(batch->arena.total_bytes < 1024 * 1024);
}

static void test_vector(void **state) {
        _cleanup_arena_ Arena arena = {};

        for (size_t n = 0; n <= BATCH_ROWS_MAX; n += 128)
                for (ValueType type = TYPE_NULL; type < _TYPE_MAX; type++) {
                        Vector vector;

                        assert_int_equal(vector_new(&arena, type, n, &vector), 0);
                        assert_int_equal(vector.type, type);
                        memset(vector.valid, 1, n);
                        memset(vector.values, 0xff, n * value_type_size(type));
                        for (size_t i = 0; i < n; i++)
                                assert_int_equal(vector.valid[i], 1);
                }
}

static void test_free_null(void **state) {
        assert_null(batch_free(NULL));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_columns), cmocka_unit_test(test_used_columns),
                cmocka_unit_test(test_no_columns),  cmocka_unit_test(test_reset),
                cmocka_unit_test(test_vector),      cmocka_unit_test(test_free_null),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
