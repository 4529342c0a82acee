/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/arena.h"
#include "columns/batch.h"
#include "expression/build.h"
#include "sql/error.h"

/* The syntax tree: what a text says, not yet what it means. All of it lives in one arena, so that an error
 * anywhere leaves nothing to free. */

typedef enum NodeKind {
        NODE_LIST, /* of expressions: its arguments */
        NODE_NULL,
        NODE_BOOLEAN,   /* boolean */
        NODE_NUMBER,    /* name: as written, with its sign */
        NODE_STRING,    /* string: decoded */
        NODE_TIMESTAMP, /* TIMESTAMP '...'; string */
        NODE_STAR,      /* [qualifier.]* in a SELECT list; the * of count(*) */
        NODE_NAME,      /* [qualifier.]name */
        NODE_FIELD,     /* arguments[0].name */
        NODE_CALL,      /* name(arguments) */
        NODE_OPERATOR,  /* operator; arguments as in ExprOp */
        NODE_BETWEEN,   /* value, least, greatest */
        NODE_CASE,      /* condition, result, condition, result, ..., [else] */
        NODE_SWITCH,    /* value, then candidates in place of the conditions of NODE_CASE */
        NODE_CAST,      /* arguments[0] to the type called name */
} NodeKind;

typedef struct Node Node;
struct Node {
        NodeKind kind;
        SqlSpan span;
        unsigned depth; /* 1, or 1 more than the deepest argument */
        bool boolean;
        ExprOp op;
        const char *name, *qualifier;
        SqlSpan name_span; /* of NODE_CAST and NODE_FIELD */
        Text string;
        Node **arguments;
        size_t n_arguments, n_allocated;
};

typedef struct SelectItem SelectItem;
struct SelectItem {
        SelectItem *next;
        const Node *node;
        SqlSpan span;      /* of the expression with its parentheses */
        const char *alias; /* or NULL */
        SqlSpan alias_span;
};

typedef struct Select {
        SelectItem *items, *last_item;
        size_t n_items;
        const char *table, *table_alias;
        SqlSpan table_span;
        const Node *where;    /* or NULL */
        const Node *group_by; /* NODE_LIST or NULL */
        const Node *having;   /* or NULL */
} Select;

typedef struct ColumnDefinition ColumnDefinition;
struct ColumnDefinition {
        ColumnDefinition *next;
        const char *name, *type;
        SqlSpan name_span, type_span;
};

/* Each returns NULL without memory; names and strings stay the caller's (weak) and belong in the arena. */
Node *node_new(Arena *arena, NodeKind kind, SqlSpan span);
Node *node_new_name(Arena *arena, NodeKind kind, SqlSpan span, const char *qualifier, const char *name);
Node *node_new_string(Arena *arena, NodeKind kind, SqlSpan span, Text string);
Node *node_new_boolean(Arena *arena, SqlSpan span, bool boolean);
Node *node_new_unary(Arena *arena, NodeKind kind, SqlSpan span, Node *argument, const char *name,
                     SqlSpan name_span);
/* second: NULL for an operator of one operand. */
Node *node_new_operator(Arena *arena, ExprOp op, SqlSpan span, Node *first, Node *second);
/* A prefix minus; a number behind it takes it in, so that the least INT and BIGINT can be written. */
Node *node_new_negation(Arena *arena, SqlSpan span, Node *operand);
/* The node, or NOT of it. */
Node *node_new_not(Arena *arena, SqlSpan span, bool negated, Node *node);
Node *node_new_between(Arena *arena, SqlSpan span, Node *value, Node *least, Node *greatest);
Node *node_new_in(Arena *arena, SqlSpan span, Node *value, const Node *candidates);
/* kind: NODE_CASE, or NODE_SWITCH with its value. otherwise: NULL without ELSE. */
Node *node_new_case(Arena *arena, NodeKind kind, SqlSpan span, Node *value, const Node *branches,
                    Node *otherwise);
/* arguments: NODE_LIST or NULL. */
Node *node_new_call(Arena *arena, SqlSpan span, const char *name, const Node *arguments);
/* Returns the node; NULL for NULL. */
Node *node_append(Arena *arena, Node *node, Node *argument);

SelectItem *select_item_new(Arena *arena, const Node *node, SqlSpan span, const char *alias,
                            SqlSpan alias_span);
