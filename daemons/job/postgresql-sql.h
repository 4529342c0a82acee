/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "epoch.h"

/* The SQL that puts rows of a schema into a table: TABLE or SCHEMA.TABLE, as the configuration allows it.
 * Functions that return char * return what the caller frees, NULL without memory. */

/* "double precision" */
const char *postgresql_type(ValueType type);
/* Whether a column of a type, as format_type() says it, takes such values: they reach it as texts. A type
 * that rounds them, or takes different ones for one, is none for a key. */
bool postgresql_takes(const char *type, ValueType value, bool is_key) _pure_;
/* "double precision, real or numeric": the types that it takes. */
char *postgresql_types(ValueType value, bool is_key);

/* "a", "b" */
char *postgresql_columns(const Schema *schema);
/* The same of the keys. */
char *postgresql_keys(const Schema *schema);
/* With a unique index on the keys, if there are any and rows are updated. */
char *postgresql_create_table(const char *table, const RowSet *rows);
/* What makes a table of somebody else's fit. */
char *postgresql_create_index(const char *table, const RowSet *rows);
char *postgresql_add_column(const char *table, const Column *column);
char *postgresql_change_column(const char *table, const Column *column);
char *postgresql_drop_not_null(const char *table, const Column *column);
/* A temporary table, streametl_rows, that takes the rows of one transaction. */
char *postgresql_create_stage(const char *table, const char *columns);
/* From there to the table. */
char *postgresql_merge(const char *table, const RowSet *rows);
/* A row replaces the one with its keys. */
bool postgresql_upserts(const RowSet *rows) _pure_;
/* The rows are the whole result: those of the epoch before go. */
bool postgresql_replaces_all(const RowSet *rows) _pure_;
char *postgresql_delete_all(const char *table);

/* PostgreSQL takes no NUL in a text, and no key of more than about 2.7 kB in an index: such a row is
 * refused, for good. The column that is to blame, or -1. */
int postgresql_refused_column(const RowSet *rows, const Batch *batch, size_t row);

/* A line for COPY (text format). Returns 0 or -ENOMEM. */
int postgresql_append_row(const Batch *batch, size_t n_columns, size_t row, Arena *arena, Buffer *out);
