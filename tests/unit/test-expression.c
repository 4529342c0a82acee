/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "test-expression.h"

static Expr *column(size_t index) {
        return expr_new_column(index, TYPE_INT);
}

static Expr *add(Expr *a, Expr *b) {
        return expr_new_call(OP_ADD, TYPE_INT, (Expr *[]){a, b}, 2);
}

static Expr *greater(Expr *a, Expr *b) {
        return expr_new_call(OP_GREATER, TYPE_BOOLEAN, (Expr *[]){a, b}, 2);
}

static Expr *both(Expr *a, Expr *b) {
        return expr_new_call(OP_AND, TYPE_BOOLEAN, (Expr *[]){a, b}, 2);
}

/* A column of INT that counts up from 0, in which every fifth value is NULL. */
static Batch *counting_batch(size_t n_rows) {
        Batch *batch = NULL;

        assert_int_equal(batch_new(&(Schema){&(Column){.type = TYPE_INT}, 1}, NULL, &batch), 0);
        for (size_t i = 0; i < n_rows; i++) {
                batch->columns[0].valid[i] = i % 5 != 0;
                batch->columns[0].ints[i] = (int32_t)i;
        }
        batch->n_rows = n_rows;
        return batch;
}

static void test_column_is_not_copied(void **state) {
        _cleanup_(batch_freep) Batch *batch = counting_batch(10);
        _cleanup_(expr_freep) Expr *expr = column(0);
        Vector result;

        assert_int_equal(expr_evaluate(expr, batch, &batch->arena, &result), 0);
        assert_ptr_equal(result.values, batch->columns[0].values);
        assert_ptr_equal(result.valid, batch->columns[0].valid);
}

static void test_all_rows(void **state) {
        static const size_t sizes[] = {0, 1, 2, 1000, BATCH_ROWS_MAX};

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                _cleanup_(batch_freep) Batch *batch = counting_batch(sizes[i]);
                _cleanup_(expr_freep) Expr *expr = add(add(column(0), expr_new_int(7)), column(0));
                Vector result;

                assert_int_equal(expr_evaluate(expr, batch, &batch->arena, &result), 0);
                for (size_t row = 0; row < sizes[i]; row++) {
                        assert_int_equal(result.valid[row], row % 5 != 0);
                        if (result.valid[row])
                                assert_int_equal(result.ints[row], 2 * row + 7);
                }
                /* the operands are as they were */
                for (size_t row = 0; row < sizes[i]; row++)
                        assert_int_equal(batch->columns[0].ints[row], row);
        }
}

static void test_shift(void **state) {
        static const struct {
                Value from;
                int64_t usec;
                Value to;
        } cases[] = {
                {TIMESTAMP(5), 10, TIMESTAMP(15)},
                {TIMESTAMP(5), -10, TIMESTAMP(-5)},
                {TIMESTAMP(INT64_MAX), 1, TIMESTAMP(INT64_MIN)},
                {NULL_OF(TYPE_TIMESTAMP), 1, NULL_OF(TYPE_TIMESTAMP)},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(batch_freep) Batch *batch = values_batch(&cases[i].from, 1);
                _cleanup_(expr_freep) Expr *expr =
                        expr_new_shift(expr_new_column(0, TYPE_TIMESTAMP), cases[i].usec);
                Vector result;
                Value actual;

                assert_int_equal(expr_evaluate(expr, batch, &batch->arena, &result), 0);
                actual = value_get(&result, 1);
                assert_value(&actual, &cases[i].to, "shift", i);
        }
}

static void test_select(void **state) {
        _cleanup_(batch_freep) Batch *batch = counting_batch(12);
        uint16_t selection[BATCH_ROWS_MAX];
        size_t n = SIZE_MAX;
        struct {
                Expr *expr;
                size_t n;
                uint16_t rows[12];
        } cases[] = {
                {NULL, 12, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
                {greater(column(0), expr_new_int(6)), 4, {7, 8, 9, 11}},
                {greater(column(0), expr_new_int(100)), 0, {}},
                {greater(expr_new_int(6), column(0)), 4, {1, 2, 3, 4}},
                {expr_new_boolean(true), 12, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
                {expr_new_boolean(false), 0, {}},
                {expr_new_null(TYPE_BOOLEAN), 0, {}},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(expr_select(cases[i].expr, batch, &batch->arena, selection, &n), 0);
                assert_int_equal(n, cases[i].n);
                assert_memory_equal(selection, cases[i].rows, n * sizeof(*selection));
                expr_free(cases[i].expr);
        }
}

static void test_mark_columns(void **state) {
        _cleanup_(expr_freep) Expr *expr =
                both(greater(column(1), expr_new_int(5)), greater(add(column(3), column(1)), column(4)));
        bool used[6] = {[0] = true};
        static const bool expected[6] = {true, true, false, true, true, false};

        expr_mark_columns(expr, used);
        assert_memory_equal(used, expected, sizeof(used));
}

static void test_is_constant(void **state) {
        const struct {
                Expr *expr;
                bool constant;
        } cases[] = {
                {column(0), false},
                {expr_new_int(1), true},
                {expr_new_string("x", 1), true},
                {expr_new_null(TYPE_NULL), true},
                {add(expr_new_int(1), expr_new_int(2)), true},
                {add(expr_new_int(1), column(0)), false},
                {expr_new_cast(column(0), TYPE_STRING), false},
                {expr_new_shift(expr_new_timestamp(0), 1), true},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                if (expr_is_constant(cases[i].expr) != cases[i].constant)
                        fail_msg("case %zu is %sconstant", i, cases[i].constant ? "" : "not ");
                expr_free(cases[i].expr);
        }
}

/* Every pair of these is different, and each equals another made in the same way. */
static void make_different(Expr *ret[static 22]) {
        Expr *made[] = {
                column(0),
                column(1),
                expr_new_column(0, TYPE_BIGINT),
                expr_new_int(0),
                expr_new_int(1),
                expr_new_bigint(0),
                expr_new_timestamp(0),
                expr_new_boolean(false),
                expr_new_null(TYPE_INT),
                expr_new_null(TYPE_STRING),
                expr_new_double(0.0),
                expr_new_double(-0.0),
                expr_new_string("", 0),
                expr_new_string("a", 1),
                expr_new_string("a\0", 2),
                add(column(0), column(1)),
                add(column(1), column(0)),
                expr_new_call(OP_SUBTRACT, TYPE_INT, (Expr *[]){column(0), column(1)}, 2),
                expr_new_cast(column(0), TYPE_BIGINT),
                expr_new_cast(column(0), TYPE_STRING),
                expr_new_shift(expr_new_column(0, TYPE_TIMESTAMP), 1),
                expr_new_shift(expr_new_column(0, TYPE_TIMESTAMP), 2),
        };

        _Static_assert(ELEMENTSOF(made) == 22, "as many as the caller has room for");
        memcpy(ret, made, sizeof(made));
}

static void test_equal(void **state) {
        Expr *a[22], *b[22];

        make_different(a);
        make_different(b);
        for (size_t i = 0; i < ELEMENTSOF(a); i++)
                for (size_t j = 0; j < ELEMENTSOF(b); j++)
                        if (expr_equal(a[i], b[j]) != (i == j))
                                fail_msg("expressions %zu and %zu are %sequal", i, j, i == j ? "not " : "");
        for (size_t i = 0; i < ELEMENTSOF(a); i++) {
                expr_free(a[i]);
                expr_free(b[i]);
        }
}

/* What is computed when the expression is made is the same expression as the literal. */
static void test_fold(void **state) {
        _cleanup_(expr_freep) Expr *sum = add(expr_new_int(INT32_MAX), expr_new_int(1));
        _cleanup_(expr_freep) Expr *least = expr_new_int(INT32_MIN);
        _cleanup_(expr_freep) Expr *cast = expr_new_cast(expr_new_string("2026-01-31", 10), TYPE_TIMESTAMP);
        _cleanup_(expr_freep) Expr *day = expr_new_timestamp(INT64_C(1769817600000000));
        _cleanup_(expr_freep) Expr *text = expr_new_cast(expr_new_double(1e10), TYPE_STRING);
        _cleanup_(expr_freep) Expr *string = expr_new_string("1.0E10", 6);
        _cleanup_(expr_freep) Expr *garbage = expr_new_cast(expr_new_string("x", 1), TYPE_INT);
        _cleanup_(expr_freep) Expr *null = expr_new_null(TYPE_INT);

        assert_true(expr_equal(sum, least));
        assert_true(expr_equal(cast, day));
        assert_true(expr_equal(text, string));
        assert_true(expr_equal(garbage, null));
}

/* Out of memory in one constructor reaches the outermost, which has freed the rest. */
static void test_missing_argument(void **state) {
        assert_null(add(column(0), NULL));
        assert_null(add(NULL, column(0)));
        assert_null(add(add(NULL, NULL), expr_new_string("x", 1)));
        assert_null(expr_new_cast(NULL, TYPE_INT));
        assert_null(expr_new_shift(NULL, 1));
}

static void test_long_list(void **state) {
        _cleanup_(batch_freep) Batch *batch = counting_batch(BATCH_ROWS_MAX);
        _cleanup_(expr_freep) Expr *in = NULL;
        Expr *arguments[301] = {column(0)};
        Vector result;

        for (size_t i = 1; i < ELEMENTSOF(arguments); i++)
                arguments[i] = expr_new_int((int32_t)i * 3);
        in = expr_new_call(OP_IN, TYPE_BOOLEAN, arguments, ELEMENTSOF(arguments));
        assert_int_equal(expr_evaluate(in, batch, &batch->arena, &result), 0);
        for (size_t i = 0; i < batch->n_rows; i++) {
                assert_int_equal(result.valid[i], i % 5 != 0);
                if (result.valid[i])
                        assert_int_equal(result.booleans[i], i % 3 == 0 && i / 3 <= 300);
        }
        /* memory for a few vectors, whatever the length of the list */
        assert_true(batch->arena.total_bytes < 64 * 1024);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_column_is_not_copied),
                cmocka_unit_test(test_all_rows),
                cmocka_unit_test(test_shift),
                cmocka_unit_test(test_select),
                cmocka_unit_test(test_mark_columns),
                cmocka_unit_test(test_is_constant),
                cmocka_unit_test(test_equal),
                cmocka_unit_test(test_fold),
                cmocka_unit_test(test_missing_argument),
                cmocka_unit_test(test_long_list),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
