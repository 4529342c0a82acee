/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "expression/expression.h"

/* How the SQL analyzer makes typed expressions. Each constructor takes over its arguments, also when it
 * fails (NULL: out of memory), so that calls nest. Operand types are the analyzer's duty and asserted.
 * A cast, call or shift of literals alone becomes a literal at once. */

typedef enum ExprOp {
        /* arithmetic: both operands INT, BIGINT or DOUBLE of the same type; OP_DIVIDE only DOUBLE */
        OP_ADD,
        OP_SUBTRACT,
        OP_MULTIPLY,
        OP_DIVIDE,    /* NULL where the divisor is 0 */
        OP_REMAINDER, /* sign of the dividend; NULL where the divisor is 0 */
        OP_NEGATE,
        /* comparison: two operands of the same type, any but NULL; BOOLEAN. Text by its bytes. */
        OP_EQUAL,
        OP_NOT_EQUAL,
        OP_LESS,
        OP_LESS_OR_EQUAL,
        OP_GREATER,
        OP_GREATER_OR_EQUAL,
        OP_EQUAL_NULL_SAFE, /* <=>: NULL equals NULL; never NULL */
        /* three-valued logic: BOOLEAN operands */
        OP_AND,
        OP_OR,
        OP_NOT,
        OP_IS_NULL, /* any type; never NULL */
        OP_IS_NOT_NULL,
        OP_IN,       /* value, candidates... of one type; NULL if not found and any of them is NULL */
        OP_LIKE,     /* text, pattern; % and _ (a code point), backslash escapes; both STRING */
        OP_COALESCE, /* one or more of one type: the first that is not NULL */
        OP_CASE, /* condition, value, condition, value, ..., else (always there, perhaps a NULL literal) */
        _EXPR_OP_MAX,
} ExprOp;

Expr *expr_new_column(size_t index, ValueType type);
Expr *expr_new_null(ValueType type);
Expr *expr_new_boolean(bool value);
Expr *expr_new_int(int32_t value);
Expr *expr_new_bigint(int64_t value);
Expr *expr_new_double(double value);
Expr *expr_new_timestamp(int64_t usec);
Expr *expr_new_string(const char *data, size_t size);
/* Spark's non-ANSI casts between any two types; what does not fit is NULL. To the operand's own type: the
 * operand. Casts from DOUBLE to INT/BIGINT truncate and saturate (NaN: 0), BIGINT to INT keep the low bits,
 * as in Spark; DOUBLE and integers to TIMESTAMP are seconds since the epoch, TIMESTAMP to BIGINT floors to
 * seconds. Text of a TIMESTAMP: "2026-01-31 12:34:56.789" (UTC). */
Expr *expr_new_cast(Expr *operand, ValueType type);
/* type: of the result. */
Expr *expr_new_call(ExprOp op, ValueType type, Expr **arguments /* copied */, size_t n_arguments);
/* Adds a constant to a TIMESTAMP (window.end = window.start + size). */
Expr *expr_new_shift(Expr *timestamp, int64_t usec);

bool expr_equal(const Expr *a, const Expr *b);
/* Marks in used[] the columns that the expression reads. */
void expr_mark_columns(const Expr *expr, bool *used);
/* Reads no column: its value does not depend on the row. */
bool expr_is_constant(const Expr *expr);
/* Whether LIKE can use it: every backslash stands before %, _ or a backslash. Of a pattern that comes from
 * data and is not, LIKE gives NULL; the analyzer refuses one in the query's text, as Spark does. */
bool like_pattern_is_valid(const char *pattern, size_t size);
/* Renders one value as Spark's cast to STRING does ("1.0E10", "2026-01-31 12:34:56"); into the arena. Also
 * used by sinks. NULL values have no text: returns -ENODATA. */
int vector_value_text(const Vector *vector, size_t row, Arena *arena, Text *ret);
/* Appends how the expression may be written in SQL, every cast and all brackets shown; names[i] stands for
 * column i of the batch. Returns 0 or -ENOMEM. */
int expr_append_text(const Expr *expr, const char *const *names, Buffer *buffer);
