/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include "sql/coercion.h"

bool type_is_numeric(ValueType type) {
        return type == TYPE_INT || type == TYPE_BIGINT || type == TYPE_DOUBLE;
}

/* The enumeration has the numbers in the order of their width. */
static ValueType wider_number(ValueType a, ValueType b) {
        return MAX(a, b);
}

int common_arithmetic_type(ValueType a, ValueType b, ValueType *ret) {
        ValueType left = a == TYPE_STRING ? TYPE_DOUBLE : a, right = b == TYPE_STRING ? TYPE_DOUBLE : b;

        if (left == TYPE_NULL)
                left = right == TYPE_NULL ? TYPE_DOUBLE : right;
        if (right == TYPE_NULL)
                right = left;
        if (!type_is_numeric(left) || !type_is_numeric(right))
                return -EINVAL;

        *ret = wider_number(left, right);
        return 0;
}

/* findTightestCommonType */
static int tightest_type(ValueType a, ValueType b, ValueType *ret) {
        if (a == b || b == TYPE_NULL)
                *ret = a;
        else if (a == TYPE_NULL)
                *ret = b;
        else if (type_is_numeric(a) && type_is_numeric(b))
                *ret = wider_number(a, b);
        else
                return -EINVAL;
        return 0;
}

/* PromoteStrings, BooleanEquality */
int common_comparison_type(ValueType a, ValueType b, bool equality, ValueType *ret) {
        ValueType type;

        if (tightest_type(a, b, &type) >= 0)
                *ret = type == TYPE_NULL ? TYPE_BOOLEAN : type;
        else if (a == TYPE_STRING)
                *ret = b;
        else if (b == TYPE_STRING)
                *ret = a;
        else if (equality && a == TYPE_BOOLEAN && type_is_numeric(b))
                *ret = b;
        else if (equality && b == TYPE_BOOLEAN && type_is_numeric(a))
                *ret = a;
        else
                return -EINVAL;
        return 0;
}

/* findWiderTypeForTwo */
static int wider_type(ValueType a, ValueType b, ValueType *ret) {
        if (tightest_type(a, b, ret) >= 0)
                return 0;
        if ((a != TYPE_STRING && b != TYPE_STRING) || a == TYPE_BOOLEAN || b == TYPE_BOOLEAN)
                return -EINVAL;
        *ret = TYPE_STRING;
        return 0;
}

/* The first type that has none in common with the first of all, or else the last. */
static size_t find_misfit(const ValueType *types, size_t n_types) {
        ValueType first = TYPE_NULL, type;

        for (size_t i = 0; i < n_types; i++) {
                if (wider_type(first, types[i], &type) < 0)
                        return i;
                if (first == TYPE_NULL)
                        first = types[i];
        }
        return n_types - 1;
}

int common_type(const ValueType *types, size_t n_types, ValueType *ret, size_t *ret_misfit) {
        ValueType type = TYPE_NULL;

        /* Text first: TIMESTAMP, INT, STRING have a common type, though TIMESTAMP and INT have none. */
        for (size_t i = 0; i < n_types; i++)
                if (types[i] == TYPE_STRING)
                        type = TYPE_STRING;
        for (size_t i = 0; i < n_types; i++)
                if (wider_type(type, types[i], &type) < 0) {
                        *ret_misfit = find_misfit(types, n_types);
                        return -EINVAL;
                }

        *ret = type;
        return 0;
}

bool type_is_implicitly(ValueType from, ValueType to) {
        if (from == to || from == TYPE_NULL || to == TYPE_STRING)
                return true;
        if (type_is_numeric(to))
                return type_is_numeric(from) || from == TYPE_STRING;
        return to == TYPE_TIMESTAMP && from == TYPE_STRING;
}

int expr_coerce(Expr **expr, ValueType type) {
        if (expr_type(*expr) == type)
                return 0;
        if (expr_type(*expr) == TYPE_NULL) {
                expr_free(*expr);
                *expr = expr_new_null(type);
        } else
                *expr = expr_new_cast(*expr, type);
        return *expr ? 0 : -ENOMEM;
}
