/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "sql/syntax.h"

/* Text -> syntax tree. The texts come from whoever may write a job's file; the limits keep a hostile one
 * from costing more than a good one: the walks over the tree are recursive, and some pairs of things in a
 * text are compared each with each. */
#define SQL_TEXT_BYTES_MAX ((size_t)64 * 1024)
#define SQL_DEPTH_MAX 500 /* levels of an expression */
#define SQL_NAME_BYTES_MAX 255
#define SQL_LIST_MAX 1000 /* columns of a source, outputs and keys of a query */

/* The tree lives in the arena. columns: of the source, to tell a reserved word from a column of that name
 * in an error message. Returns 0, -EINVAL with *error filled, or -ENOMEM. */
int sql_parse_select(const char *text, const Schema *columns, Arena *arena, Select *ret, SqlError *error);
int sql_parse_columns(const char *text, Arena *arena, const ColumnDefinition **ret, SqlError *error);
