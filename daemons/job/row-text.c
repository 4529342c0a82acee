/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "row-text.h"
#include <math.h>

#include "columns/timestamp.h"
#include "expression/build.h"

/* RFC 8259: quotes, backslashes and control characters are escaped. */
static int append_json_text(const char *data, size_t size, Buffer *out) {
        size_t done = 0;
        int r;

        r = buffer_append_u8(out, '"');
        for (size_t i = 0; r >= 0 && i < size; i++) {
                uint8_t byte = (uint8_t)data[i];

                if (likely(byte >= 0x20 && byte != '"' && byte != '\\'))
                        continue;
                r = buffer_append(out, data + done, i - done);
                if (r >= 0)
                        r = byte >= 0x20 ? buffer_append(out, (char[]){'\\', (char)byte}, 2)
                                         : buffer_append_format(out, "\\u%04x", byte);
                done = i + 1;
        }
        if (r >= 0)
                r = buffer_append(out, data + done, size - done);
        return r < 0 ? r : buffer_append_u8(out, '"');
}

int row_time_text(const Vector *column, size_t row, Arena *arena, Text *ret) {
        char *text = arena_alloc(arena, TIMESTAMP_TEXT_MAX + 1);
        char *blank;

        if (!text)
                return -ENOMEM;
        ret->size = timestamp_format(column->timestamps[row], text);
        blank = memchr(text, ' ', ret->size);
        if (blank)
                *blank = 'T';
        text[ret->size++] = 'Z';
        ret->data = text;
        return 0;
}

static int value_text(const Vector *column, size_t row, Arena *arena, Text *ret) {
        return column->type == TYPE_TIMESTAMP ? row_time_text(column, row, arena, ret)
                                              : vector_value_text(column, row, arena, ret);
}

static bool is_bare(const Vector *column, size_t row) {
        switch (column->type) {
        case TYPE_BOOLEAN:
        case TYPE_INT:
        case TYPE_BIGINT: return true;
        case TYPE_DOUBLE: return isfinite(column->doubles[row]);
        default: return false;
        }
}

int row_append_json_value(const Vector *column, size_t row, Arena *arena, Buffer *out) {
        Text text;
        int r;

        if (!column->valid[row])
                return buffer_append(out, "null", 4);
        r = value_text(column, row, arena, &text);
        if (r < 0)
                return r;
        return is_bare(column, row) ? buffer_append(out, text.data, text.size)
                                    : append_json_text(text.data, text.size, out);
}

int row_append_json(const Schema *schema, const Batch *batch, size_t row, int role, Arena *arena,
                    Buffer *out) {
        const char *before = "{";
        int r = 0;

        for (size_t i = 0; r >= 0 && i < schema_shown_columns(schema); i++) {
                const Column *column = &schema->columns[i];

                if (role >= 0 && (int)column->role != role)
                        continue;
                r = buffer_append(out, before, 1);
                if (r >= 0)
                        r = append_json_text(column->name, strlen(column->name), out);
                if (r >= 0)
                        r = buffer_append_u8(out, ':');
                if (r >= 0)
                        r = row_append_json_value(&batch->columns[i], row, arena, out);
                before = ",";
        }
        return r < 0 ? r : buffer_append(out, *before == '{' ? "{}" : "}", *before == '{' ? 2 : 1);
}

static int append_csv_text(Text text, Buffer *out) {
        size_t done = 0;
        int r;

        if (text.size > 0 && !memchr(text.data, '"', text.size) && !memchr(text.data, ',', text.size) &&
            !memchr(text.data, '\n', text.size) && !memchr(text.data, '\r', text.size))
                return buffer_append(out, text.data, text.size);
        r = buffer_append_u8(out, '"');
        for (size_t i = 0; r >= 0 && i < text.size; i++)
                if (text.data[i] == '"') {
                        r = buffer_append(out, text.data + done, i + 1 - done);
                        done = i; /* once more */
                }
        if (r >= 0)
                r = buffer_append(out, text.data + done, text.size - done);
        return r < 0 ? r : buffer_append_u8(out, '"');
}

int row_append_csv(const Schema *schema, const Batch *batch, size_t row, Arena *arena, Buffer *out) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < schema_shown_columns(schema); i++) {
                Text text;

                if (i > 0)
                        r = buffer_append_u8(out, ',');
                if (r < 0 || !batch->columns[i].valid[row])
                        continue;
                r = value_text(&batch->columns[i], row, arena, &text);
                if (r >= 0)
                        r = append_csv_text(text, out);
        }
        return r < 0 ? r : buffer_append(out, "\r\n", 2);
}

int row_append_csv_header(const Schema *schema, Buffer *out) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < schema_shown_columns(schema); i++) {
                const char *name = schema->columns[i].name;

                if (i > 0)
                        r = buffer_append_u8(out, ',');
                if (r >= 0)
                        r = append_csv_text((Text){name, strlen(name)}, out);
        }
        return r < 0 ? r : buffer_append(out, "\r\n", 2);
}
