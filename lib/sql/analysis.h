/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "sql/coercion.h"
#include "sql/parse.h"

/* Syntax tree -> plan. An expression is analyzed either over rows of the source (WHERE, keys, inputs of
 * aggregates; all of a query without groups) or over groups (SELECT and HAVING of a grouped query), where
 * only keys, bounds of the window and aggregates can be read. */
typedef struct Analysis {
        const char *text;
        SqlError *error;
        Arena *arena; /* of the tree; takes nodes that rewriting makes */
        const Select *select;
        Query *query;     /* in the making */
        size_t n_columns; /* of the source, without an added event_time: what * stands for */

        const Node **key_nodes; /* what each of query->keys was written as */
        const char *clause;     /* "WHERE": where the expression at hand stands */
        bool over_groups;
        const char *inside_aggregate; /* its name, or NULL */
        size_t n_nodes;               /* visited, in all */
} Analysis;

/* Fills the query, whose source is there already. n_columns: of the source that * stands for. Returns 0,
 * -EINVAL with *error filled, or -ENOMEM. */
int analyze_select(const char *text, const char *table, size_t n_columns, const Select *select, Arena *arena,
                   Query *query, SqlError *error);

/* Fills the error for the start of the span and returns -EINVAL. */
int analysis_fail(const Analysis *analysis, SqlSpan span, const char *format, ...) _printf_(3, 4);

/* A value of TYPE_NULL where rows or groups need a type. */
int fail_untyped(const Analysis *analysis, const Node *node);
/* The type of a name in a text; the error is filled where there is none. */
int analyze_type(SqlError *error, const char *text, SqlSpan span, const char *name, ValueType *ret);

/* Each returns 0, -EINVAL with the error filled, or -ENOMEM. */
int analyze(Analysis *analysis, const Node *node, Expr **ret);
int analyze_literal(const Analysis *analysis, const Node *node, Expr **ret);
int analyze_operator(Analysis *analysis, const Node *node, Expr **ret);
int analyze_between(Analysis *analysis, const Node *node, Expr **ret);
int analyze_case(Analysis *analysis, const Node *node, Expr **ret);
int analyze_call(Analysis *analysis, const Node *node, Expr **ret);
int analyze_name(Analysis *analysis, const Node *node, Expr **ret);
int analyze_field(const Analysis *analysis, const Node *node, Expr **ret);

/* The outputs, over rows or over groups. */
int analyze_outputs(Analysis *analysis);

/* Is there no qualifier, or is it the table's name or alias? */
bool qualifier_is_table(const Analysis *analysis, const char *qualifier);
int fail_qualifier(const Analysis *analysis, const Node *node);
/* The column of the source that the name means, or -EINVAL with the error filled. */
int resolve_column(const Analysis *analysis, const Node *name);
/* The same without an error: -ENOENT. */
int find_column(const Analysis *analysis, const Node *name);
/* Do both mean the same, whatever the way they are written? */
bool same_meaning(const Analysis *analysis, const Node *a, const Node *b);
/* The key of the query that the node is, or -ENOENT. */
int find_key(const Analysis *analysis, const Node *node);

/* The output of SELECT with an alias of this name, or NULL. */
const SelectItem *find_alias(const Analysis *analysis, const Node *name);

bool node_is_window(const Node *node);
/* The call in GROUP BY. */
int analyze_window(Analysis *analysis, const Node *call, Expr **ret_event_time, usec_t *ret_size_usec);
/* window.start, window.end, window(...).start */
bool node_is_window_bound(const Analysis *analysis, const Node *node);
int analyze_window_bound(const Analysis *analysis, const Node *node, Expr **ret);

/* A list of expressions while it is put together. */
typedef struct ExprList {
        Expr **items;
        size_t n_items;
} ExprList;

int expr_list_add(ExprList *list, Expr *expr /* consumed, also on failure */);
void expr_list_done(ExprList *list);
#define _cleanup_expr_list_ _cleanup_(expr_list_done)
/* expr_new_call() of the list's items; the list is empty then. */
Expr *expr_list_call(ExprList *list, ExprOp op, ValueType type);
/* Analyzes the nodes and appends them. */
int analyze_all(Analysis *analysis, Node *const *nodes, size_t n_nodes, ExprList *list);
