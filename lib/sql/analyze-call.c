/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <stdio.h>
#include <strings.h>

#include "base/nearest.h"
#include "sql/function.h"

/* Calls of functions: which one, is it allowed here, do the arguments fit. */

static int fail_unknown(const Analysis *analysis, const Node *call) {
        const char *names[64] = {"window"}, *nearest;
        size_t n = 1;

        for (const SqlFunction *f = sql_functions; f->name && n + 1 < ELEMENTSOF(names); f++)
                names[n++] = f->name;

        nearest = nearest_name(call->name, names);
        if (nearest)
                return analysis_fail(analysis, call->span, "there is no function \"%s\"; did you mean %s()?",
                                     call->name, nearest);
        return analysis_fail(analysis, call->span,
                             "there is no function \"%s\"; streametl-sql(7) lists those there are",
                             call->name);
}

static int find_function(const Analysis *analysis, const Node *call, const SqlFunction **ret) {
        if (strcasecmp(call->name, "session_window") == 0)
                return analysis_fail(analysis, call->span, "session windows are not supported yet");
        if (node_is_window(call))
                return analysis_fail(analysis, call->span, "window() stands in GROUP BY; %s",
                                     analysis->over_groups
                                             ? "here window.start and window.end are its bounds"
                                             : "its bounds window.start and window.end in SELECT");
        *ret = sql_function_find(call->name);
        return *ret ? 0 : fail_unknown(analysis, call);
}

static int check_count(const Analysis *analysis, const SqlFunction *function, const Node *call) {
        size_t n = call->n_arguments;
        char wanted[64];

        if (n >= function->min_arguments && n <= function->max_arguments)
                return 0;

        if (function->max_arguments == SIZE_MAX)
                snprintf(wanted, sizeof(wanted), "at least %zu", function->min_arguments);
        else if (function->min_arguments == function->max_arguments)
                snprintf(wanted, sizeof(wanted), "%zu", function->min_arguments);
        else
                snprintf(wanted, sizeof(wanted), "%zu to %zu", function->min_arguments,
                         function->max_arguments);
        return analysis_fail(analysis, call->span, "%s() takes %s argument%s, not %zu", function->name,
                             wanted, function->min_arguments == 1 ? "" : "s", n);
}

static int check_place(const Analysis *analysis, const SqlFunction *function, const Node *call) {
        if (!function->is_aggregate)
                return 0;
        if (analysis->inside_aggregate)
                return analysis_fail(analysis, call->span,
                                     "%s() cannot stand inside %s(): an aggregate takes rows",
                                     function->name, analysis->inside_aggregate);
        if (!analysis->over_groups)
                return analysis_fail(
                        analysis, call->span, "%s() cannot stand in %s%s", function->name, analysis->clause,
                        strcmp(analysis->clause, "WHERE") == 0
                                ? ", which sees single rows; conditions on aggregates stand in HAVING"
                                : ": groups must be known before they are aggregated");
        return 0;
}

static int fail_argument(const Analysis *analysis, const SqlFunction *function, const Node *call, size_t i,
                         const char *wanted, ValueType type) {
        return analysis_fail(analysis, call->arguments[i]->span, "%s() takes %s, and this is %s",
                             function->name, wanted, value_type_name(type));
}

static int coerce_common(const Analysis *analysis, const SqlFunction *function, const Node *call,
                         ExprList *arguments) {
        _cleanup_free_ ValueType *types = new (ValueType, arguments->n_items);
        ValueType type;
        size_t misfit;
        int r;

        if (!types)
                return -ENOMEM;
        for (size_t i = 0; i < arguments->n_items; i++)
                types[i] = expr_type(arguments->items[i]);
        if (common_type(types, arguments->n_items, &type, &misfit) < 0)
                return analysis_fail(
                        analysis, call->arguments[misfit]->span,
                        "the arguments of %s() have no common type; this is %s, but the first is %s",
                        function->name, value_type_name(types[misfit]), value_type_name(types[0]));

        for (size_t i = 0; i < arguments->n_items; i++) {
                r = expr_coerce(&arguments->items[i], type);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int coerce_arguments(const Analysis *analysis, const SqlFunction *function, const Node *call,
                            ExprList *arguments) {
        int r = 0;

        if (function->arguments == ARGUMENTS_COMMON)
                return coerce_common(analysis, function, call, arguments);

        for (size_t i = 0; i < arguments->n_items && r >= 0; i++) {
                ValueType type = expr_type(arguments->items[i]);

                switch (function->arguments) {
                case ARGUMENTS_TYPED:
                        if (type == TYPE_NULL)
                                return fail_untyped(analysis, call->arguments[i]);
                        break;
                case ARGUMENTS_NUMERIC:
                case ARGUMENTS_DOUBLE:
                        if (!type_is_implicitly(type, TYPE_DOUBLE))
                                return fail_argument(analysis, function, call, i, "numbers", type);
                        if (function->arguments == ARGUMENTS_DOUBLE || !type_is_numeric(type))
                                r = expr_coerce(&arguments->items[i], TYPE_DOUBLE);
                        break;
                case ARGUMENTS_BOOLEAN:
                        if (!type_is_implicitly(type, TYPE_BOOLEAN))
                                return fail_argument(analysis, function, call, i, "a condition (BOOLEAN)",
                                                     type);
                        r = expr_coerce(&arguments->items[i], TYPE_BOOLEAN);
                        break;
                default: break;
                }
        }
        return r;
}

static ValueType result_type(const SqlFunction *function, const ExprList *arguments) {
        ValueType type = arguments->n_items > 0 ? expr_type(arguments->items[0]) : TYPE_NULL;

        switch (function->result) {
        case RESULT_TOTAL: return type == TYPE_INT ? TYPE_BIGINT : type;
        case RESULT_BIGINT: return TYPE_BIGINT;
        case RESULT_DOUBLE: return TYPE_DOUBLE;
        case RESULT_BOOLEAN: return TYPE_BOOLEAN;
        default: return type;
        }
}

/* The arguments of an aggregate are read from rows, whatever surrounds it. */
static int analyze_arguments(Analysis *analysis, const SqlFunction *function, const Node *call,
                             ExprList *ret) {
        bool over_groups = analysis->over_groups;
        const char *inside = analysis->inside_aggregate;
        int r;

        if (function->is_aggregate) {
                analysis->over_groups = false;
                analysis->inside_aggregate = function->name;
        }
        r = analyze_all(analysis, call->arguments, call->n_arguments, ret);
        analysis->over_groups = over_groups;
        analysis->inside_aggregate = inside;
        return r;
}

int analyze_call(Analysis *analysis, const Node *call, Expr **ret) {
        _cleanup_expr_list_ ExprList arguments = {};
        const SqlFunction *function;
        bool star = call->n_arguments == 1 && call->arguments[0]->kind == NODE_STAR;
        int r;

        r = find_function(analysis, call, &function);
        if (r < 0)
                return r;
        r = check_place(analysis, function, call);
        if (r < 0)
                return r;
        r = check_count(analysis, function, call);
        if (r < 0)
                return r;
        if (star && strcmp(function->name, "count") != 0)
                return analysis_fail(analysis, call->arguments[0]->span, "only count() takes *, not %s()",
                                     function->name);

        if (!star && function->arguments != ARGUMENTS_SYNTAX) {
                r = analyze_arguments(analysis, function, call, &arguments);
                if (r < 0)
                        return r;
                r = coerce_arguments(analysis, function, call, &arguments);
                if (r < 0)
                        return r;
        }

        return function->build(analysis, function, call, &arguments, result_type(function, &arguments), ret);
}
