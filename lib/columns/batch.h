/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/arena.h"
#include "columns/schema.h"

/* Values are kept column by column: an operation is a loop over one or two arrays. A batch holds at most
 * this many rows: few enough that its columns stay in the processor's second-level cache. */
#define BATCH_ROWS_MAX 1024

/* Not NUL-terminated. The bytes belong to whoever made the batch (weak). */
typedef struct Text {
        const char *data;
        size_t size;
} Text;

/* One column. Where valid[i] is 0 the value is NULL and values[i] holds anything that can be read safely
 * (a Text then has size 0). */
typedef struct Vector {
        ValueType type;
        uint8_t *valid; /* a byte per row: 1 a value, 0 NULL */
        union {
                void *values;
                uint8_t *booleans; /* 0 or 1 */
                int32_t *ints;
                int64_t *bigints;
                double *doubles;
                int64_t *timestamps; /* microseconds since the epoch */
                Text *texts;
        };
} Vector;

/* Bytes of one value of the type in Vector.values; for TYPE_NULL 1. */
size_t value_type_size(ValueType type);

/* Room for n_rows values of the type, from the arena; validity not set. Returns 0 or -ENOMEM. */
int vector_new(Arena *arena, ValueType type, size_t n_rows, Vector *ret);

/* A batch: n_rows rows in n_columns vectors. For rows of a source the vectors stand in the order of the
 * source's schema; a column that the query does not use has values == NULL. */
typedef struct Batch {
        Vector *columns;
        size_t n_columns;
        size_t n_rows;
        Arena arena; /* texts that had to be decoded, and intermediate vectors: gone at batch_reset() */
} Batch;

/* Makes a batch with room for BATCH_ROWS_MAX rows. used: one bool per column, or NULL for all. */
int batch_new(const Schema *schema, const bool *used, Batch **ret);
Batch *batch_free(Batch *batch);
DEFINE_CLEANUP(Batch *, batch_free);
/* Back to no rows. */
void batch_reset(Batch *batch);
