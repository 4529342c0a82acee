/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <assert.h>

#include "expression/evaluate.h"

/* ret[row] = 1 where the relation holds, or, with negate 1, where it does not. */
typedef void (*ComparisonKernel)(const Vector *left, const Vector *right, size_t n_rows, uint8_t negate,
                                 uint8_t *ret);

#define DEFINE_COMPARISON(name, type, relation)                                                             \
        static void name(const Vector *left, const Vector *right, size_t n_rows, uint8_t negate,            \
                         uint8_t *restrict ret) {                                                           \
                const type *a = left->values, *b = right->values;                                           \
                                                                                                            \
                for (size_t i = 0; i < n_rows; i++)                                                         \
                        ret[i] = (uint8_t)((relation) ^ negate);                                            \
        }

static inline bool is_nan(double value) {
        return value != value;
}

static inline bool text_equal(const Text *a, const Text *b) {
        return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static inline bool text_less(const Text *a, const Text *b) {
        size_t size = MIN(a->size, b->size);
        int order = size > 0 ? memcmp(a->data, b->data, size) : 0;

        return order < 0 || (order == 0 && a->size < b->size);
}

/* Doubles are in a total order here: NaN equals NaN and is above all else; 0.0 equals -0.0. So "not less" is
 * "greater or equal", and two kernels a type are enough. */
DEFINE_COMPARISON(equal_boolean, uint8_t, a[i] == b[i])
DEFINE_COMPARISON(equal_int, int32_t, a[i] == b[i])
DEFINE_COMPARISON(equal_bigint, int64_t, a[i] == b[i])
DEFINE_COMPARISON(equal_double, double, (a[i] == b[i]) | (is_nan(a[i]) & is_nan(b[i])))
DEFINE_COMPARISON(equal_text, Text, text_equal(&a[i], &b[i]))
DEFINE_COMPARISON(less_boolean, uint8_t, a[i] < b[i])
DEFINE_COMPARISON(less_int, int32_t, a[i] < b[i])
DEFINE_COMPARISON(less_bigint, int64_t, a[i] < b[i])
DEFINE_COMPARISON(less_double, double, (a[i] < b[i]) | (!is_nan(a[i]) & is_nan(b[i])))
DEFINE_COMPARISON(less_text, Text, text_less(&a[i], &b[i]))

static const ComparisonKernel equal_kernels[_TYPE_MAX] = {
        [TYPE_BOOLEAN] = equal_boolean, [TYPE_INT] = equal_int,          [TYPE_BIGINT] = equal_bigint,
        [TYPE_DOUBLE] = equal_double,   [TYPE_TIMESTAMP] = equal_bigint, [TYPE_STRING] = equal_text,
};

static const ComparisonKernel less_kernels[_TYPE_MAX] = {
        [TYPE_BOOLEAN] = less_boolean, [TYPE_INT] = less_int,          [TYPE_BIGINT] = less_bigint,
        [TYPE_DOUBLE] = less_double,   [TYPE_TIMESTAMP] = less_bigint, [TYPE_STRING] = less_text,
};

static const struct Comparison {
        const ComparisonKernel *kernels;
        bool swap;
        uint8_t negate;
} comparisons[_EXPR_OP_MAX] = {
        [OP_EQUAL] = {equal_kernels, false, 0}, [OP_NOT_EQUAL] = {equal_kernels, false, 1},
        [OP_LESS] = {less_kernels, false, 0},   [OP_GREATER_OR_EQUAL] = {less_kernels, false, 1},
        [OP_GREATER] = {less_kernels, true, 0}, [OP_LESS_OR_EQUAL] = {less_kernels, true, 1},
};

void vector_equal(const Vector *a, const Vector *b, size_t n_rows, uint8_t *ret_equal) {
        assert(a->type == b->type);
        if (a->type == TYPE_NULL)
                memset(ret_equal, 0, n_rows);
        else
                equal_kernels[a->type](a, b, n_rows, 0, ret_equal);
}

int evaluate_comparison(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        const struct Comparison *comparison = &comparisons[expr->op];
        Vector left, right, result;
        int r;

        r = evaluate_operands(evaluation, expr, &left, &right);
        if (r < 0)
                return r;
        r = vector_new_like_both(evaluation, TYPE_BOOLEAN, &left, &right, &result);
        if (r < 0)
                return r;
        assert(left.type == right.type && left.type != TYPE_NULL);
        comparison->kernels[left.type](comparison->swap ? &right : &left, comparison->swap ? &left : &right,
                                       evaluation->batch->n_rows, comparison->negate, result.booleans);
        *ret = result;
        return 0;
}

int evaluate_equal_null_safe(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        Vector left, right, result;
        int r;

        r = evaluate_operands(evaluation, expr, &left, &right);
        if (r < 0)
                return r;
        r = vector_new(evaluation->arena, TYPE_BOOLEAN, n_rows, &result);
        if (r < 0)
                return r;
        vector_equal(&left, &right, n_rows, result.booleans);
        for (size_t i = 0; i < n_rows; i++)
                result.booleans[i] =
                        (result.booleans[i] | !left.valid[i]) & (left.valid[i] == right.valid[i]);
        memset(result.valid, 1, n_rows);
        *ret = result;
        return 0;
}
