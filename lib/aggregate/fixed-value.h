/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "columns/batch.h"

/* Values of the types of fixed size, all as one int64_t that orders and equals as SQL does, so that keys,
 * min and max need one loop for all of them. A DOUBLE becomes the integer of the same rank: -0.0 just below
 * 0.0, and every NaN the same, above infinity. */
static inline int64_t double_to_rank(double value) {
        int64_t bits;

        if (unlikely(value != value))
                return INT64_C(0x7ff8000000000000);
        memcpy(&bits, &value, sizeof(bits));
        return bits ^ ((bits >> 63) & INT64_MAX);
}

static inline double double_from_rank(int64_t rank) {
        int64_t bits = rank ^ ((rank >> 63) & INT64_MAX);
        double value;

        memcpy(&value, &bits, sizeof(value));
        return value;
}

/* The selected rows of a vector of any type but STRING. Rows that are NULL give anything. */
void fixed_values_load(const Vector *vector, const uint16_t *selection, size_t n_rows, int64_t *ret);

int64_t fixed_value_get(const Vector *vector, size_t row);
void fixed_value_set(Vector *vector, size_t row, int64_t value);

/* The value in its type's own size. */
int fixed_value_encode(ValueType type, int64_t value, Buffer *buffer);
/* Returns 0 or -EBADMSG. */
int fixed_value_decode(ValueType type, Reader *reader, int64_t *ret);
