/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "columns/batch.h"

/* Rows one behind the other, as they wait to be delivered. Per value: u8 valid, then, unless NULL, the
 * value's bytes (a text with its u32 size in front). Native byte order. */

/* Appends one row. Returns 0 or -ENOMEM. */
int row_encode(const Vector *columns, size_t n_columns, size_t row, Buffer *buffer);

/* Reads n_rows <= BATCH_ROWS_MAX rows into a batch made for their types, behind the rows that it holds.
 * Texts point into the reader's bytes. Returns 0, -ENOBUFS (the batch has no room) or -EBADMSG. */
int rows_decode(Reader *reader, size_t n_rows, Batch *batch);

/* Steps over one row. Returns 0 or -EBADMSG. */
int row_skip(Reader *reader, const ValueType *types, size_t n_columns);
