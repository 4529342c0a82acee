/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <strings.h>

#include "sql/function.h"

/* Takes the input over. The same aggregate of the same input is computed once. */
static int add_aggregate(Query *query, AggregateFunction function, Expr *input, ValueType type, Expr **ret) {
        _cleanup_(expr_freep) Expr *owned = input;
        Aggregate *aggregates;
        Expr *column;
        size_t i;

        for (i = 0; i < query->n_aggregates; i++) {
                const Aggregate *known = query->aggregates + i;

                if (known->function == function &&
                    (known->input && input ? expr_equal(known->input, input) : known->input == input))
                        break;
        }

        column = expr_new_column(query->n_keys + i, type);
        if (!column)
                return -ENOMEM;

        if (i == query->n_aggregates) {
                aggregates = reallocarray(query->aggregates, i + 1, sizeof(Aggregate));
                if (!aggregates) {
                        expr_free(column);
                        return -ENOMEM;
                }
                query->aggregates = aggregates;
                query->aggregates[query->n_aggregates++] =
                        (Aggregate){.function = function, .input = TAKE_PTR(owned), .type = type};
        }

        *ret = column;
        return 0;
}

static int build_operation(Analysis *analysis, const SqlFunction *function, const Node *call,
                           ExprList *arguments, ValueType type, Expr **ret) {
        /* Nothing but NULL: so is the result. */
        *ret = type == TYPE_NULL ? expr_new_null(type) : expr_list_call(arguments, function->code, type);
        return *ret ? 0 : -ENOMEM;
}

static int build_aggregate(Analysis *analysis, const SqlFunction *function, const Node *call,
                           ExprList *arguments, ValueType type, Expr **ret) {
        return add_aggregate(analysis->query, function->code, TAKE_PTR(arguments->items[0]), type, ret);
}

/* count(*), count(x); count(1) is count(*). */
static int build_count(Analysis *analysis, const SqlFunction *function, const Node *call,
                       ExprList *arguments, ValueType type, Expr **ret) {
        static const NodeKind never_null[] = {NODE_STAR, NODE_BOOLEAN, NODE_NUMBER, NODE_STRING,
                                              NODE_TIMESTAMP};
        int r;

        for (size_t i = 0; i < ELEMENTSOF(never_null); i++)
                if (call->arguments[0]->kind == never_null[i])
                        return add_aggregate(analysis->query, AGGREGATE_COUNT_ALL, NULL, type, ret);

        if (expr_type(arguments->items[0]) == TYPE_NULL) {
                r = expr_coerce(&arguments->items[0], TYPE_BOOLEAN);
                if (r < 0)
                        return r;
        }
        return build_aggregate(analysis, function, call, arguments, type, ret);
}

/* count_if(x): count(CASE WHEN x THEN TRUE END) */
static int build_count_if(Analysis *analysis, const SqlFunction *function, const Node *call,
                          ExprList *arguments, ValueType type, Expr **ret) {
        Expr *parts[] = {TAKE_PTR(arguments->items[0]), expr_new_boolean(true), expr_new_null(TYPE_BOOLEAN)};
        Expr *counted = expr_new_call(OP_CASE, TYPE_BOOLEAN, parts, ELEMENTSOF(parts));

        if (!counted)
                return -ENOMEM;
        return add_aggregate(analysis->query, function->code, counted, type, ret);
}

/* CASE WHEN condition THEN result ELSE otherwise END */
static int rewrite_as_case(Analysis *analysis, const Node *call, Node *condition, Node *result,
                           Node *otherwise, Expr **ret) {
        Node *node = node_new(analysis->arena, NODE_CASE, call->span);

        node = node_append(analysis->arena, node, condition);
        node = node_append(analysis->arena, node, result);
        node = node_append(analysis->arena, node, otherwise);
        return node ? analyze(analysis, node, ret) : -ENOMEM;
}

/* if(condition, x, y) */
static int rewrite_if(Analysis *analysis, const SqlFunction *function, const Node *call, ExprList *arguments,
                      ValueType type, Expr **ret) {
        return rewrite_as_case(analysis, call, call->arguments[0], call->arguments[1], call->arguments[2],
                               ret);
}

/* nullif(x, y): CASE WHEN x = y THEN NULL ELSE x END */
static int rewrite_nullif(Analysis *analysis, const SqlFunction *function, const Node *call,
                          ExprList *arguments, ValueType type, Expr **ret) {
        Node *x = call->arguments[0], *y = call->arguments[1];

        return rewrite_as_case(analysis, call,
                               node_new_operator(analysis->arena, OP_EQUAL, call->span, x, y),
                               node_new(analysis->arena, NODE_NULL, call->span), x, ret);
}

/* nvl2(x, y, z): CASE WHEN x IS NOT NULL THEN y ELSE z END */
static int rewrite_nvl2(Analysis *analysis, const SqlFunction *function, const Node *call,
                        ExprList *arguments, ValueType type, Expr **ret) {
        Node *x = call->arguments[0];

        return rewrite_as_case(analysis, call,
                               node_new_operator(analysis->arena, OP_IS_NOT_NULL, call->span, x, NULL),
                               call->arguments[1], call->arguments[2], ret);
}

#define MANY SIZE_MAX

/* clang-format off */
const SqlFunction sql_functions[] = {
        /* name       arguments their types        result            aggregate, builder, its code */
        {"coalesce",  1, MANY, ARGUMENTS_COMMON,  RESULT_ARGUMENT,  false, build_operation, OP_COALESCE},
        {"if",        3, 3,    ARGUMENTS_SYNTAX,  RESULT_REWRITTEN, false, rewrite_if,      0},
        {"ifnull",    2, 2,    ARGUMENTS_COMMON,  RESULT_ARGUMENT,  false, build_operation, OP_COALESCE},
        {"isnotnull", 1, 1,    ARGUMENTS_ANY,     RESULT_BOOLEAN,   false, build_operation, OP_IS_NOT_NULL},
        {"isnull",    1, 1,    ARGUMENTS_ANY,     RESULT_BOOLEAN,   false, build_operation, OP_IS_NULL},
        {"nullif",    2, 2,    ARGUMENTS_SYNTAX,  RESULT_REWRITTEN, false, rewrite_nullif,  0},
        {"nvl",       2, 2,    ARGUMENTS_COMMON,  RESULT_ARGUMENT,  false, build_operation, OP_COALESCE},
        {"nvl2",      3, 3,    ARGUMENTS_SYNTAX,  RESULT_REWRITTEN, false, rewrite_nvl2,    0},

        {"avg",       1, 1,    ARGUMENTS_DOUBLE,  RESULT_DOUBLE,    true,  build_aggregate, AGGREGATE_AVG},
        {"count",     1, 1,    ARGUMENTS_ANY,     RESULT_BIGINT,    true,  build_count,     AGGREGATE_COUNT},
        {"count_if",  1, 1,    ARGUMENTS_BOOLEAN, RESULT_BIGINT,    true,  build_count_if,  AGGREGATE_COUNT},
        {"max",       1, 1,    ARGUMENTS_TYPED,   RESULT_ARGUMENT,  true,  build_aggregate, AGGREGATE_MAX},
        {"mean",      1, 1,    ARGUMENTS_DOUBLE,  RESULT_DOUBLE,    true,  build_aggregate, AGGREGATE_AVG},
        {"min",       1, 1,    ARGUMENTS_TYPED,   RESULT_ARGUMENT,  true,  build_aggregate, AGGREGATE_MIN},
        {"sum",       1, 1,    ARGUMENTS_NUMERIC, RESULT_TOTAL,     true,  build_aggregate, AGGREGATE_SUM},
        {},
};
/* clang-format on */

const SqlFunction *sql_function_find(const char *name) {
        for (const SqlFunction *function = sql_functions; function->name; function++)
                if (strcasecmp(function->name, name) == 0)
                        return function;
        return NULL;
}
