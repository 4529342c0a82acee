/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "expression/evaluate.h"

/* Three-valued: one false makes AND false and one true makes OR true, whatever the other is, NULL included.
 * What a NULL holds may be any byte, so that values count only together with their validity. */
static void and_kernel(const Vector *left, const Vector *right, size_t n_rows, Vector *ret) {
        const uint8_t *a = left->booleans, *a_valid = left->valid, *b = right->booleans,
                      *b_valid = right->valid;
        uint8_t *restrict out = ret->booleans, *restrict valid = ret->valid;

        for (size_t i = 0; i < n_rows; i++) {
                uint8_t is_false = (a_valid[i] & !a[i]) | (b_valid[i] & !b[i]);

                out[i] = !is_false;
                valid[i] = is_false | (a_valid[i] & b_valid[i]);
        }
}

static void or_kernel(const Vector *left, const Vector *right, size_t n_rows, Vector *ret) {
        const uint8_t *a = left->booleans, *a_valid = left->valid, *b = right->booleans,
                      *b_valid = right->valid;
        uint8_t *restrict out = ret->booleans, *restrict valid = ret->valid;

        for (size_t i = 0; i < n_rows; i++) {
                out[i] = (a_valid[i] & a[i]) | (b_valid[i] & b[i]);
                valid[i] = out[i] | (a_valid[i] & b_valid[i]);
        }
}

int evaluate_and_or(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        Vector left, right, result;
        int r;

        r = evaluate_operands(evaluation, expr, &left, &right);
        if (r < 0)
                return r;
        r = vector_new(evaluation->arena, TYPE_BOOLEAN, n_rows, &result);
        if (r < 0)
                return r;
        (expr->op == OP_AND ? and_kernel : or_kernel)(&left, &right, n_rows, &result);
        *ret = result;
        return 0;
}

int evaluate_not(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector operand, result;
        int r;

        r = evaluate_operand(evaluation, expr, &operand);
        if (r < 0)
                return r;
        r = vector_new_like(evaluation, TYPE_BOOLEAN, &operand, &result);
        if (r < 0)
                return r;
        for (size_t i = 0; i < evaluation->batch->n_rows; i++)
                result.booleans[i] = !operand.booleans[i];
        *ret = result;
        return 0;
}

int evaluate_is_null(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        uint8_t wanted = expr->op == OP_IS_NOT_NULL;
        size_t n_rows = evaluation->batch->n_rows;
        Vector operand, result;
        int r;

        r = evaluate_operand(evaluation, expr, &operand);
        if (r < 0)
                return r;
        r = vector_new(evaluation->arena, TYPE_BOOLEAN, n_rows, &result);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n_rows; i++)
                result.booleans[i] = operand.valid[i] == wanted;
        memset(result.valid, 1, n_rows);
        *ret = result;
        return 0;
}
