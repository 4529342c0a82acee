/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "aggregate/group.h"
#include "base/buffer.h"
#include "columns/batch.h"
#include "sql/query.h"

/* An aggregate function over one type of input keeps a state of fixed size per group. All zero bytes are
 * the state before any value. NULL inputs are skipped.
 *
 * count: how many. sum of INT and BIGINT wraps in 64 bits, as Spark's does. avg of INT and BIGINT divides
 * the exact sum (128 bits); Spark adds up doubles, which agrees as long as the sums stay below 2^53. sum and
 * avg of DOUBLE are compensated (Neumaier). min and max: NaN is the greatest, texts compare by their bytes.
 */
typedef struct AggregateKind AggregateKind;

/* The rows of a batch and the group of each: groups[i] is that of row selection[i]. */
typedef struct GroupedRows {
        Group *const *groups;
        const uint16_t *selection;
        size_t n_rows;
} GroupedRows;

#define AGGREGATE_STATE_BYTES_MAX 24
typedef union AggregateState {
        uint64_t alignment;
        uint8_t bytes[AGGREGATE_STATE_BYTES_MAX];
} AggregateState;

struct AggregateKind {
        ValueType input;
        size_t state_bytes; /* a multiple of 8 */
        /* offset: of the state in its Group. Returns 0 or -ENOMEM. */
        int (*add)(const GroupedRows *rows, size_t offset, const Vector *input);
        /* Adds another state, of which nothing is kept; arena: of the group's window. Returns 0 or -ENOMEM.
         */
        int (*merge)(const AggregateKind *kind, void *state, const void *other, Arena *arena);
        int (*encode)(const AggregateKind *kind, const void *state, Buffer *buffer);
        /* Texts stay the reader's. Returns 0 or -EBADMSG. */
        int (*decode)(const AggregateKind *kind, Reader *reader, AggregateState *ret);
        /* Texts stay the state's. */
        void (*result)(const AggregateKind *kind, const void *state, Vector *column, size_t row);
};

/* NULL if the function does not take this type. count(*) takes TYPE_NULL. */
const AggregateKind *aggregate_kind(AggregateFunction function, ValueType input);
