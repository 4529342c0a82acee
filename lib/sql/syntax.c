/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <stdio.h>

#include "sql/syntax.h"

Node *node_new(Arena *arena, NodeKind kind, SqlSpan span) {
        Node *node = arena_alloc(arena, sizeof(Node));

        if (node)
                *node = (Node){.kind = kind, .span = span, .name_span = span, .depth = 1};
        return node;
}

Node *node_append(Arena *arena, Node *node, Node *argument) {
        if (!node || !argument)
                return NULL;

        if (node->n_arguments == node->n_allocated) {
                size_t n = MAX(node->n_allocated * 2, (size_t)2);
                Node **arguments = arena_alloc(arena, n * sizeof(Node *));

                if (!arguments)
                        return NULL;
                if (node->n_arguments > 0)
                        memcpy(arguments, node->arguments, node->n_arguments * sizeof(Node *));
                node->arguments = arguments;
                node->n_allocated = n;
        }
        node->arguments[node->n_arguments++] = argument;

        node->depth = MAX(node->depth, argument->depth + 1);
        node->span.begin = MIN(node->span.begin, argument->span.begin);
        node->span.end = MAX(node->span.end, argument->span.end);
        return node;
}

static Node *append_all(Arena *arena, Node *node, const Node *list) {
        for (size_t i = 0; i < list->n_arguments; i++)
                node = node_append(arena, node, list->arguments[i]);
        return node;
}

Node *node_new_name(Arena *arena, NodeKind kind, SqlSpan span, const char *qualifier, const char *name) {
        Node *node = node_new(arena, kind, span);

        if (node) {
                node->qualifier = qualifier;
                node->name = name;
        }
        return node;
}

Node *node_new_string(Arena *arena, NodeKind kind, SqlSpan span, Text string) {
        Node *node = node_new(arena, kind, span);

        if (node)
                node->string = string;
        return node;
}

Node *node_new_boolean(Arena *arena, SqlSpan span, bool boolean) {
        Node *node = node_new(arena, NODE_BOOLEAN, span);

        if (node)
                node->boolean = boolean;
        return node;
}

Node *node_new_unary(Arena *arena, NodeKind kind, SqlSpan span, Node *argument, const char *name,
                     SqlSpan name_span) {
        Node *node = node_append(arena, node_new(arena, kind, span), argument);

        if (node) {
                node->name = name;
                node->name_span = name_span;
        }
        return node;
}

Node *node_new_operator(Arena *arena, ExprOp op, SqlSpan span, Node *first, Node *second) {
        Node *node = node_append(arena, node_new(arena, NODE_OPERATOR, span), first);

        if (node && second)
                node = node_append(arena, node, second);
        if (node)
                node->op = op;
        return node;
}

Node *node_new_negation(Arena *arena, SqlSpan span, Node *operand) {
        char *negative;
        size_t size;

        if (operand->kind != NODE_NUMBER || operand->name[0] == '-')
                return node_new_operator(arena, OP_NEGATE, span, operand, NULL);

        size = strlen(operand->name) + 2;
        negative = arena_alloc(arena, size);
        if (!negative)
                return NULL;
        snprintf(negative, size, "-%s", operand->name);
        return node_new_name(arena, NODE_NUMBER, span, NULL, negative);
}

Node *node_new_not(Arena *arena, SqlSpan span, bool negated, Node *node) {
        return negated ? node_new_operator(arena, OP_NOT, span, node, NULL) : node;
}

Node *node_new_between(Arena *arena, SqlSpan span, Node *value, Node *least, Node *greatest) {
        Node *node = node_append(arena, node_new(arena, NODE_BETWEEN, span), value);

        return node_append(arena, node_append(arena, node, least), greatest);
}

Node *node_new_in(Arena *arena, SqlSpan span, Node *value, const Node *candidates) {
        return append_all(arena, node_new_operator(arena, OP_IN, span, value, NULL), candidates);
}

Node *node_new_case(Arena *arena, NodeKind kind, SqlSpan span, Node *value, const Node *branches,
                    Node *otherwise) {
        Node *node = node_new(arena, kind, span);

        if (value)
                node = node_append(arena, node, value);
        node = append_all(arena, node, branches);
        return otherwise ? node_append(arena, node, otherwise) : node;
}

Node *node_new_call(Arena *arena, SqlSpan span, const char *name, const Node *arguments) {
        Node *node = node_new_name(arena, NODE_CALL, span, NULL, name);

        return arguments ? append_all(arena, node, arguments) : node;
}

SelectItem *select_item_new(Arena *arena, const Node *node, SqlSpan span, const char *alias,
                            SqlSpan alias_span) {
        SelectItem *item = arena_alloc(arena, sizeof(SelectItem));

        if (item)
                *item = (SelectItem){.node = node, .span = span, .alias = alias, .alias_span = alias_span};
        return item;
}
