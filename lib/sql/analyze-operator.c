/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include "sql/analysis.h"

/* What the operands of an operator meet at, and what comes out. */

typedef enum OperatorClass {
        ARITHMETIC,
        DIVISION,
        COMPARISON,
        EQUALITY,
        LOGIC,
        NULL_TEST,
        MEMBERSHIP,
        PATTERN
} OperatorClass;

static const struct {
        const char *name;
        OperatorClass class;
} operators[_EXPR_OP_MAX] = {
        [OP_ADD] = {"+", ARITHMETIC},
        [OP_SUBTRACT] = {"-", ARITHMETIC},
        [OP_MULTIPLY] = {"*", ARITHMETIC},
        [OP_DIVIDE] = {"/", DIVISION},
        [OP_REMAINDER] = {"%", ARITHMETIC},
        [OP_NEGATE] = {"-", ARITHMETIC},
        [OP_EQUAL] = {"=", EQUALITY},
        [OP_NOT_EQUAL] = {"<>", EQUALITY},
        [OP_LESS] = {"<", COMPARISON},
        [OP_LESS_OR_EQUAL] = {"<=", COMPARISON},
        [OP_GREATER] = {">", COMPARISON},
        [OP_GREATER_OR_EQUAL] = {">=", COMPARISON},
        [OP_EQUAL_NULL_SAFE] = {"<=>", EQUALITY},
        [OP_AND] = {"AND", LOGIC},
        [OP_OR] = {"OR", LOGIC},
        [OP_NOT] = {"NOT", LOGIC},
        [OP_IS_NULL] = {"IS NULL", NULL_TEST},
        [OP_IS_NOT_NULL] = {"IS NOT NULL", NULL_TEST},
        [OP_IN] = {"IN", MEMBERSHIP},
        [OP_LIKE] = {"LIKE", PATTERN},
};

/* What the analyzed operands of a node have to become. type: of the operands; result: of the operation. */
typedef struct Coercion {
        ValueType type, result;
} Coercion;

static int fail_operand(const Analysis *analysis, const Node *node, const ExprList *operands, size_t i,
                        const char *wanted) {
        return analysis_fail(analysis, node->arguments[i]->span, "%s takes %s, and this is %s",
                             operators[node->op].name, wanted,
                             value_type_name(expr_type(operands->items[i])));
}

static int require_all(const Analysis *analysis, const Node *node, const ExprList *operands, ValueType type,
                       const char *wanted) {
        for (size_t i = 0; i < operands->n_items; i++)
                if (!type_is_implicitly(expr_type(operands->items[i]), type))
                        return fail_operand(analysis, node, operands, i, wanted);
        return 0;
}

static int arithmetic(const Analysis *analysis, const Node *node, const ExprList *operands, Coercion *ret) {
        ValueType type;
        int r;

        r = require_all(analysis, node, operands, TYPE_DOUBLE, "numbers");
        if (r < 0)
                return r;
        r = common_arithmetic_type(expr_type(operands->items[0]),
                                   expr_type(operands->items[operands->n_items - 1]), &type);
        if (r < 0)
                return r;
        if (operators[node->op].class == DIVISION)
                type = TYPE_DOUBLE;
        *ret = (Coercion){type, type};
        return 0;
}

static int comparison(const Analysis *analysis, const Node *node, const ExprList *operands, Coercion *ret) {
        ValueType a = expr_type(operands->items[0]), b = expr_type(operands->items[1]), type;

        if (common_comparison_type(a, b, operators[node->op].class == EQUALITY, &type) < 0)
                return analysis_fail(analysis, node->arguments[1]->span,
                                     "%s cannot compare %s with %s; CAST one of them to the other's type",
                                     operators[node->op].name, value_type_name(a), value_type_name(b));
        *ret = (Coercion){type, TYPE_BOOLEAN};
        return 0;
}

static int membership(const Analysis *analysis, const Node *node, const ExprList *operands, Coercion *ret) {
        _cleanup_free_ ValueType *types = new (ValueType, operands->n_items);
        ValueType type;
        size_t misfit;

        if (!types)
                return -ENOMEM;
        for (size_t i = 0; i < operands->n_items; i++)
                types[i] = expr_type(operands->items[i]);
        if (common_type(types, operands->n_items, &type, &misfit) < 0)
                return analysis_fail(analysis, node->arguments[misfit]->span,
                                     "IN compares values of one type; this is %s, but the first is %s",
                                     value_type_name(types[misfit]), value_type_name(types[0]));
        *ret = (Coercion){type == TYPE_NULL ? TYPE_BOOLEAN : type, TYPE_BOOLEAN};
        return 0;
}

static int find_coercion(const Analysis *analysis, const Node *node, const ExprList *operands,
                         Coercion *ret) {
        switch (operators[node->op].class) {
        case ARITHMETIC:
        case DIVISION: return arithmetic(analysis, node, operands, ret);
        case COMPARISON:
        case EQUALITY: return comparison(analysis, node, operands, ret);
        case MEMBERSHIP: return membership(analysis, node, operands, ret);
        case LOGIC:
                *ret = (Coercion){TYPE_BOOLEAN, TYPE_BOOLEAN};
                return require_all(analysis, node, operands, TYPE_BOOLEAN, "conditions (BOOLEAN)");
        case PATTERN: *ret = (Coercion){TYPE_STRING, TYPE_BOOLEAN}; return 0;
        default: *ret = (Coercion){expr_type(operands->items[0]), TYPE_BOOLEAN}; return 0;
        }
}

/* A pattern in the query's text; one that comes from data may be bad in one row and good in the next. */
static int check_pattern(const Analysis *analysis, const Node *pattern) {
        if (pattern->kind != NODE_STRING ||
            like_pattern_is_valid(pattern->string.data, pattern->string.size))
                return 0;
        return analysis_fail(analysis, pattern->span,
                             "in a pattern a backslash stands before %%, _ or another backslash only");
}

int analyze_operator(Analysis *analysis, const Node *node, Expr **ret) {
        _cleanup_expr_list_ ExprList operands = {};
        Coercion coercion;
        int r;

        r = analyze_all(analysis, node->arguments, node->n_arguments, &operands);
        if (r < 0)
                return r;
        r = find_coercion(analysis, node, &operands, &coercion);
        if (r < 0)
                return r;
        if (node->op == OP_LIKE) {
                r = check_pattern(analysis, node->arguments[1]);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < operands.n_items; i++) {
                r = expr_coerce(&operands.items[i], coercion.type);
                if (r < 0)
                        return r;
        }

        *ret = expr_list_call(&operands, node->op, coercion.result);
        return *ret ? 0 : -ENOMEM;
}

static Node *compare(const Analysis *analysis, ExprOp op, Node *left, Node *right) {
        return node_new_operator(analysis->arena, op, left->span, left, right);
}

/* x >= least AND x <= greatest: each with types of its own, as in Spark. */
int analyze_between(Analysis *analysis, const Node *node, Expr **ret) {
        Node *value = node->arguments[0], *from, *to, *both;

        from = compare(analysis, OP_GREATER_OR_EQUAL, value, node->arguments[1]);
        to = compare(analysis, OP_LESS_OR_EQUAL, value, node->arguments[2]);
        if (!from || !to)
                return -ENOMEM;
        both = compare(analysis, OP_AND, from, to);
        return both ? analyze_operator(analysis, both, ret) : -ENOMEM;
}

/* The parts of CASE in turn: condition, result, ..., else. */
static bool is_condition(const ExprList *parts, size_t i) {
        return i % 2 == 0 && i + 1 < parts->n_items;
}

static size_t result_index(const ExprList *parts, size_t i) {
        return MIN(2 * i + 1, parts->n_items - 1);
}

/* nodes: what the parts were written as. */
static int coerce_parts(const Analysis *analysis, const Node *const *nodes, ExprList *parts,
                        ValueType *ret_type) {
        size_t n_results = parts->n_items / 2 + 1, misfit;
        _cleanup_free_ ValueType *types = new (ValueType, n_results);
        ValueType type;
        int r;

        if (!types)
                return -ENOMEM;

        for (size_t i = 0; i < parts->n_items; i++)
                if (is_condition(parts, i) && !type_is_implicitly(expr_type(parts->items[i]), TYPE_BOOLEAN))
                        return analysis_fail(analysis, nodes[i]->span,
                                             "a condition is BOOLEAN, and this is %s",
                                             value_type_name(expr_type(parts->items[i])));

        for (size_t i = 0; i < n_results; i++)
                types[i] = expr_type(parts->items[result_index(parts, i)]);
        if (common_type(types, n_results, &type, &misfit) < 0)
                return analysis_fail(analysis, nodes[result_index(parts, misfit)]->span,
                                     "the results have no common type; this is %s, but the first is %s",
                                     value_type_name(types[misfit]), value_type_name(types[0]));

        for (size_t i = 0; i < parts->n_items; i++) {
                r = expr_coerce(&parts->items[i], is_condition(parts, i) ? TYPE_BOOLEAN : type);
                if (r < 0)
                        return r;
        }
        *ret_type = type;
        return 0;
}

/* CASE x WHEN y is CASE WHEN x = y; without ELSE it is NULL. */
int analyze_case(Analysis *analysis, const Node *node, Expr **ret) {
        _cleanup_expr_list_ ExprList parts = {};
        _cleanup_free_ const Node **nodes = NULL;
        bool has_value = node->kind == NODE_SWITCH;
        size_t n = node->n_arguments - has_value;
        ValueType type = TYPE_NULL;
        int r;

        nodes = new (const Node *, n);
        if (!nodes)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                Node *part = node->arguments[i + has_value];
                Expr *expr;

                nodes[i] = part;
                if (has_value && i % 2 == 0 && i + 1 < n) {
                        part = compare(analysis, OP_EQUAL, node->arguments[0], part);
                        if (!part)
                                return -ENOMEM;
                }
                r = analyze(analysis, part, &expr);
                if (r < 0)
                        return r;
                r = expr_list_add(&parts, expr);
                if (r < 0)
                        return r;
        }
        if (n % 2 == 0) {
                r = expr_list_add(&parts, expr_new_null(TYPE_NULL));
                if (r < 0)
                        return r;
        }

        r = coerce_parts(analysis, nodes, &parts, &type);
        if (r < 0)
                return r;
        /* Nothing but NULL: so is the result. */
        *ret = type == TYPE_NULL ? expr_new_null(type) : expr_list_call(&parts, OP_CASE, type);
        return *ret ? 0 : -ENOMEM;
}
