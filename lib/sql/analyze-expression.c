/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "columns/timestamp.h"
#include "sql/analysis.h"

/* BETWEEN, CASE with a value, and some functions read an operand more than once and have it analyzed each
 * time, so nesting them multiplies; no honest query comes near. */
#define NODES_MAX 50000

int analysis_fail(const Analysis *analysis, SqlSpan span, const char *format, ...) {
        char message[sizeof(analysis->error->message)];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);

        return sql_error_set(analysis->error, analysis->text, span.begin, "%s", message);
}

int fail_untyped(const Analysis *analysis, const Node *node) {
        return analysis_fail(analysis, node->span, "NULL alone has no type; expected CAST(NULL AS type)");
}

int expr_list_add(ExprList *list, Expr *expr) {
        Expr **items;

        if (!expr)
                return -ENOMEM;
        items = reallocarray(list->items, list->n_items + 1, sizeof(Expr *));
        if (!items) {
                expr_free(expr);
                return -ENOMEM;
        }
        list->items = items;
        list->items[list->n_items++] = expr;
        return 0;
}

void expr_list_done(ExprList *list) {
        for (size_t i = 0; i < list->n_items; i++)
                expr_free(list->items[i]);
        free(list->items);
        *list = (ExprList){};
}

Expr *expr_list_call(ExprList *list, ExprOp op, ValueType type) {
        size_t n = list->n_items;

        list->n_items = 0;
        return expr_new_call(op, type, list->items, n);
}

int analyze_all(Analysis *analysis, Node *const *nodes, size_t n_nodes, ExprList *list) {
        int r;

        for (size_t i = 0; i < n_nodes; i++) {
                Expr *expr;

                r = analyze(analysis, nodes[i], &expr);
                if (r < 0)
                        return r;
                r = expr_list_add(list, expr);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* 1 is an INT or, if it is too large, a BIGINT; 1L a BIGINT; 1.5, 1e3 and 1D are DOUBLE. */
static int analyze_number(const Analysis *analysis, const Node *node, Expr **ret) {
        size_t digits = strspn(node->name, "-0123456789");
        char suffix = node->name[digits];
        long long integer;

        if (suffix != '\0' && suffix != 'l' && suffix != 'L') {
                double number = strtod(node->name, NULL);

                if (!isfinite(number))
                        return analysis_fail(analysis, node->span, "%.64s is out of the range of DOUBLE",
                                             node->name);
                *ret = expr_new_double(number);
                return *ret ? 0 : -ENOMEM;
        }

        errno = 0;
        integer = strtoll(node->name, NULL, 10);
        if (errno == ERANGE)
                return analysis_fail(analysis, node->span,
                                     "%.64s is out of the range of BIGINT; as DOUBLE it is %.*sD",
                                     node->name, (int)MIN(digits, (size_t)64), node->name);
        if (suffix == '\0' && integer >= INT32_MIN && integer <= INT32_MAX)
                *ret = expr_new_int((int32_t)integer);
        else
                *ret = expr_new_bigint(integer);
        return *ret ? 0 : -ENOMEM;
}

static int analyze_timestamp(const Analysis *analysis, const Node *node, Expr **ret) {
        int64_t usec;

        if (timestamp_parse(node->string.data, node->string.size, &usec) < 0)
                return analysis_fail(
                        analysis, node->span,
                        "this is no point in time; expected one such as '2026-01-31 12:34:56.789'");
        *ret = expr_new_timestamp(usec);
        return *ret ? 0 : -ENOMEM;
}

int analyze_literal(const Analysis *analysis, const Node *node, Expr **ret) {
        switch (node->kind) {
        case NODE_NUMBER: return analyze_number(analysis, node, ret);
        case NODE_TIMESTAMP: return analyze_timestamp(analysis, node, ret);
        case NODE_BOOLEAN: *ret = expr_new_boolean(node->boolean); break;
        case NODE_STRING: *ret = expr_new_string(node->string.data, node->string.size); break;
        default: *ret = expr_new_null(TYPE_NULL); break;
        }
        return *ret ? 0 : -ENOMEM;
}

static int analyze_cast(Analysis *analysis, const Node *node, Expr **ret) {
        _cleanup_(expr_freep) Expr *operand = NULL;
        ValueType type;
        int r;

        r = analyze_type(analysis->error, analysis->text, node->name_span, node->name, &type);
        if (r < 0)
                return r;
        r = analyze(analysis, node->arguments[0], &operand);
        if (r < 0)
                return r;
        r = expr_coerce(&operand, type);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(operand);
        return 0;
}

int analyze(Analysis *analysis, const Node *node, Expr **ret) {
        int key;

        if (++analysis->n_nodes > NODES_MAX)
                return analysis_fail(analysis, node->span, "the query is too complex");

        if (analysis->over_groups) {
                key = find_key(analysis, node);
                if (key >= 0) {
                        *ret = expr_new_column((size_t)key, expr_type(analysis->query->keys[key]));
                        return *ret ? 0 : -ENOMEM;
                }
        }

        switch (node->kind) {
        case NODE_NAME: return analyze_name(analysis, node, ret);
        case NODE_FIELD: return analyze_field(analysis, node, ret);
        case NODE_CALL: return analyze_call(analysis, node, ret);
        case NODE_OPERATOR: return analyze_operator(analysis, node, ret);
        case NODE_BETWEEN: return analyze_between(analysis, node, ret);
        case NODE_CASE:
        case NODE_SWITCH: return analyze_case(analysis, node, ret);
        case NODE_CAST: return analyze_cast(analysis, node, ret);
        case NODE_STAR: return analysis_fail(analysis, node->span, "* cannot stand here");
        default: return analyze_literal(analysis, node, ret);
        }
}
