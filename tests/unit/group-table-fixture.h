/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "aggregate/group-table.h"
#include "expression/build.h"

/* Queries made by hand, rows given cell by cell, and groups read back as lines of text. */

enum { KEYS_MAX = 8, AGGREGATES_MAX = 16, ROWS_MAX = 64 * 1024 };

typedef struct AggregateSpec {
        AggregateFunction function;
        ValueType input; /* TYPE_NULL for count(*) */
} AggregateSpec;

/* Ends with a key of _TYPE_MAX and an aggregate of _AGGREGATE_MAX. */
typedef struct QuerySpec {
        ValueType keys[KEYS_MAX];
        AggregateSpec aggregates[AGGREGATES_MAX];
        usec_t window_usec; /* 0: none; else of the first key */
} QuerySpec;

typedef struct Fixture {
        Query query;
        Batch *rows; /* the keys, then the inputs */
        GroupTable *table;
} Fixture;

static inline ValueType result_type(AggregateSpec spec) {
        switch (spec.function) {
        case AGGREGATE_COUNT_ALL:
        case AGGREGATE_COUNT: return TYPE_BIGINT;
        case AGGREGATE_SUM: return spec.input == TYPE_DOUBLE ? TYPE_DOUBLE : TYPE_BIGINT;
        case AGGREGATE_AVG: return TYPE_DOUBLE;
        default: return spec.input;
        }
}

static inline void fixture_init(Fixture *fixture, const QuerySpec *spec) {
        Schema *columns = schema_new(), *group = schema_new();
        Query *query = &fixture->query;
        char name[16];

        *fixture = (Fixture){};
        query->grouped = true;
        query->group = group;
        query->keys = new0(Expr *, KEYS_MAX);
        query->aggregates = new0(Aggregate, AGGREGATES_MAX);
        for (; spec->keys[query->n_keys] != _TYPE_MAX; query->n_keys++) {
                ValueType type = spec->keys[query->n_keys];

                snprintf(name, sizeof(name), "k%zu", query->n_keys);
                assert_int_equal(schema_add(columns, name, type), 0);
                assert_int_equal(schema_add(group, name, type), 0);
                query->keys[query->n_keys] = expr_new_column(query->n_keys, type);
        }
        for (; spec->aggregates[query->n_aggregates].function != _AGGREGATE_MAX; query->n_aggregates++) {
                AggregateSpec of = spec->aggregates[query->n_aggregates];
                size_t column = query->n_keys + query->n_aggregates;

                snprintf(name, sizeof(name), "a%zu", query->n_aggregates);
                assert_int_equal(schema_add(columns, name, of.input), 0);
                assert_int_equal(schema_add(group, name, result_type(of)), 0);
                query->aggregates[query->n_aggregates] = (Aggregate){
                        .function = of.function,
                        .input = of.function == AGGREGATE_COUNT_ALL ? NULL
                                                                    : expr_new_column(column, of.input),
                        .type = result_type(of),
                };
        }
        if (spec->window_usec > 0)
                query->window = (WindowSpec){.kind = WINDOW_TUMBLING, .size_usec = spec->window_usec};
        assert_int_equal(batch_new(columns, NULL, &fixture->rows), 0);
        assert_int_equal(group_table_new(query, &fixture->table), 0);
        schema_free(columns);
}

static inline void fixture_done(Fixture *fixture) {
        group_table_free(fixture->table);
        batch_free(fixture->rows);
        for (size_t i = 0; i < fixture->query.n_keys; i++)
                expr_free(fixture->query.keys[i]);
        for (size_t i = 0; i < fixture->query.n_aggregates; i++)
                expr_free(fixture->query.aggregates[i].input);
        free(fixture->query.keys);
        free(fixture->query.aggregates);
        schema_free(fixture->query.group);
}

/* Adds the rows of fixture->rows to a table and forgets them. */
static inline void fixture_add(Fixture *fixture, GroupTable *table) {
        uint16_t selection[BATCH_ROWS_MAX];

        for (size_t i = 0; i < fixture->rows->n_rows; i++)
                selection[i] = (uint16_t)i;
        assert_int_equal(group_table_add(table, fixture->rows->columns,
                                         fixture->rows->columns + fixture->query.n_keys, selection,
                                         fixture->rows->n_rows),
                         0);
        batch_reset(fixture->rows);
}

/* One value of a row: a number for all types but DOUBLE and STRING. */
typedef struct Cell {
        enum { CELL_END, CELL_NULL, CELL_NUMBER, CELL_DOUBLE, CELL_TEXT } kind;
        int64_t number;
        double real;
        const char *text;
} Cell;

#define NIL ((Cell){CELL_NULL, 0, 0, NULL})
#define NUM(n) ((Cell){CELL_NUMBER, (n), 0, NULL})
#define REAL(x) ((Cell){CELL_DOUBLE, 0, (x), NULL})
#define TEXT(s) ((Cell){CELL_TEXT, 0, 0, (s)})

static inline void put_cell(Batch *batch, size_t column, size_t row, Cell cell) {
        Vector *vector = &batch->columns[column];

        vector->valid[row] = cell.kind != CELL_NULL;
        switch (vector->type) {
        case TYPE_BOOLEAN: vector->booleans[row] = cell.number != 0; break;
        case TYPE_INT: vector->ints[row] = (int32_t)cell.number; break;
        case TYPE_BIGINT:
        case TYPE_TIMESTAMP: vector->bigints[row] = cell.number; break;
        case TYPE_DOUBLE: vector->doubles[row] = cell.real; break;
        case TYPE_STRING: vector->texts[row] = (Text){cell.text, cell.text ? strlen(cell.text) : 0}; break;
        default: break;
        }
}

/* Cells beyond those given are NULL. */
static inline void put_row(Fixture *fixture, const Cell *cells, size_t n_cells) {
        size_t row = fixture->rows->n_rows++;

        for (size_t i = 0; i < fixture->rows->n_columns; i++)
                put_cell(fixture->rows, i, row, i < n_cells ? cells[i] : NIL);
}
#define ROW(fixture, ...) put_row((fixture), (Cell[]){__VA_ARGS__}, ELEMENTSOF(((Cell[]){__VA_ARGS__})))

/* Groups as lines "key key | result result", doubles in full or, for sums that may differ by rounding, to
 * 12 digits. */
typedef struct Lines {
        char **lines;
        size_t n_lines, n_batches;
        int double_digits; /* 0: all */
} Lines;

static inline void append_value(Buffer *buffer, const Vector *vector, size_t row, int double_digits) {
        if (!vector->valid[row]) {
                assert_int_equal(buffer_append_format(buffer, " NULL"), 0);
                return;
        }
        switch (vector->type) {
        case TYPE_BOOLEAN: (void)buffer_append_format(buffer, " %d", vector->booleans[row]); break;
        case TYPE_INT: (void)buffer_append_format(buffer, " %" PRId32, vector->ints[row]); break;
        case TYPE_BIGINT:
        case TYPE_TIMESTAMP: (void)buffer_append_format(buffer, " %" PRId64, vector->bigints[row]); break;
        case TYPE_DOUBLE:
                (void)buffer_append_format(buffer, " %.*g", double_digits ?: 17,
                                           isnan(vector->doubles[row]) ? NAN : vector->doubles[row]);
                break;
        case TYPE_STRING:
                (void)buffer_append_format(buffer, " '%.*s'", (int)vector->texts[row].size,
                                           vector->texts[row].data);
                break;
        default: fail_msg("a value of type %d", (int)vector->type);
        }
}

static inline int collect_lines(const Batch *groups, void *userdata) {
        Lines *lines = userdata;

        assert_true(groups->n_rows > 0 && groups->n_rows <= BATCH_ROWS_MAX);
        lines->n_batches++;
        for (size_t row = 0; row < groups->n_rows; row++) {
                Buffer buffer = {};

                for (size_t i = 0; i < groups->n_columns; i++)
                        append_value(&buffer, &groups->columns[i], row, lines->double_digits);
                assert_int_equal(buffer_append_u8(&buffer, '\0'), 0);
                lines->lines = reallocarray(lines->lines, lines->n_lines + 1, sizeof(char *));
                assert_non_null(lines->lines);
                lines->lines[lines->n_lines++] = (char *)buffer.data;
        }
        return 0;
}

static inline int compare_lines(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted. */
static inline Lines table_lines(GroupTable *table, GroupFilter filter, int64_t watermark_usec,
                                int double_digits) {
        Lines lines = {.double_digits = double_digits};

        assert_int_equal(group_table_emit(table, filter, watermark_usec, collect_lines, &lines), 0);
        if (lines.n_lines > 0)
                qsort(lines.lines, lines.n_lines, sizeof(char *), compare_lines);
        return lines;
}

static inline void lines_done(Lines *lines) {
        for (size_t i = 0; i < lines->n_lines; i++)
                free(lines->lines[i]);
        free(lines->lines);
        *lines = (Lines){};
}

/* Checks all lines, given sorted and without their first space; a NULL ends them. */
static inline void check_lines(GroupTable *table, GroupFilter filter, int64_t watermark_usec,
                               const char *const *expected) {
        Lines lines = table_lines(table, filter, watermark_usec, 0);
        size_t n = 0;

        for (; expected[n]; n++) {
                if (n >= lines.n_lines)
                        fail_msg("missing: %s", expected[n]);
                assert_string_equal(lines.lines[n] + 1, expected[n]);
        }
        assert_int_equal(lines.n_lines, n);
        lines_done(&lines);
}
#define CHECK(table, filter, watermark, ...)                                                                \
        check_lines((table), (filter), (watermark), (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static inline void check_same(GroupTable *a, GroupTable *b, int double_digits) {
        Lines left = table_lines(a, GROUPS_ALL, 0, double_digits),
              right = table_lines(b, GROUPS_ALL, 0, double_digits);

        assert_int_equal(left.n_lines, right.n_lines);
        for (size_t i = 0; i < left.n_lines; i++)
                assert_string_equal(left.lines[i], right.lines[i]);
        lines_done(&left);
        lines_done(&right);
}

static inline void merge_into(GroupTable *from, GroupTable *into) {
        _cleanup_buffer_ Buffer buffer = {};
        Reader reader;

        assert_int_equal(group_table_encode(from, &buffer), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(group_table_merge(into, &reader), 0);
        assert_int_equal(reader.left, 0);
}
