/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/buffer.h"
#include "columns/timestamp.h"
#include "expression/build.h"
#include "sink.h"
#include "wire/messages.h"

/* Prints each epoch as a table to standard output, which is the journal under systemd. Groups are
 * sorted by their text, so that those of a window stand together. At least once: an epoch that was printed
 * in part when the process died is printed again. */
typedef struct ConsoleSink {
        unsigned max_rows; /* 0: all */
        bool truncate;
        RowKind kind;
} ConsoleSink;

/* Spark's console sink cuts here too. */
enum { TRUNCATED_CHARS = 20 };

typedef struct Table {
        size_t n_columns, n_rows;
        Text *cells; /* n_rows x n_columns */
        size_t *widths;
        bool *right_aligned;
        Arena arena;
} Table;

static void table_done(Table *table) {
        free(table->cells);
        free(table->widths);
        free(table->right_aligned);
        arena_done(&table->arena);
}

static int console_create(const SinkContext *context, void **ret) {
        ConsoleSink *sink = new0(ConsoleSink, 1);

        if (!sink)
                return -ENOMEM;
        sink->max_rows = context->config->max_rows;
        sink->truncate = context->config->truncate;
        sink->kind = context->kind;
        *ret = sink;
        return 0;
}

static size_t text_chars(Text text) {
        size_t n = 0;

        for (size_t i = 0; i < text.size; i++)
                n += ((uint8_t)text.data[i] & 0xc0) != 0x80;
        return n;
}

/* Cuts after TRUNCATED_CHARS - 3 characters and puts "..." behind; control characters, which could forge
 * lines, become '?'. */
static int cell_clean(ConsoleSink *sink, Arena *arena, Text *text) {
        bool cut = sink->truncate && text_chars(*text) > TRUNCATED_CHARS;
        size_t chars = 0, size = 0;
        char *data;

        data = arena_alloc(arena, text->size + 3);
        if (!data)
                return -ENOMEM;
        for (size_t i = 0; i < text->size; i++) {
                uint8_t byte = (uint8_t)text->data[i];

                chars += (byte & 0xc0) != 0x80;
                if (cut && chars > TRUNCATED_CHARS - 3)
                        break;
                data[size++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
        }
        if (cut) {
                memcpy(data + size, "...", 3);
                size += 3;
        }
        *text = (Text){data, size};
        return 0;
}

typedef struct Filling {
        ConsoleSink *sink;
        Table *table;
} Filling;

static int add_batch(const Batch *batch, void *userdata) {
        const Filling *filling = userdata;
        Table *table = filling->table;

        for (size_t row = 0; row < batch->n_rows; row++, table->n_rows++)
                for (size_t i = 0; i < table->n_columns; i++) {
                        Text *cell = &table->cells[table->n_rows * table->n_columns + i];
                        int r;

                        if (!batch->columns[i].valid[row])
                                *cell = (Text){"NULL", 4};
                        else {
                                r = vector_value_text(&batch->columns[i], row, &table->arena, cell);
                                if (r >= 0)
                                        r = cell_clean(filling->sink, &table->arena, cell);
                                if (r < 0)
                                        return r;
                        }
                        table->widths[i] = MAX(table->widths[i], text_chars(*cell));
                }
        return 0;
}

static int table_init(Table *table, const RowSet *rows) {
        table->n_columns = schema_shown_columns(rows->schema);
        table->cells = new (Text, MAX(rows->n_rows * table->n_columns, (size_t)1));
        table->widths = new0(size_t, table->n_columns);
        table->right_aligned = new0(bool, table->n_columns);
        if (!table->cells || !table->widths || !table->right_aligned)
                return -ENOMEM;
        for (size_t i = 0; i < table->n_columns; i++) {
                const Column *column = &rows->schema->columns[i];

                table->widths[i] = text_chars((Text){column->name, strlen(column->name)});
                table->right_aligned[i] = column->type == TYPE_INT || column->type == TYPE_BIGINT ||
                                          column->type == TYPE_DOUBLE;
        }
        return 0;
}

static int compare_rows(const void *a, const void *b, void *userdata) {
        const Table *table = userdata;
        const Text *x = a, *y = b;

        for (size_t i = 0; i < table->n_columns; i++) {
                int r = memcmp(x[i].data, y[i].data, MIN(x[i].size, y[i].size));

                if (r == 0)
                        r = (x[i].size > y[i].size) - (x[i].size < y[i].size);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int append_rule(const Table *table, Buffer *out) {
        static const char dashes[] = "----------------------------------------------------------------";
        int r = 0;

        for (size_t i = 0; r >= 0 && i < table->n_columns; i++) {
                size_t left = table->widths[i] + 2;

                r = buffer_append_u8(out, '+');
                for (; r >= 0 && left > 0; left -= MIN(left, sizeof(dashes) - 1))
                        r = buffer_append(out, dashes, MIN(left, sizeof(dashes) - 1));
        }
        return r < 0 ? r : buffer_append_format(out, "+\n");
}

static int append_row(const Table *table, const Text *cells, Buffer *out) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < table->n_columns; i++) {
                int padding = (int)(table->widths[i] - text_chars(cells[i]));

                r = buffer_append_format(out, "| %*s", table->right_aligned[i] ? padding : 0, "");
                if (r >= 0)
                        r = buffer_append(out, cells[i].data, cells[i].size);
                if (r >= 0)
                        r = buffer_append_format(out, " %*s", table->right_aligned[i] ? 0 : padding, "");
        }
        return r < 0 ? r : buffer_append_format(out, "|\n");
}

static int append_head(Table *table, const Epoch *epoch, const RowSet *rows, Buffer *out) {
        char watermark[TIMESTAMP_TEXT_MAX] = "none yet", count[UNIT_TEXT_MAX];
        size_t watermark_size = strlen("none yet");
        Text *names;
        int r;

        names = arena_alloc(&table->arena, table->n_columns * sizeof(Text));
        if (!names)
                return -ENOMEM;
        if (epoch->watermark_usec != TIME_NONE)
                watermark_size = timestamp_format(epoch->watermark_usec, watermark);
        for (size_t i = 0; i < table->n_columns; i++)
                names[i] = (Text){rows->schema->columns[i].name, strlen(rows->schema->columns[i].name)};
        r = buffer_append_format(out, "%s %" PRIu64 "  watermark %.*s  rows %s\n",
                                 rows == &epoch->rows[ROWS_RESULTS] ? "Epoch" : "Dead letters of epoch",
                                 epoch->number, (int)watermark_size, watermark,
                                 format_count(count, rows->n_rows));
        if (r >= 0)
                r = append_rule(table, out);
        if (r >= 0)
                r = append_row(table, names, out);
        return r < 0 ? r : append_rule(table, out);
}

static int write_all(int fd, const Buffer *buffer) {
        for (size_t done = 0; done < buffer->size;) {
                ssize_t n = write(fd, buffer->data + done, buffer->size - done);

                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t)n : 0;
        }
        return 0;
}

static int print_table(const ConsoleSink *sink, Table *table, const Epoch *epoch) {
        size_t shown = sink->max_rows > 0 ? MIN(table->n_rows, (size_t)sink->max_rows) : table->n_rows;
        _cleanup_buffer_ Buffer out = {};
        int r;

        r = append_head(table, epoch, &epoch->rows[sink->kind], &out);
        for (size_t row = 0; r >= 0 && row < shown; row++)
                r = append_row(table, table->cells + row * table->n_columns, &out);
        if (r >= 0)
                r = append_rule(table, &out);
        if (r >= 0 && shown < table->n_rows)
                r = buffer_append_format(&out, "and %zu more rows\n", table->n_rows - shown);
        return r < 0 ? r : write_all(STDOUT_FILENO, &out);
}

static TaskResult console_deliver(void *data, const Epoch *epoch, const SinkMarker *marker,
                                  TaskError *error) {
        _cleanup_(table_done) Table table = {};
        ConsoleSink *sink = data;
        const RowSet *rows = &epoch->rows[sink->kind];
        Filling filling = {sink, &table};
        int r;

        if (rows->n_rows == 0)
                return TASK_DONE;
        r = table_init(&table, rows);
        if (r >= 0)
                r = row_set_walk(rows, add_batch, &filling);
        if (r >= 0 && !rows->are_ordered)
                qsort_r(table.cells, table.n_rows, table.n_columns * sizeof(Text), compare_rows, &table);
        if (r >= 0)
                r = print_table(sink, &table, epoch);
        return r < 0 ? task_retry(error, "cannot print epoch %" PRIu64 ": %s", epoch->number, strerror(-r))
                     : TASK_DONE;
}

const SinkMethods console_sink_methods = {
        .name = "console",
        .create = console_create,
        .deliver = console_deliver,
        .free = free,
};
