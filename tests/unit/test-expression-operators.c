/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "test-expression.h"

typedef struct Case {
        ExprOp op;
        Value arguments[7];
        size_t n_arguments;
        Value expected;
} Case;

static Expr *make_call(Expr **arguments, size_t n_arguments, const void *userdata) {
        const Case *c = userdata;

        return expr_new_call(c->op, c->expected.type, arguments, n_arguments);
}

static void run_cases(const Case *cases, size_t n_cases, const char *what) {
        for (size_t i = 0; i < n_cases; i++)
                assert_evaluates(cases[i].arguments, cases[i].n_arguments, make_call, &cases[i],
                                 &cases[i].expected, what, i);
}

#define RUN(cases) run_cases(cases, ELEMENTSOF(cases), __func__)
#define UNARY(op, a, expected) {op, {a}, 1, expected}
#define BINARY(op, a, b, expected) {op, {a, b}, 2, expected}

#define NULL_INT NULL_OF(TYPE_INT)
#define NULL_BIGINT NULL_OF(TYPE_BIGINT)
#define NULL_DOUBLE NULL_OF(TYPE_DOUBLE)
#define NULL_STRING NULL_OF(TYPE_STRING)

static void test_arithmetic(void **state) {
        static const Case cases[] = {
                BINARY(OP_ADD, INT(2), INT(3), INT(5)),
                BINARY(OP_ADD, INT(INT32_MAX), INT(1), INT(INT32_MIN)),
                BINARY(OP_ADD, BIGINT(INT64_MAX), BIGINT(1), BIGINT(INT64_MIN)),
                BINARY(OP_ADD, DOUBLE(0.5), DOUBLE(0.25), DOUBLE(0.75)),
                BINARY(OP_ADD, DOUBLE(INFINITY), DOUBLE(-INFINITY), DOUBLE(NAN)),
                BINARY(OP_ADD, NULL_INT, INT(3), NULL_INT),
                BINARY(OP_ADD, BIGINT(3), NULL_BIGINT, NULL_BIGINT),
                BINARY(OP_SUBTRACT, INT(2), INT(3), INT(-1)),
                BINARY(OP_SUBTRACT, INT(INT32_MIN), INT(1), INT(INT32_MAX)),
                BINARY(OP_SUBTRACT, BIGINT(INT64_MIN), BIGINT(1), BIGINT(INT64_MAX)),
                BINARY(OP_SUBTRACT, DOUBLE(0.5), DOUBLE(0.75), DOUBLE(-0.25)),
                BINARY(OP_MULTIPLY, INT(-4), INT(3), INT(-12)),
                BINARY(OP_MULTIPLY, INT(65536), INT(65536), INT(0)),
                BINARY(OP_MULTIPLY, INT(INT32_MIN), INT(-1), INT(INT32_MIN)),
                BINARY(OP_MULTIPLY, BIGINT(INT64_MAX), BIGINT(2), BIGINT(-2)),
                BINARY(OP_MULTIPLY, DOUBLE(1e200), DOUBLE(1e200), DOUBLE(INFINITY)),
                BINARY(OP_DIVIDE, DOUBLE(1), DOUBLE(4), DOUBLE(0.25)),
                BINARY(OP_DIVIDE, DOUBLE(1), DOUBLE(0.0), NULL_DOUBLE),
                BINARY(OP_DIVIDE, DOUBLE(1), DOUBLE(-0.0), NULL_DOUBLE),
                BINARY(OP_DIVIDE, DOUBLE(NAN), DOUBLE(0.0), NULL_DOUBLE),
                BINARY(OP_DIVIDE, DOUBLE(1), DOUBLE(NAN), DOUBLE(NAN)),
                BINARY(OP_DIVIDE, NULL_DOUBLE, DOUBLE(4), NULL_DOUBLE),
                BINARY(OP_REMAINDER, INT(7), INT(3), INT(1)),
                BINARY(OP_REMAINDER, INT(-7), INT(3), INT(-1)),
                BINARY(OP_REMAINDER, INT(7), INT(-3), INT(1)),
                BINARY(OP_REMAINDER, INT(7), INT(0), NULL_INT),
                BINARY(OP_REMAINDER, INT(INT32_MIN), INT(-1), INT(0)),
                BINARY(OP_REMAINDER, BIGINT(INT64_MIN), BIGINT(-1), BIGINT(0)),
                BINARY(OP_REMAINDER, BIGINT(-9), BIGINT(5), BIGINT(-4)),
                BINARY(OP_REMAINDER, BIGINT(9), BIGINT(0), NULL_BIGINT),
                BINARY(OP_REMAINDER, DOUBLE(-7.5), DOUBLE(2), DOUBLE(-1.5)),
                BINARY(OP_REMAINDER, DOUBLE(7.5), DOUBLE(0), NULL_DOUBLE),
                BINARY(OP_REMAINDER, DOUBLE(7.5), DOUBLE(INFINITY), DOUBLE(7.5)),
                UNARY(OP_NEGATE, INT(5), INT(-5)),
                UNARY(OP_NEGATE, INT(INT32_MIN), INT(INT32_MIN)),
                UNARY(OP_NEGATE, BIGINT(-5), BIGINT(5)),
                UNARY(OP_NEGATE, BIGINT(INT64_MIN), BIGINT(INT64_MIN)),
                UNARY(OP_NEGATE, DOUBLE(0.0), DOUBLE(-0.0)),
                UNARY(OP_NEGATE, NULL_DOUBLE, NULL_DOUBLE),
        };

        RUN(cases);
}

/* Pairs in Spark's order, and what each comparison says of them. */
static void test_comparison(void **state) {
        static const struct {
                Value a, b;
                int order; /* -1, 0 or 1 */
        } pairs[] = {
                {FALSE, TRUE, -1},
                {TRUE, TRUE, 0},
                {INT(INT32_MIN), INT(INT32_MAX), -1},
                {INT(7), INT(7), 0},
                {BIGINT(INT64_MAX), BIGINT(INT64_MIN), 1},
                {BIGINT(7), BIGINT(7), 0},
                {TIMESTAMP(-1), TIMESTAMP(0), -1},
                {DOUBLE(1.5), DOUBLE(2.5), -1},
                {DOUBLE(0.0), DOUBLE(-0.0), 0},
                {DOUBLE(-0.0), DOUBLE(0.0), 0},
                {DOUBLE(NAN), DOUBLE(NAN), 0},
                {DOUBLE(NAN), DOUBLE(-NAN), 0},
                {DOUBLE(NAN), DOUBLE(INFINITY), 1},
                {DOUBLE(-INFINITY), DOUBLE(NAN), -1},
                {DOUBLE(INFINITY), DOUBLE(INFINITY), 0},
                {STRING(""), STRING(""), 0},
                {STRING(""), STRING("a"), -1},
                {STRING("abc"), STRING("abc"), 0},
                {STRING("abc"), STRING("abd"), -1},
                {STRING("abc"), STRING("ab"), 1},
                {STRING("Z"), STRING("a"), -1},
                {STRING("z"), STRING("\xc3\xa9"), -1}, /* bytes are unsigned */
                {STRING("a\0b"), STRING("a\0c"), -1},
        };
        static const struct {
                ExprOp op;
                bool of_less, of_equal, of_greater;
        } comparisons[] = {
                {OP_EQUAL, false, true, false},
                {OP_NOT_EQUAL, true, false, true},
                {OP_LESS, true, false, false},
                {OP_LESS_OR_EQUAL, true, true, false},
                {OP_GREATER, false, false, true},
                {OP_GREATER_OR_EQUAL, false, true, true},
                {OP_EQUAL_NULL_SAFE, false, true, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
                for (size_t j = 0; j < ELEMENTSOF(comparisons); j++) {
                        bool expected = pairs[i].order < 0    ? comparisons[j].of_less
                                        : pairs[i].order == 0 ? comparisons[j].of_equal
                                                              : comparisons[j].of_greater;
                        Case c = BINARY(comparisons[j].op, pairs[i].a, pairs[i].b, BOOLEAN(expected));

                        run_cases(&c, 1, "comparison of pair");
                }
}

static void test_comparison_with_null(void **state) {
        static const Case cases[] = {
                BINARY(OP_EQUAL, INT(1), NULL_INT, UNKNOWN),
                BINARY(OP_NOT_EQUAL, NULL_INT, INT(1), UNKNOWN),
                BINARY(OP_LESS, NULL_INT, NULL_INT, UNKNOWN),
                BINARY(OP_LESS_OR_EQUAL, NULL_DOUBLE, DOUBLE(1), UNKNOWN),
                BINARY(OP_GREATER, NULL_STRING, STRING("a"), UNKNOWN),
                BINARY(OP_GREATER_OR_EQUAL, STRING("a"), NULL_STRING, UNKNOWN),
                BINARY(OP_EQUAL_NULL_SAFE, INT(0), NULL_INT, FALSE),
                BINARY(OP_EQUAL_NULL_SAFE, NULL_INT, INT(0), FALSE),
                BINARY(OP_EQUAL_NULL_SAFE, NULL_INT, NULL_INT, TRUE),
                BINARY(OP_EQUAL_NULL_SAFE, NULL_STRING, STRING(""), FALSE),
                BINARY(OP_EQUAL_NULL_SAFE, NULL_STRING, NULL_STRING, TRUE),
        };

        RUN(cases);
}

static void test_logic(void **state) {
        static const Case cases[] = {
                BINARY(OP_AND, TRUE, TRUE, TRUE),
                BINARY(OP_AND, TRUE, FALSE, FALSE),
                BINARY(OP_AND, FALSE, TRUE, FALSE),
                BINARY(OP_AND, FALSE, FALSE, FALSE),
                BINARY(OP_AND, UNKNOWN, TRUE, UNKNOWN),
                BINARY(OP_AND, TRUE, UNKNOWN, UNKNOWN),
                BINARY(OP_AND, UNKNOWN, FALSE, FALSE),
                BINARY(OP_AND, FALSE, UNKNOWN, FALSE),
                BINARY(OP_AND, UNKNOWN, UNKNOWN, UNKNOWN),
                BINARY(OP_OR, TRUE, TRUE, TRUE),
                BINARY(OP_OR, TRUE, FALSE, TRUE),
                BINARY(OP_OR, FALSE, TRUE, TRUE),
                BINARY(OP_OR, FALSE, FALSE, FALSE),
                BINARY(OP_OR, UNKNOWN, TRUE, TRUE),
                BINARY(OP_OR, TRUE, UNKNOWN, TRUE),
                BINARY(OP_OR, UNKNOWN, FALSE, UNKNOWN),
                BINARY(OP_OR, FALSE, UNKNOWN, UNKNOWN),
                BINARY(OP_OR, UNKNOWN, UNKNOWN, UNKNOWN),
                UNARY(OP_NOT, TRUE, FALSE),
                UNARY(OP_NOT, FALSE, TRUE),
                UNARY(OP_NOT, UNKNOWN, UNKNOWN),
                UNARY(OP_IS_NULL, INT(0), FALSE),
                UNARY(OP_IS_NULL, NULL_STRING, TRUE),
                UNARY(OP_IS_NULL, NULL_OF(TYPE_NULL), TRUE),
                UNARY(OP_IS_NOT_NULL, INT(0), TRUE),
                UNARY(OP_IS_NOT_NULL, NULL_STRING, FALSE),
                UNARY(OP_IS_NOT_NULL, NULL_OF(TYPE_NULL), FALSE),
        };

        RUN(cases);
}

/* A NULL's value may be any byte; the three-valued tables must hold all the same. */
static void test_logic_ignores_what_null_holds(void **state) {
        static const Value unknown = UNKNOWN, operands[] = {UNKNOWN, UNKNOWN, TRUE, FALSE};
        static const struct {
                ExprOp op;
                size_t left, right;
        } cases[] = {
                {OP_AND, 0, 1}, {OP_AND, 0, 2}, {OP_AND, 2, 0}, {OP_OR, 0, 1}, {OP_OR, 0, 3}, {OP_OR, 3, 0},
        };
        _cleanup_(batch_freep) Batch *batch = values_batch(operands, ELEMENTSOF(operands));
        _cleanup_arena_ Arena arena = {};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Expr *arguments[] = {expr_new_column(cases[i].left, TYPE_BOOLEAN),
                                     expr_new_column(cases[i].right, TYPE_BOOLEAN)};
                _cleanup_(expr_freep) Expr *expr = expr_new_call(cases[i].op, TYPE_BOOLEAN, arguments, 2);

                for (unsigned byte = 0; byte < 256; byte++) {
                        Vector result;
                        Value actual;

                        batch->columns[0].booleans[1] = (uint8_t)byte;
                        batch->columns[1].booleans[1] = (uint8_t)~byte;
                        assert_int_equal(expr_evaluate(expr, batch, &arena, &result), 0);
                        actual = value_get(&result, 1);
                        assert_value(&actual, &unknown, "logic of a NULL that holds", byte);
                }
        }
}

static void test_in(void **state) {
        static const Case cases[] = {
                {OP_IN, {INT(2), INT(1), INT(2)}, 3, TRUE},
                {OP_IN, {INT(3), INT(1), INT(2)}, 3, FALSE},
                {OP_IN, {INT(2), NULL_INT, INT(2)}, 3, TRUE},
                {OP_IN, {INT(2), INT(2), NULL_INT}, 3, TRUE},
                {OP_IN, {INT(3), NULL_INT, INT(2)}, 3, UNKNOWN},
                {OP_IN, {INT(0), NULL_INT}, 2, UNKNOWN},
                {OP_IN, {NULL_INT, INT(0)}, 2, UNKNOWN},
                {OP_IN, {NULL_INT, NULL_INT}, 2, UNKNOWN},
                {OP_IN, {STRING("b"), STRING("a"), STRING("b"), STRING("c")}, 4, TRUE},
                {OP_IN, {STRING(""), STRING("a"), NULL_STRING}, 3, UNKNOWN},
                {OP_IN, {DOUBLE(NAN), DOUBLE(1), DOUBLE(NAN)}, 3, TRUE},
                {OP_IN, {DOUBLE(-0.0), DOUBLE(0.0)}, 2, TRUE},
                {OP_IN, {BIGINT(5), BIGINT(5)}, 2, TRUE},
                {OP_IN, {TRUE, FALSE}, 2, FALSE},
                {OP_IN, {NULL_OF(TYPE_NULL), NULL_OF(TYPE_NULL)}, 2, UNKNOWN},
        };

        RUN(cases);
}

static void test_coalesce(void **state) {
        static const Case cases[] = {
                {OP_COALESCE, {INT(1)}, 1, INT(1)},
                {OP_COALESCE, {NULL_INT}, 1, NULL_INT},
                {OP_COALESCE, {NULL_INT, INT(2), INT(3)}, 3, INT(2)},
                {OP_COALESCE, {INT(1), NULL_INT, INT(3)}, 3, INT(1)},
                {OP_COALESCE, {NULL_INT, NULL_INT, NULL_INT}, 3, NULL_INT},
                {OP_COALESCE, {NULL_STRING, STRING("x")}, 2, STRING("x")},
                {OP_COALESCE, {NULL_DOUBLE, DOUBLE(NAN)}, 2, DOUBLE(NAN)},
                {OP_COALESCE, {UNKNOWN, TRUE}, 2, TRUE},
                {OP_COALESCE, {NULL_BIGINT, NULL_BIGINT, BIGINT(-1)}, 3, BIGINT(-1)},
                {OP_COALESCE, {NULL_OF(TYPE_NULL), NULL_OF(TYPE_NULL)}, 2, NULL_OF(TYPE_NULL)},
        };

        RUN(cases);
}

static void test_case(void **state) {
        static const Case cases[] = {
                {OP_CASE, {TRUE, INT(1), INT(2)}, 3, INT(1)},
                {OP_CASE, {FALSE, INT(1), INT(2)}, 3, INT(2)},
                {OP_CASE, {UNKNOWN, INT(1), INT(2)}, 3, INT(2)},
                {OP_CASE, {TRUE, INT(1), TRUE, INT(2), INT(3)}, 5, INT(1)},
                {OP_CASE, {FALSE, INT(1), TRUE, INT(2), INT(3)}, 5, INT(2)},
                {OP_CASE, {UNKNOWN, INT(1), FALSE, INT(2), INT(3)}, 5, INT(3)},
                {OP_CASE, {TRUE, NULL_INT, INT(2)}, 3, NULL_INT},
                {OP_CASE, {FALSE, INT(1), NULL_INT}, 3, NULL_INT},
                {OP_CASE, {FALSE, STRING("a"), TRUE, STRING("b"), STRING("c")}, 5, STRING("b")},
                {OP_CASE, {TRUE, DOUBLE(0.5), DOUBLE(1)}, 3, DOUBLE(0.5)},
        };

        RUN(cases);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_arithmetic),
                cmocka_unit_test(test_comparison),
                cmocka_unit_test(test_comparison_with_null),
                cmocka_unit_test(test_logic),
                cmocka_unit_test(test_logic_ignores_what_null_holds),
                cmocka_unit_test(test_in),
                cmocka_unit_test(test_coalesce),
                cmocka_unit_test(test_case),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
