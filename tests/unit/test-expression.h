/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "expression/build.h"

/* Values as the tests' tables write them, and one operation done on them. */
typedef struct Value {
        ValueType type;
        bool is_null;
        union {
                bool boolean;
                int32_t integer;
                int64_t bigint; /* and timestamp */
                double number;
                Text text;
        };
} Value;

#define BOOLEAN(x) {.type = TYPE_BOOLEAN, .boolean = (x)}
#define INT(x) {.type = TYPE_INT, .integer = (x)}
#define BIGINT(x) {.type = TYPE_BIGINT, .bigint = (x)}
#define DOUBLE(x) {.type = TYPE_DOUBLE, .number = (x)}
#define TIMESTAMP(x) {.type = TYPE_TIMESTAMP, .bigint = (x)}
#define BYTES(x, n)                                                                                         \
        {                                                                                                   \
                .type = TYPE_STRING, .text = {(x), (n) }                                                    \
        }
#define STRING(x) BYTES(x, sizeof(x) - 1)
#define NULL_OF(t) {.type = (t), .is_null = true}

#define TRUE BOOLEAN(true)
#define FALSE BOOLEAN(false)
#define UNKNOWN NULL_OF(TYPE_BOOLEAN)

static inline Value value_get(const Vector *vector, size_t row) {
        Value value = {.type = vector->type, .is_null = !vector->valid[row]};

        if (value.is_null)
                return value;
        switch (vector->type) {
        case TYPE_BOOLEAN: value.boolean = vector->booleans[row]; break;
        case TYPE_INT: value.integer = vector->ints[row]; break;
        case TYPE_DOUBLE: value.number = vector->doubles[row]; break;
        case TYPE_STRING: value.text = vector->texts[row]; break;
        default: value.bigint = vector->bigints[row];
        }
        return value;
}

static inline void value_set(Vector *vector, size_t row, const Value *value) {
        assert_int_equal(vector->type, value->type);
        vector->valid[row] = !value->is_null;
        if (value->is_null)
                return;
        switch (value->type) {
        case TYPE_BOOLEAN: vector->booleans[row] = value->boolean; break;
        case TYPE_INT: vector->ints[row] = value->integer; break;
        case TYPE_DOUBLE: vector->doubles[row] = value->number; break;
        case TYPE_STRING: vector->texts[row] = value->text; break;
        default: vector->bigints[row] = value->bigint;
        }
}

static inline Expr *value_literal(const Value *value) {
        if (value->is_null)
                return expr_new_null(value->type);
        switch (value->type) {
        case TYPE_BOOLEAN: return expr_new_boolean(value->boolean);
        case TYPE_INT: return expr_new_int(value->integer);
        case TYPE_BIGINT: return expr_new_bigint(value->bigint);
        case TYPE_DOUBLE: return expr_new_double(value->number);
        case TYPE_TIMESTAMP: return expr_new_timestamp(value->bigint);
        default: return expr_new_string(value->text.data, value->text.size);
        }
}

#define VALUE_SHOWN_MAX 96

static inline const char *value_show(const Value *value, char buffer[static VALUE_SHOWN_MAX]) {
        size_t n = (size_t)snprintf(buffer, VALUE_SHOWN_MAX, "%d:", (int)value->type);
        size_t left = VALUE_SHOWN_MAX - n;

        if (value->is_null)
                snprintf(buffer + n, left, "NULL");
        else if (value->type == TYPE_BOOLEAN)
                snprintf(buffer + n, left, "%s", value->boolean ? "true" : "false");
        else if (value->type == TYPE_INT)
                snprintf(buffer + n, left, "%" PRId32, value->integer);
        else if (value->type == TYPE_DOUBLE)
                snprintf(buffer + n, left, "%.17g", value->number);
        else if (value->type == TYPE_STRING)
                snprintf(buffer + n, left, "'%.*s'", (int)MIN(value->text.size, (size_t)64),
                         value->text.data);
        else
                snprintf(buffer + n, left, "%" PRId64, value->bigint);
        return buffer;
}

/* Doubles by their bits, so that 0.0 is not -0.0; any NaN is like any other. */
static inline bool value_same(const Value *a, const Value *b) {
        if (a->type != b->type || a->is_null != b->is_null)
                return false;
        if (a->is_null)
                return true;
        switch (a->type) {
        case TYPE_BOOLEAN: return a->boolean == b->boolean;
        case TYPE_INT: return a->integer == b->integer;
        case TYPE_DOUBLE:
                return isnan(a->number) ? isnan(b->number)
                                        : memcmp(&a->number, &b->number, sizeof(double)) == 0;
        case TYPE_STRING:
                return a->text.size == b->text.size &&
                       (a->text.size == 0 ||
                        (b->text.data && memcmp(a->text.data, b->text.data, a->text.size) == 0));
        default: return a->bigint == b->bigint;
        }
}

static inline void assert_value(const Value *actual, const Value *expected, const char *what, size_t index) {
        char actual_text[VALUE_SHOWN_MAX], expected_text[VALUE_SHOWN_MAX];

        if (!value_same(actual, expected))
                fail_msg("%s %zu: got %s, expected %s", what, index, value_show(actual, actual_text),
                         value_show(expected, expected_text));
}

/* A batch of three rows whose middle one holds the values; the others are NULL. What NULLs hold looks like
 * values (true, for one) and differs between columns; only texts must be empty. */
static inline Batch *values_batch(const Value *values, size_t n_values) {
        Column columns[8];
        Batch *batch = NULL;

        assert_true(n_values <= ELEMENTSOF(columns));
        for (size_t i = 0; i < n_values; i++)
                columns[i] = (Column){.type = values[i].type};
        assert_int_equal(batch_new(&(Schema){columns, n_values}, NULL, &batch), 0);
        batch->n_rows = 3;
        for (size_t i = 0; i < n_values; i++) {
                if (values[i].type != TYPE_STRING)
                        memset(batch->columns[i].values, 1 + 2 * (int)i,
                               3 * value_type_size(values[i].type));
                value_set(&batch->columns[i], 1, &values[i]);
        }
        return batch;
}

typedef Expr *(*MakeExpr)(Expr **arguments, size_t n_arguments, const void *userdata);

/* The expression must give the same over columns, over literals, and over every mixture of them. */
static inline void assert_evaluates(const Value *values, size_t n_values, MakeExpr make,
                                    const void *userdata, const Value *expected, const char *what,
                                    size_t index) {
        _cleanup_(batch_freep) Batch *batch = values_batch(values, n_values);

        for (unsigned literals = 0; literals < 1u << n_values; literals++) {
                _cleanup_(expr_freep) Expr *expr = NULL;
                _cleanup_arena_ Arena arena = {};
                Expr *arguments[8];
                Vector result;
                Value actual;

                for (size_t i = 0; i < n_values; i++)
                        arguments[i] = literals & 1u << i ? value_literal(&values[i])
                                                          : expr_new_column(i, values[i].type);
                expr = make(arguments, n_values, userdata);
                assert_non_null(expr);
                assert_int_equal(expr_type(expr), expected->type);
                assert_int_equal(expr_evaluate(expr, batch, &arena, &result), 0);
                actual = value_get(&result, 1);
                assert_value(&actual, expected, what, index);
        }
}
