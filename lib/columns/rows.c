/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "columns/rows.h"

int row_encode(const Vector *columns, size_t n_columns, size_t row, Buffer *buffer) {
        size_t start = buffer->size;
        int r = 0;

        for (const Vector *column = columns; r >= 0 && column < columns + n_columns; column++) {
                size_t size = value_type_size(column->type);

                r = buffer_append_u8(buffer, column->valid[row]);
                if (r < 0 || !column->valid[row])
                        continue;
                if (column->type == TYPE_STRING)
                        r = buffer_append_text(buffer, column->texts[row].data, column->texts[row].size);
                else
                        r = buffer_append(buffer, (const uint8_t *)column->values + row * size, size);
        }
        if (r < 0)
                buffer->size = start;
        return r;
}

static int value_decode(Reader *reader, ValueType type, void *value) {
        const uint8_t *bytes;
        Text *text = value;
        int r;

        if (type == TYPE_STRING)
                return read_text(reader, &text->data, &text->size);
        r = read_bytes(reader, value_type_size(type), &bytes);
        if (r < 0)
                return r;
        memcpy(value, bytes, value_type_size(type));
        return 0;
}

int rows_decode(Reader *reader, size_t n_rows, Batch *batch) {
        int r;

        if (n_rows > BATCH_ROWS_MAX - batch->n_rows)
                return -ENOBUFS;
        for (size_t row = batch->n_rows; row < batch->n_rows + n_rows; row++)
                for (Vector *column = batch->columns; column < batch->columns + batch->n_columns; column++) {
                        size_t size = value_type_size(column->type);
                        void *value = (uint8_t *)column->values + row * size;
                        uint8_t valid;

                        r = read_u8(reader, &valid);
                        if (r < 0)
                                return r;
                        column->valid[row] = valid != 0;
                        memset(value, 0, size);
                        if (!valid)
                                continue;
                        r = value_decode(reader, column->type, value);
                        if (r < 0)
                                return r;
                }
        batch->n_rows += n_rows;
        return 0;
}

int row_skip(Reader *reader, const ValueType *types, size_t n_columns) {
        for (size_t i = 0; i < n_columns; i++) {
                union {
                        Text text;
                        uint64_t fixed;
                } ignored;
                uint8_t valid;
                int r;

                r = read_u8(reader, &valid);
                if (r >= 0 && valid)
                        r = value_decode(reader, types[i], &ignored);
                if (r < 0)
                        return r;
        }
        return 0;
}
