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
        Arena *arena;
} Cell;

void store_null(Cell cell);
/* text: between the quotes; with escapes it is decoded into the arena. */
RecordFault store_string(Cell cell, const uint8_t *text, size_t size, bool escaped);
/* text: as it is written in the record. */
RecordFault store_number(Cell cell, const Number *number, const uint8_t *text, size_t size);
RecordFault store_boolean(Cell cell, const uint8_t *text, size_t size);
RecordFault store_nested(Cell cell, const uint8_t *text, size_t size);
