/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <assert.h>
#include <math.h>

#include "expression/evaluate.h"

/* ret has the validity of both operands; a kernel takes away where it has no result. */
typedef void (*ArithmeticKernel)(const Vector *left, const Vector *right, size_t n_rows, Vector *ret);

#define DEFINE_ARITHMETIC(name, type, statement)                                                            \
        static void name(const Vector *left, const Vector *right, size_t n_rows, Vector *ret) {             \
                const type *a = left->values, *b = right->values;                                           \
                type *restrict out = ret->values;                                                           \
                uint8_t *restrict valid _unused_ = ret->valid;                                              \
                                                                                                            \
                for (size_t i = 0; i < n_rows; i++) {                                                       \
                        statement;                                                                          \
                }                                                                                           \
        }

/* The builtins store the wrapped result, which is what Spark and Java give. */
DEFINE_ARITHMETIC(add_int, int32_t, (void)__builtin_add_overflow(a[i], b[i], &out[i]))
DEFINE_ARITHMETIC(add_bigint, int64_t, (void)__builtin_add_overflow(a[i], b[i], &out[i]))
DEFINE_ARITHMETIC(add_double, double, out[i] = a[i] + b[i])
DEFINE_ARITHMETIC(subtract_int, int32_t, (void)__builtin_sub_overflow(a[i], b[i], &out[i]))
DEFINE_ARITHMETIC(subtract_bigint, int64_t, (void)__builtin_sub_overflow(a[i], b[i], &out[i]))
DEFINE_ARITHMETIC(subtract_double, double, out[i] = a[i] - b[i])
DEFINE_ARITHMETIC(multiply_int, int32_t, (void)__builtin_mul_overflow(a[i], b[i], &out[i]))
DEFINE_ARITHMETIC(multiply_bigint, int64_t, (void)__builtin_mul_overflow(a[i], b[i], &out[i]))
DEFINE_ARITHMETIC(multiply_double, double, out[i] = a[i] * b[i])
DEFINE_ARITHMETIC(divide_double, double, {
        valid[i] &= b[i] != 0;
        out[i] = b[i] != 0 ? a[i] / b[i] : 0;
})
/* By -1 the remainder is 0, but the processor traps on the least number. */
DEFINE_ARITHMETIC(remainder_int, int32_t, {
        valid[i] &= b[i] != 0;
        out[i] = b[i] == 0 || b[i] == -1 ? 0 : a[i] % b[i];
})
DEFINE_ARITHMETIC(remainder_bigint, int64_t, {
        valid[i] &= b[i] != 0;
        out[i] = b[i] == 0 || b[i] == -1 ? 0 : a[i] % b[i];
})
DEFINE_ARITHMETIC(remainder_double, double, {
        valid[i] &= b[i] != 0;
        out[i] = b[i] != 0 ? fmod(a[i], b[i]) : 0;
})

static const ArithmeticKernel kernels[_EXPR_OP_MAX][_TYPE_MAX] = {
        [OP_ADD] = {[TYPE_INT] = add_int, [TYPE_BIGINT] = add_bigint, [TYPE_DOUBLE] = add_double},
        [OP_SUBTRACT] = {[TYPE_INT] = subtract_int,
                         [TYPE_BIGINT] = subtract_bigint,
                         [TYPE_DOUBLE] = subtract_double},
        [OP_MULTIPLY] = {[TYPE_INT] = multiply_int,
                         [TYPE_BIGINT] = multiply_bigint,
                         [TYPE_DOUBLE] = multiply_double},
        [OP_DIVIDE] = {[TYPE_DOUBLE] = divide_double},
        [OP_REMAINDER] = {[TYPE_INT] = remainder_int,
                          [TYPE_BIGINT] = remainder_bigint,
                          [TYPE_DOUBLE] = remainder_double},
};

int evaluate_arithmetic(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector left, right, result;
        int r;

        r = evaluate_operands(evaluation, expr, &left, &right);
        if (r < 0)
                return r;
        r = vector_new_like_both(evaluation, expr->type, &left, &right, &result);
        if (r < 0)
                return r;
        assert(left.type == expr->type && right.type == expr->type);
        assert(kernels[expr->op][expr->type]);
        kernels[expr->op][expr->type](&left, &right, evaluation->batch->n_rows, &result);
        *ret = result;
        return 0;
}

int evaluate_negate(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        Vector operand, result;
        int r;

        r = evaluate_operand(evaluation, expr, &operand);
        if (r < 0)
                return r;
        r = vector_new_like(evaluation, expr->type, &operand, &result);
        if (r < 0)
                return r;
        switch (expr->type) {
        case TYPE_INT:
                for (size_t i = 0; i < n_rows; i++)
                        (void)__builtin_sub_overflow(0, operand.ints[i], &result.ints[i]);
                break;
        case TYPE_BIGINT:
                for (size_t i = 0; i < n_rows; i++)
                        (void)__builtin_sub_overflow(0, operand.bigints[i], &result.bigints[i]);
                break;
        default:
                assert(expr->type == TYPE_DOUBLE);
                for (size_t i = 0; i < n_rows; i++)
                        result.doubles[i] = -operand.doubles[i];
        }
        *ret = result;
        return 0;
}

int evaluate_shift(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector operand, result;
        int r;

        r = evaluate_operand(evaluation, expr, &operand);
        if (r < 0)
                return r;
        r = vector_new_like(evaluation, expr->type, &operand, &result);
        if (r < 0)
                return r;
        for (size_t i = 0; i < evaluation->batch->n_rows; i++)
                (void)__builtin_add_overflow(operand.timestamps[i], expr->shift_usec, &result.timestamps[i]);
        *ret = result;
        return 0;
}
