/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "columns/batch.h"
#include "json/record-reader.h"
#include "json/scan-number.h"

/* A value whose syntax is known to be good goes into one cell of a batch. */
typedef struct Cell {
        Vector *vector;
        size_t row;
} Cell;

static inline void store_null(Cell cell) {
        cell.vector->valid[cell.row] = 0;
        if (cell.vector->type == TYPE_STRING)
                cell.vector->texts[cell.row] = (Text){};
}

/* text: between the quotes; with escapes it is decoded into the arena. */
RecordFault store_string(Cell cell, Arena *arena, const uint8_t *text, size_t size, bool escaped);
/* text: as it is written in the record. */
RecordFault store_number(Cell cell, const Number *number, const uint8_t *text, size_t size);
RecordFault store_boolean(Cell cell, const uint8_t *text, size_t size);
RecordFault store_nested(Cell cell, const uint8_t *text, size_t size);

/* The same for what is usual, in line. */
static inline RecordFault store_string_in(Cell cell, Arena *arena, const uint8_t *text, size_t size,
                                          bool escaped) {
        if (unlikely(escaped || cell.vector->type != TYPE_STRING))
                return store_string(cell, arena, text, size, escaped);
        cell.vector->texts[cell.row] = (Text){.data = (const char *)text, .size = size};
        cell.vector->valid[cell.row] = 1;
        return RECORD_OK;
}

/* False: not for this column, or not without more ado. */
static inline bool store_short_number(Cell cell, ShortNumber number) {
        Vector *vector = cell.vector;
        uint64_t digits;

        if (vector->type == TYPE_DOUBLE) {
                double value = divide_by_power_of_ten(short_number_digits(number), number.n_fraction);

                vector->doubles[cell.row] = number.negative ? -value : value;
        } else if (vector->type == TYPE_INT && number.n_fraction == 0) {
                digits = sixteen_digits(number.first + number.n_integer, number.n_integer);
                if (unlikely(digits > INT32_MAX))
                        return false;
                vector->ints[cell.row] = number.negative ? -(int32_t)digits : (int32_t)digits;
        } else if (vector->type == TYPE_BIGINT && number.n_fraction == 0) {
                digits = sixteen_digits(number.first + number.n_integer, number.n_integer);
                vector->bigints[cell.row] = number.negative ? -(int64_t)digits : (int64_t)digits;
        } else
                return false;
        vector->valid[cell.row] = 1;
        return true;
}
