/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "columns/batch.h"

/* One row of results as text. Returns 0 or -ENOMEM; what was appended before a failure stays. */

/* One value as a JSON value (RFC 8259): NULL as null, times as strings in ISO 8601 with Z, doubles that JSON
 * has no number for as "NaN", "Infinity" and "-Infinity" (as our own sources read them). */
int row_append_json_value(const Vector *column, size_t row, Arena *arena, Buffer *out);

/* The columns of a role, or all that are shown (role < 0), as a JSON object without a line's end. */
int row_append_json(const Schema *schema, const Batch *batch, size_t row, int role, Arena *arena,
                    Buffer *out);

/* The columns that are shown as a line of CSV (RFC 4180): NULL as nothing, an empty text as "". */
int row_append_csv(const Schema *schema, const Batch *batch, size_t row, Arena *arena, Buffer *out);
int row_append_csv_header(const Schema *schema, Buffer *out);

/* "2026-01-31T12:34:56.789Z" of a time of the column. */
int row_time_text(const Vector *column, size_t row, Arena *arena, Text *ret);
