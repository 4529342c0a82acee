/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <assert.h>

#include "expression/evaluate.h"

static Expr *expr_alloc(ExprKind kind, ValueType type, size_t n_arguments) {
        Expr *expr = calloc(1, sizeof(Expr) + n_arguments * sizeof(Expr *));

        if (!expr)
                return NULL;
        expr->kind = kind;
        expr->type = type;
        expr->n_arguments = n_arguments;
        return expr;
}

Expr *expr_free(Expr *expr) {
        if (!expr)
                return NULL;
        for (size_t i = 0; i < expr->n_arguments; i++)
                expr_free(expr->arguments[i]);
        if (expr->kind == EXPR_LITERAL && expr->type == TYPE_STRING)
                free((char *)expr->literal.text.data);
        free(expr);
        return NULL;
}

Expr *expr_new_column(size_t index, ValueType type) {
        Expr *expr = expr_alloc(EXPR_COLUMN, type, 0);

        if (expr)
                expr->column = index;
        return expr;
}

static Expr *literal_new(ValueType type, Literal literal) {
        Expr *expr = expr_alloc(EXPR_LITERAL, type, 0);

        if (expr)
                expr->literal = literal;
        return expr;
}

Expr *expr_new_null(ValueType type) {
        return literal_new(type, (Literal){.is_null = true});
}

Expr *expr_new_boolean(bool value) {
        return literal_new(TYPE_BOOLEAN, (Literal){.boolean = value});
}

Expr *expr_new_int(int32_t value) {
        return literal_new(TYPE_INT, (Literal){.integer = value});
}

Expr *expr_new_bigint(int64_t value) {
        return literal_new(TYPE_BIGINT, (Literal){.bigint = value});
}

Expr *expr_new_double(double value) {
        return literal_new(TYPE_DOUBLE, (Literal){.number = value});
}

Expr *expr_new_timestamp(int64_t usec) {
        return literal_new(TYPE_TIMESTAMP, (Literal){.bigint = usec});
}

Expr *expr_new_string(const char *data, size_t size) {
        _cleanup_(expr_freep) Expr *expr = expr_new_null(TYPE_STRING);
        char *copy;

        if (!expr)
                return NULL;
        copy = malloc(MAX(size, (size_t)1));
        if (!copy)
                return NULL;
        if (size > 0)
                memcpy(copy, data, size);
        expr->literal = (Literal){.text = {copy, size}};
        return TAKE_PTR(expr);
}

static Expr *literal_from_vector(const Vector *vector) {
        if (!vector->valid[0])
                return expr_new_null(vector->type);
        switch (vector->type) {
        case TYPE_BOOLEAN: return expr_new_boolean(vector->booleans[0]);
        case TYPE_INT: return expr_new_int(vector->ints[0]);
        case TYPE_BIGINT: return expr_new_bigint(vector->bigints[0]);
        case TYPE_DOUBLE: return expr_new_double(vector->doubles[0]);
        case TYPE_TIMESTAMP: return expr_new_timestamp(vector->timestamps[0]);
        case TYPE_STRING: return expr_new_string(vector->texts[0].data, vector->texts[0].size);
        default: return expr_new_null(vector->type);
        }
}

/* An operation on literals alone is done once, here, and not for every row. Consumes expr, also on failure
 * (NULL). */
static Expr *expr_fold(Expr *expr) {
        _cleanup_(expr_freep) Expr *whole = expr;
        _cleanup_arena_ Arena arena = {};
        Vector value;

        for (size_t i = 0; i < expr->n_arguments; i++)
                if (expr->arguments[i]->kind != EXPR_LITERAL)
                        return TAKE_PTR(whole);
        if (expr_evaluate(whole, &(Batch){.n_rows = 1}, &arena, &value) < 0)
                return NULL;
        return literal_from_vector(&value);
}

Expr *expr_new_cast(Expr *operand, ValueType type) {
        Expr *expr;

        if (!operand || operand->type == type)
                return operand;
        expr = expr_alloc(EXPR_CAST, type, 1);
        if (!expr)
                return expr_free(operand);
        expr->arguments[0] = operand;
        return expr_fold(expr);
}

Expr *expr_new_call(ExprOp op, ValueType type, Expr **arguments, size_t n_arguments) {
        _cleanup_(expr_freep) Expr *expr = expr_alloc(EXPR_CALL, type, n_arguments);
        bool complete = true;

        if (!expr) {
                for (size_t i = 0; i < n_arguments; i++)
                        expr_free(arguments[i]);
                return NULL;
        }
        expr->op = op;
        for (size_t i = 0; i < n_arguments; i++) {
                expr->arguments[i] = arguments[i];
                complete = complete && arguments[i];
        }
        return complete ? expr_fold(TAKE_PTR(expr)) : NULL;
}

Expr *expr_new_shift(Expr *timestamp, int64_t usec) {
        Expr *expr;

        if (!timestamp)
                return NULL;
        assert(timestamp->type == TYPE_TIMESTAMP);
        expr = expr_alloc(EXPR_SHIFT, TYPE_TIMESTAMP, 1);
        if (!expr)
                return expr_free(timestamp);
        expr->shift_usec = usec;
        expr->arguments[0] = timestamp;
        return expr_fold(expr);
}
