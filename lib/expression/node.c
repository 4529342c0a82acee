/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "expression/node.h"

ValueType expr_type(const Expr *expr) {
        return expr->type;
}

static bool literal_equal(ValueType type, const Literal *a, const Literal *b) {
        if (a->is_null || b->is_null)
                return a->is_null == b->is_null;
        switch (type) {
        case TYPE_BOOLEAN: return a->boolean == b->boolean;
        case TYPE_INT: return a->integer == b->integer;
        case TYPE_BIGINT:
        case TYPE_TIMESTAMP: return a->bigint == b->bigint;
        case TYPE_DOUBLE:
                /* The same bits: 0.0 and -0.0 are equal, but their texts are not. */
                return memcmp(&a->number, &b->number, sizeof(double)) == 0;
        case TYPE_STRING:
                return a->text.size == b->text.size && memcmp(a->text.data, b->text.data, a->text.size) == 0;
        default: return true;
        }
}

static bool node_equal(const Expr *a, const Expr *b) {
        switch (a->kind) {
        case EXPR_COLUMN: return a->column == b->column;
        case EXPR_LITERAL: return literal_equal(a->type, &a->literal, &b->literal);
        case EXPR_CALL: return a->op == b->op;
        case EXPR_SHIFT: return a->shift_usec == b->shift_usec;
        case EXPR_CAST: return true;
        }
        return false;
}

bool expr_equal(const Expr *a, const Expr *b) {
        if (a->kind != b->kind || a->type != b->type || a->n_arguments != b->n_arguments ||
            !node_equal(a, b))
                return false;
        for (size_t i = 0; i < a->n_arguments; i++)
                if (!expr_equal(a->arguments[i], b->arguments[i]))
                        return false;
        return true;
}

void expr_mark_columns(const Expr *expr, bool *used) {
        if (expr->kind == EXPR_COLUMN)
                used[expr->column] = true;
        for (size_t i = 0; i < expr->n_arguments; i++)
                expr_mark_columns(expr->arguments[i], used);
}

bool expr_is_constant(const Expr *expr) {
        for (size_t i = 0; i < expr->n_arguments; i++)
                if (!expr_is_constant(expr->arguments[i]))
                        return false;
        return expr->kind != EXPR_COLUMN;
}
