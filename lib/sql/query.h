/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"
#include "columns/schema.h"
#include "expression/expression.h"

/* The typed plan of one SELECT. Both the workers (filter, keys, aggregate inputs) and the job (HAVING,
 * outputs) make it from the same text, so it never travels.
 *
 * Without GROUP BY:  rows -> where -> outputs (over the source's columns).
 * With GROUP BY:     rows -> where -> keys and aggregate inputs (over the source's columns) -> groups
 *                    -> having, outputs (over a batch of the keys followed by the aggregates' results). */
typedef enum AggregateFunction {
        AGGREGATE_COUNT_ALL, /* count(*): BIGINT */
        AGGREGATE_COUNT,     /* count(x): BIGINT */
        AGGREGATE_SUM,       /* BIGINT for INT and BIGINT (wraps), DOUBLE for DOUBLE; NULL without values */
        AGGREGATE_AVG,       /* DOUBLE, as its input; NULL without values */
        AGGREGATE_MIN,       /* of any type but NULL */
        AGGREGATE_MAX,
        _AGGREGATE_MAX,
} AggregateFunction;

typedef struct Aggregate {
        AggregateFunction function;
        Expr *input; /* NULL for count(*) */
        ValueType type;
} Aggregate;

typedef enum WindowKind { WINDOW_NONE, WINDOW_TUMBLING } WindowKind;

/* The window is the key at key_index: its start, as TIMESTAMP; that key's expression is the event time and
 * lib/window makes the start of it. Its end is start + size. */
typedef struct WindowSpec {
        WindowKind kind;
        size_t key_index;
        usec_t size_usec;
} WindowSpec;

typedef struct Output {
        char *name;
        Expr *expr;
        bool is_key; /* this output is a GROUP BY key or a bound of the window: it names the row for an
                        upsert */
} Output;

typedef struct Query {
        Schema *source; /* the columns given, then "event_time" TIMESTAMP */
        bool *used;     /* per column of the source: read by the query */
        Expr *where;    /* or NULL */
        bool grouped;   /* GROUP BY or an aggregate; without GROUP BY there are no keys and one group */
        WindowSpec window;
        Expr **keys;
        size_t n_keys;
        Aggregate *aggregates;
        size_t n_aggregates;
        Schema *group; /* columns of a batch of groups: keys, then aggregates; NULL if not grouped */
        Expr *having;  /* or NULL */
        Output *outputs;
        size_t n_outputs;
} Query;

/* Where and what is wrong with a text: offset in bytes from its start, line and column from 1. */
typedef struct SqlError {
        size_t offset;
        unsigned line, column;
        char message[512]; /* "column \"coarse\" not found; did you mean \"course\"?" */
} SqlError;

/* The line of the text that the error is in, and below it a ^ under the place: "GROUP BY coarse\n ^". Tabs
 * and UTF-8 do not move the mark; a long line is cut around it. The caller frees; NULL without memory. */
char *sql_error_picture(const char *text, const SqlError *error);

/* "timestamp DOUBLE, course STRING": name and type per column. Returns 0, -EINVAL with *error filled, or
 * -ENOMEM. */
int schema_parse(const char *text, Schema **ret, SqlError *error);

/* table: the name that FROM must give. columns: of the source, copied; the pseudo-column event_time
 * (TIMESTAMP) is added behind them unless a column has that name. Returns 0, -EINVAL with *error filled,
 * or -ENOMEM. */
int query_parse(const char *text, const char *table, const Schema *columns, Query **ret, SqlError *error);
Query *query_free(Query *query);
DEFINE_CLEANUP(Query *, query_free);

/* Index of event_time in query->source. */
size_t query_event_time_column(const Query *query);
