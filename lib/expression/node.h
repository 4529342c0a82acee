/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "expression/build.h"

/* What an expression is made of; private to this folder. */
typedef enum ExprKind {
        EXPR_COLUMN,
        EXPR_LITERAL,
        EXPR_CALL,
        EXPR_CAST,
        EXPR_SHIFT,
} ExprKind;

typedef struct Literal {
        bool is_null;
        union {
                uint8_t boolean;
                int32_t integer;
                int64_t bigint; /* and timestamp */
                double number;
                Text text; /* owned */
        };
} Literal;

struct Expr {
        ExprKind kind;
        ValueType type; /* of the result */
        union {
                size_t column;      /* EXPR_COLUMN: index in the batch */
                Literal literal;    /* EXPR_LITERAL */
                ExprOp op;          /* EXPR_CALL */
                int64_t shift_usec; /* EXPR_SHIFT */
        };
        size_t n_arguments;
        Expr *arguments[];
};
