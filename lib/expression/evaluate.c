/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <assert.h>

#include "expression/evaluate.h"

typedef int (*Operation)(const Evaluation *evaluation, const Expr *expr, Vector *ret);

static const Operation operations[_EXPR_OP_MAX] = {
        [OP_ADD] = evaluate_arithmetic,
        [OP_SUBTRACT] = evaluate_arithmetic,
        [OP_MULTIPLY] = evaluate_arithmetic,
        [OP_DIVIDE] = evaluate_arithmetic,
        [OP_REMAINDER] = evaluate_arithmetic,
        [OP_NEGATE] = evaluate_negate,
        [OP_EQUAL] = evaluate_comparison,
        [OP_NOT_EQUAL] = evaluate_comparison,
        [OP_LESS] = evaluate_comparison,
        [OP_LESS_OR_EQUAL] = evaluate_comparison,
        [OP_GREATER] = evaluate_comparison,
        [OP_GREATER_OR_EQUAL] = evaluate_comparison,
        [OP_EQUAL_NULL_SAFE] = evaluate_equal_null_safe,
        [OP_AND] = evaluate_and_or,
        [OP_OR] = evaluate_and_or,
        [OP_NOT] = evaluate_not,
        [OP_IS_NULL] = evaluate_is_null,
        [OP_IS_NOT_NULL] = evaluate_is_null,
        [OP_IN] = evaluate_in,
        [OP_LIKE] = evaluate_like,
        [OP_COALESCE] = evaluate_coalesce,
        [OP_CASE] = evaluate_case,
};

#define FILL(values, value)                                                                                 \
        for (size_t i = 0; i < n_rows; i++)                                                                 \
        (values)[i] = (value)

void vector_fill(Vector *vector, const Literal *literal, size_t n_rows) {
        memset(vector->valid, !literal->is_null, n_rows);
        if (literal->is_null) {
                memset(vector->values, 0, n_rows * value_type_size(vector->type));
                return;
        }
        switch (vector->type) {
        case TYPE_BOOLEAN: memset(vector->booleans, literal->boolean, n_rows); break;
        case TYPE_INT: FILL(vector->ints, literal->integer); break;
        case TYPE_BIGINT:
        case TYPE_TIMESTAMP: FILL(vector->bigints, literal->bigint); break;
        case TYPE_DOUBLE: FILL(vector->doubles, literal->number); break;
        case TYPE_STRING: FILL(vector->texts, literal->text); break;
        case TYPE_NULL:
        case _TYPE_MAX: break;
        }
}

static int evaluate_literal(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector result;
        int r;

        r = vector_new(evaluation->arena, expr->type, evaluation->batch->n_rows, &result);
        if (r < 0)
                return r;
        vector_fill(&result, &expr->literal, evaluation->batch->n_rows);
        *ret = result;
        return 0;
}

int evaluate(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        switch (expr->kind) {
        case EXPR_COLUMN:
                assert(expr->column < evaluation->batch->n_columns);
                assert(evaluation->batch->columns[expr->column].type == expr->type);
                *ret = evaluation->batch->columns[expr->column];
                return 0;
        case EXPR_LITERAL: return evaluate_literal(evaluation, expr, ret);
        case EXPR_CALL: return operations[expr->op](evaluation, expr, ret);
        case EXPR_CAST: return evaluate_cast(evaluation, expr, ret);
        case EXPR_SHIFT: return evaluate_shift(evaluation, expr, ret);
        }
        return -EINVAL; /* not reached */
}

int evaluate_operand(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        return evaluate(evaluation, expr->arguments[0], ret);
}

int evaluate_operands(const Evaluation *evaluation, const Expr *expr, Vector *ret_left, Vector *ret_right) {
        Vector left;
        int r;

        r = evaluate(evaluation, expr->arguments[0], &left);
        if (r < 0)
                return r;
        r = evaluate(evaluation, expr->arguments[1], ret_right);
        if (r < 0)
                return r;
        *ret_left = left;
        return 0;
}

int vector_new_like(const Evaluation *evaluation, ValueType type, const Vector *a, Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows;
        int r;

        r = vector_new(evaluation->arena, type, n_rows, ret);
        if (r < 0)
                return r;
        memcpy(ret->valid, a->valid, n_rows);
        return 0;
}

int vector_new_like_both(const Evaluation *evaluation, ValueType type, const Vector *a, const Vector *b,
                         Vector *ret) {
        size_t n_rows = evaluation->batch->n_rows, i = 0;
        int r;

        r = vector_new(evaluation->arena, type, n_rows, ret);
        if (r < 0)
                return r;
        /* Eight rows at a time: every operation of two operands passes through here. */
        for (; i + sizeof(uint64_t) <= n_rows; i += sizeof(uint64_t)) {
                uint64_t a_valid, b_valid;

                memcpy(&a_valid, a->valid + i, sizeof(a_valid));
                memcpy(&b_valid, b->valid + i, sizeof(b_valid));
                a_valid &= b_valid;
                memcpy(ret->valid + i, &a_valid, sizeof(a_valid));
        }
        for (; i < n_rows; i++)
                ret->valid[i] = a->valid[i] & b->valid[i];
        return 0;
}

int expr_evaluate(const Expr *expr, const Batch *batch, Arena *arena, Vector *ret) {
        return evaluate(&(Evaluation){.batch = batch, .arena = arena}, expr, ret);
}

static size_t select_all(size_t n_rows, uint16_t *selection) {
        for (size_t i = 0; i < n_rows; i++)
                selection[i] = (uint16_t)i;
        return n_rows;
}

/* Written always and counted where it is true: no branch to mispredict. */
static size_t select_true(const Vector *vector, size_t n_rows, uint16_t *restrict selection) {
        const uint8_t *valid = vector->valid, *booleans = vector->booleans;
        size_t n = 0;

        for (size_t i = 0; i < n_rows; i++) {
                selection[n] = (uint16_t)i;
                n += valid[i] & booleans[i];
        }
        return n;
}

int expr_select(const Expr *expr, const Batch *batch, Arena *arena, uint16_t *selection,
                size_t *ret_n_selected) {
        Vector result;
        int r;

        if (!expr) {
                *ret_n_selected = select_all(batch->n_rows, selection);
                return 0;
        }
        r = expr_evaluate(expr, batch, arena, &result);
        if (r < 0)
                return r;
        assert(result.type == TYPE_BOOLEAN);
        *ret_n_selected = select_true(&result, batch->n_rows, selection);
        return 0;
}
