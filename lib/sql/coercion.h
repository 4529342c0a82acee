/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "expression/build.h"

/* The types that operands of different types meet at: the rules of Spark's TypeCoercion.scala, which hold
 * with spark.sql.ansi.enabled=false. Each returns 0, or -EINVAL where Spark has no such type either. */

bool type_is_numeric(ValueType type);

/* Operands of + - * %: the wider number; text and NULL count as DOUBLE where nothing else says more. */
int common_arithmetic_type(ValueType a, ValueType b, ValueType *ret);
/* Operands of a comparison: text becomes what it is compared with. equality: = and <=> also compare a
 * BOOLEAN with a number. Never TYPE_NULL. */
int common_comparison_type(ValueType a, ValueType b, bool equality, ValueType *ret);
/* Results of CASE, arguments of coalesce(), candidates of IN: others become text where there is text.
 * TYPE_NULL if all are. On failure *ret_misfit is one that does not go with an earlier one. */
int common_type(const ValueType *types, size_t n_types, ValueType *ret, size_t *ret_misfit);
/* May an argument of the one type stand where the other is asked for? */
bool type_is_implicitly(ValueType from, ValueType to);

/* Casts in place. NULL becomes a NULL of the type. Returns 0 or -ENOMEM (*expr is NULL then). */
int expr_coerce(Expr **expr, ValueType type);
