/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "expression/evaluate.h"

/* Three-valued: one false makes AND false and one true makes OR true, whatever the other is, NULL included.
 * What a NULL holds may be any byte, so that values count only together with their validity. */
int evaluate_and(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        Vector left, right, result;
        int r;

        r = evaluate_operands(evaluation, expr, &left, &right);
        if (r < 0)
                return r;
        r = vector_new(evaluation->arena, TYPE_BOOLEAN, n_rows, &result);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n_rows; i++) {
                uint8_t left_false = left.valid[i] & !left.booleans[i];
                uint8_t right_false = right.valid[i] & !right.booleans[i];

                result.booleans[i] = !(left_false | right_false);
                result.valid[i] = left_false | right_false | (left.valid[i] & right.valid[i]);
        }
        *ret = result;
        return 0;
}

int evaluate_or(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        Vector left, right, result;
        int r;

        r = evaluate_operands(evaluation, expr, &left, &right);
        if (r < 0)
                return r;
        r = vector_new(evaluation->arena, TYPE_BOOLEAN, n_rows, &result);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n_rows; i++) {
                result.booleans[i] =
                        (left.valid[i] & left.booleans[i]) | (right.valid[i] & right.booleans[i]);
                result.valid[i] = result.booleans[i] | (left.valid[i] & right.valid[i]);
        }
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

static int evaluate_validity(const Evaluation *evaluation, const Expr *expr, uint8_t wanted, Vector *ret) {
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

int evaluate_is_null(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        return evaluate_validity(evaluation, expr, 0, ret);
}

int evaluate_is_not_null(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        return evaluate_validity(evaluation, expr, 1, ret);
}
