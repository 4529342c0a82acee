/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <assert.h>
#include <math.h>

#include "base/units.h"
#include "expression/evaluate.h"
#include "expression/text-to-value.h"

/* to has the validity of from; a kernel takes away where the value does not fit. */
typedef int (*CastKernel)(const Vector *from, size_t n_rows, Arena *arena, Vector *to);

static const int64_t usec_per_second = (int64_t)USEC_PER_SEC;

/* Java's (long) and (int) of a double: towards zero, at the ends of the range, NaN is 0. */
static inline int64_t truncate_to_bigint(double value) {
        if (value >= -0x1p63 && value < 0x1p63)
                return (int64_t)value;
        return isnan(value) ? 0 : value < 0 ? INT64_MIN : INT64_MAX;
}

static inline int32_t truncate_to_int(double value) {
        return (int32_t)MAX(MIN(truncate_to_bigint(value), (int64_t)INT32_MAX), (int64_t)INT32_MIN);
}

static inline int64_t seconds_to_timestamp(int64_t seconds) {
        int64_t usec;

        if (__builtin_mul_overflow(seconds, usec_per_second, &usec))
                return seconds < 0 ? INT64_MIN : INT64_MAX;
        return usec;
}

static inline int64_t timestamp_to_seconds(int64_t usec) {
        return usec / usec_per_second - (usec % usec_per_second < 0);
}

#define DEFINE_CAST(name, from_type, to_type, statement)                                                    \
        static int name(const Vector *from, size_t n_rows, Arena *arena, Vector *to) {                      \
                const from_type *in = from->values;                                                         \
                to_type *restrict out = to->values;                                                         \
                                                                                                            \
                for (size_t i = 0; i < n_rows; i++) {                                                       \
                        statement;                                                                          \
                }                                                                                           \
                return 0;                                                                                   \
        }

DEFINE_CAST(boolean_to_int, uint8_t, int32_t, out[i] = in[i])
DEFINE_CAST(boolean_to_bigint, uint8_t, int64_t, out[i] = in[i]) /* also to timestamp: 1 is a microsecond */
DEFINE_CAST(boolean_to_double, uint8_t, double, out[i] = in[i])
DEFINE_CAST(int_to_boolean, int32_t, uint8_t, out[i] = in[i] != 0)
DEFINE_CAST(int_to_bigint, int32_t, int64_t, out[i] = in[i])
DEFINE_CAST(int_to_double, int32_t, double, out[i] = in[i])
DEFINE_CAST(int_to_timestamp, int32_t, int64_t, out[i] = in[i] * usec_per_second)
DEFINE_CAST(bigint_to_boolean, int64_t, uint8_t, out[i] = in[i] != 0)
DEFINE_CAST(bigint_to_int, int64_t, int32_t, out[i] = (int32_t)in[i])
DEFINE_CAST(bigint_to_double, int64_t, double, out[i] = (double)in[i])
DEFINE_CAST(bigint_to_timestamp, int64_t, int64_t, out[i] = seconds_to_timestamp(in[i]))
DEFINE_CAST(double_to_boolean, double, uint8_t, out[i] = in[i] != 0)
DEFINE_CAST(double_to_int, double, int32_t, out[i] = truncate_to_int(in[i]))
DEFINE_CAST(double_to_bigint, double, int64_t, out[i] = truncate_to_bigint(in[i]))
DEFINE_CAST(double_to_timestamp, double, int64_t, {
        to->valid[i] &= (uint8_t)isfinite(in[i]);
        out[i] = truncate_to_bigint(in[i] * (double)usec_per_second);
})
DEFINE_CAST(timestamp_to_int, int64_t, int32_t, out[i] = (int32_t)timestamp_to_seconds(in[i]))
DEFINE_CAST(timestamp_to_bigint, int64_t, int64_t, out[i] = timestamp_to_seconds(in[i]))
DEFINE_CAST(timestamp_to_double, int64_t, double, out[i] = (double)in[i] / (double)usec_per_second)

#define DEFINE_PARSE(name, to_type, parse)                                                                  \
        DEFINE_CAST(name, Text, to_type, {                                                                  \
                out[i] = 0;                                                                                 \
                to->valid[i] &= parse(in[i], &out[i]) >= 0;                                                 \
        })

DEFINE_PARSE(string_to_boolean, uint8_t, text_to_boolean)
DEFINE_PARSE(string_to_int, int32_t, text_to_int)
DEFINE_PARSE(string_to_bigint, int64_t, text_to_bigint)
DEFINE_PARSE(string_to_timestamp, int64_t, text_to_timestamp)
DEFINE_CAST(string_to_double, Text, double, {
        int r = text_to_double(in[i], arena, &out[i]);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                out[i] = 0;
                to->valid[i] = 0;
        }
})

static int any_to_string(const Vector *from, size_t n_rows, Arena *arena, Vector *to) {
        for (size_t i = 0; i < n_rows; i++) {
                int r = vector_value_text(from, i, arena, &to->texts[i]);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        to->texts[i] = (Text){};
        }
        return 0;
}

static int null_to_any(const Vector *from, size_t n_rows, Arena *arena, Vector *to) {
        memset(to->values, 0, n_rows * value_type_size(to->type));
        memset(to->valid, 0, n_rows);
        return 0;
}

/* [from][to]. A cast to the operand's own type is not made; nothing is cast to NULL. */
static const CastKernel kernels[_TYPE_MAX][_TYPE_MAX] = {
        [TYPE_NULL] = {NULL, null_to_any, null_to_any, null_to_any, null_to_any, null_to_any, null_to_any},
        [TYPE_BOOLEAN] = {[TYPE_INT] = boolean_to_int,
                          [TYPE_BIGINT] = boolean_to_bigint,
                          [TYPE_DOUBLE] = boolean_to_double,
                          [TYPE_TIMESTAMP] = boolean_to_bigint,
                          [TYPE_STRING] = any_to_string},
        [TYPE_INT] = {[TYPE_BOOLEAN] = int_to_boolean,
                      [TYPE_BIGINT] = int_to_bigint,
                      [TYPE_DOUBLE] = int_to_double,
                      [TYPE_TIMESTAMP] = int_to_timestamp,
                      [TYPE_STRING] = any_to_string},
        [TYPE_BIGINT] = {[TYPE_BOOLEAN] = bigint_to_boolean,
                         [TYPE_INT] = bigint_to_int,
                         [TYPE_DOUBLE] = bigint_to_double,
                         [TYPE_TIMESTAMP] = bigint_to_timestamp,
                         [TYPE_STRING] = any_to_string},
        [TYPE_DOUBLE] = {[TYPE_BOOLEAN] = double_to_boolean,
                         [TYPE_INT] = double_to_int,
                         [TYPE_BIGINT] = double_to_bigint,
                         [TYPE_TIMESTAMP] = double_to_timestamp,
                         [TYPE_STRING] = any_to_string},
        [TYPE_TIMESTAMP] = {[TYPE_BOOLEAN] = bigint_to_boolean,
                            [TYPE_INT] = timestamp_to_int,
                            [TYPE_BIGINT] = timestamp_to_bigint,
                            [TYPE_DOUBLE] = timestamp_to_double,
                            [TYPE_STRING] = any_to_string},
        [TYPE_STRING] = {[TYPE_BOOLEAN] = string_to_boolean,
                         [TYPE_INT] = string_to_int,
                         [TYPE_BIGINT] = string_to_bigint,
                         [TYPE_DOUBLE] = string_to_double,
                         [TYPE_TIMESTAMP] = string_to_timestamp},
};

int evaluate_cast(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector operand, result;
        CastKernel kernel;
        int r;

        r = evaluate_operand(evaluation, expr, &operand);
        if (r < 0)
                return r;
        r = vector_new_like(evaluation, expr->type, &operand, &result);
        if (r < 0)
                return r;
        kernel = kernels[operand.type][expr->type];
        assert(kernel);
        r = kernel(&operand, evaluation->batch->n_rows, evaluation->arena, &result);
        if (r < 0)
                return r;
        *ret = result;
        return 0;
}
