/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <assert.h>

#include "expression/evaluate.h"

/* Operations with any number of arguments, of which each row takes one. */

#define TAKE(type)                                                                                          \
        do {                                                                                                \
                const type *new_values = from->values;                                                      \
                type *values = to->values;                                                                  \
                                                                                                            \
                for (size_t i = 0; i < n_rows; i++)                                                         \
                        values[i] = take[i] ? new_values[i] : values[i];                                    \
        } while (0)

/* Overwrites the rows of to where take[row] is 1. */
static void vector_take(Vector *to, const Vector *from, const uint8_t *take, size_t n_rows) {
        assert(to->type == from->type);
        switch (value_type_size(to->type)) {
        case sizeof(uint8_t): TAKE(uint8_t); break;
        case sizeof(uint32_t): TAKE(uint32_t); break;
        case sizeof(uint64_t): TAKE(uint64_t); break;
        case sizeof(Text): TAKE(Text); break;
        }
        for (size_t i = 0; i < n_rows; i++)
                to->valid[i] = take[i] ? from->valid[i] : to->valid[i];
}

static int evaluate_copy(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector original, copy;
        int r;

        r = evaluate(evaluation, expr, &original);
        if (r < 0)
                return r;
        r = vector_new_like(evaluation, original.type, &original, &copy);
        if (r < 0)
                return r;
        memcpy(copy.values, original.values, evaluation->batch->n_rows * value_type_size(original.type));
        *ret = copy;
        return 0;
}

/* The last argument is written first and overwritten by those before it. */
int evaluate_coalesce(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector argument, result;
        int r;

        r = evaluate_copy(evaluation, expr->arguments[expr->n_arguments - 1], &result);
        if (r < 0)
                return r;
        for (size_t i = expr->n_arguments - 1; i > 0; i--) {
                r = evaluate(evaluation, expr->arguments[i - 1], &argument);
                if (r < 0)
                        return r;
                vector_take(&result, &argument, argument.valid, evaluation->batch->n_rows);
        }
        *ret = result;
        return 0;
}

/* The same from ELSE up to the first WHEN. A branch is evaluated for all rows: nothing in it can fail. */
int evaluate_case(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        Vector condition, value, result;
        uint8_t *take;
        int r;

        r = evaluate_copy(evaluation, expr->arguments[expr->n_arguments - 1], &result);
        if (r < 0)
                return r;
        take = arena_alloc(evaluation->arena, MAX(n_rows, (size_t)1));
        if (!take)
                return -ENOMEM;
        for (size_t i = expr->n_arguments - 1; i > 0; i -= 2) {
                r = evaluate(evaluation, expr->arguments[i - 2], &condition);
                if (r < 0)
                        return r;
                r = evaluate(evaluation, expr->arguments[i - 1], &value);
                if (r < 0)
                        return r;
                for (size_t row = 0; row < n_rows; row++)
                        take[row] = condition.valid[row] & condition.booleans[row];
                vector_take(&result, &value, take, n_rows);
        }
        *ret = result;
        return 0;
}

/* Literals share one vector, so that a long list takes no more memory than a short one. */
static int evaluate_candidate(const Evaluation *evaluation, const Expr *candidate, Vector *literals,
                              Vector *ret) {
        if (candidate->kind != EXPR_LITERAL)
                return evaluate(evaluation, candidate, ret);
        vector_fill(literals, &candidate->literal, evaluation->batch->n_rows);
        *ret = *literals;
        return 0;
}

/* found and valid of the result so far, after one more candidate. */
static void in_candidate(Vector *result, const uint8_t *equal, const uint8_t *candidate_valid,
                         size_t n_rows) {
        uint8_t *restrict found = result->booleans, *restrict valid = result->valid;

        for (size_t row = 0; row < n_rows; row++) {
                found[row] |= equal[row] & candidate_valid[row];
                valid[row] &= candidate_valid[row];
        }
}

int evaluate_in(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        Vector value, literals, equal, result;
        int r;

        r = evaluate_operand(evaluation, expr, &value);
        if (r < 0)
                return r;
        r = vector_new(evaluation->arena, value.type, n_rows, &literals);
        if (r < 0)
                return r;
        r = vector_new(evaluation->arena, TYPE_BOOLEAN, n_rows, &equal);
        if (r < 0)
                return r;
        r = vector_new_like(evaluation, TYPE_BOOLEAN, &value, &result);
        if (r < 0)
                return r;
        memset(result.booleans, 0, n_rows);
        for (size_t i = 1; i < expr->n_arguments; i++) {
                Vector candidate;

                r = evaluate_candidate(evaluation, expr->arguments[i], &literals, &candidate);
                if (r < 0)
                        return r;
                vector_equal(&value, &candidate, n_rows, equal.booleans);
                in_candidate(&result, equal.booleans, candidate.valid, n_rows);
        }
        /* Found is true even beside a NULL candidate; of a NULL value nothing is known. */
        for (size_t row = 0; row < n_rows; row++)
                result.valid[row] |= result.booleans[row] & value.valid[row];
        *ret = result;
        return 0;
}
