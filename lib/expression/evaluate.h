/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "expression/node.h"

/* How the kinds of operations meet; private to this folder. Each evaluates its own arguments, so that one
 * that needs them one at a time (IN, CASE) does not hold them all. No vector is changed once it has been
 * handed out: it may be a column of the batch. All return 0 or -ENOMEM. */
typedef struct Evaluation {
        const Batch *batch;
        Arena *arena;
} Evaluation;

int evaluate(const Evaluation *evaluation, const Expr *expr, Vector *ret);

int evaluate_arithmetic(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_negate(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_shift(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_comparison(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_equal_null_safe(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_and_or(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_not(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_is_null(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_in(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_coalesce(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_case(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_like(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_cast(const Evaluation *evaluation, const Expr *expr, Vector *ret);

/* Evaluates the first argument, or the first two. */
int evaluate_operand(const Evaluation *evaluation, const Expr *expr, Vector *ret);
int evaluate_operands(const Evaluation *evaluation, const Expr *expr, Vector *ret_left, Vector *ret_right);

/* Writes the literal's value, or its being NULL, to n_rows rows. */
void vector_fill(Vector *vector, const Literal *literal, size_t n_rows);
/* Room for a result whose rows are valid where those of a are, or those of both. */
int vector_new_like(const Evaluation *evaluation, ValueType type, const Vector *a, Vector *ret);
int vector_new_like_both(const Evaluation *evaluation, ValueType type, const Vector *a, const Vector *b,
                         Vector *ret);
/* ret_equal[row] = 1 where the values are equal, whatever the validity. */
void vector_equal(const Vector *a, const Vector *b, size_t n_rows, uint8_t *ret_equal);
