/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "columns/batch.h"

size_t value_type_size(ValueType type) {
        static const uint8_t sizes[_TYPE_MAX] = {
                [TYPE_NULL] = 1,
                [TYPE_BOOLEAN] = sizeof(uint8_t),
                [TYPE_INT] = sizeof(int32_t),
                [TYPE_BIGINT] = sizeof(int64_t),
                [TYPE_DOUBLE] = sizeof(double),
                [TYPE_TIMESTAMP] = sizeof(int64_t),
                [TYPE_STRING] = sizeof(Text),
        };

        return sizes[type];
}

int vector_new(Arena *arena, ValueType type, size_t n_rows, Vector *ret) {
        /* An empty arena hands out NULL for no bytes, which would look like a failure. */
        size_t n = MAX(n_rows, (size_t)1);
        uint8_t *valid = arena_alloc(arena, n);
        void *values = arena_alloc(arena, n * value_type_size(type));

        if (!valid || !values)
                return -ENOMEM;
        *ret = (Vector){.type = type, .valid = valid, .values = values};
        return 0;
}

static int column_new(ValueType type, Vector *ret) {
        _cleanup_free_ uint8_t *valid = new0(uint8_t, BATCH_ROWS_MAX);
        /* Cleared, so that what NULL values hold can be read. */
        _cleanup_free_ void *values = calloc(BATCH_ROWS_MAX, value_type_size(type));

        if (!valid || !values)
                return -ENOMEM;
        *ret = (Vector){.type = type, .valid = TAKE_PTR(valid), .values = TAKE_PTR(values)};
        return 0;
}

int batch_new(const Schema *schema, const bool *used, Batch **ret) {
        _cleanup_(batch_freep) Batch *batch = new0(Batch, 1);
        int r;

        if (!batch)
                return -ENOMEM;
        batch->columns = new0(Vector, MAX(schema->n_columns, (size_t)1));
        if (!batch->columns)
                return -ENOMEM;
        for (; batch->n_columns < schema->n_columns; batch->n_columns++) {
                size_t i = batch->n_columns;

                batch->columns[i].type = schema->columns[i].type;
                if (used && !used[i])
                        continue;
                r = column_new(schema->columns[i].type, &batch->columns[i]);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(batch);
        return 0;
}

Batch *batch_free(Batch *batch) {
        if (!batch)
                return NULL;
        for (size_t i = 0; i < batch->n_columns; i++) {
                free(batch->columns[i].valid);
                free(batch->columns[i].values);
        }
        free(batch->columns);
        arena_done(&batch->arena);
        free(batch);
        return NULL;
}

void batch_reset(Batch *batch) {
        batch->n_rows = 0;
        arena_reset(&batch->arena);
}
