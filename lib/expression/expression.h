/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "columns/batch.h"

/* A typed expression over the columns of a batch. The SQL analyzer makes them; every implicit cast of the
 * text is an explicit EXPR_CAST here, so that the kernels meet operands of one type only.
 *
 * Rules are Spark SQL's with spark.sql.ansi.enabled=false (the streaming reference's behaviour): integer
 * overflow wraps, x / 0 and x % 0 are NULL, `/` always yields DOUBLE, a cast that does not fit yields NULL,
 * AND/OR/NOT are three-valued, NaN equals NaN and is greater than any number. */
typedef struct Expr Expr;

/* Evaluates over all rows of the batch. Temporary vectors and texts come from arena and live as long as it
 * does; the result may also point into the batch. Returns 0 or -ENOMEM: data can make a value NULL but
 * never an error. */
int expr_evaluate(const Expr *expr, const Batch *batch, Arena *arena, Vector *ret);

ValueType expr_type(const Expr *expr);
Expr *expr_free(Expr *expr);
DEFINE_CLEANUP(Expr *, expr_free);

/* Evaluates a BOOLEAN expression and lists the rows for which it is true (neither false nor NULL), in
 * order. selection has room for batch->n_rows. expr NULL: all rows. */
int expr_select(const Expr *expr, const Batch *batch, Arena *arena, uint16_t *selection,
                size_t *ret_n_selected);
