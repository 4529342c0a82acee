/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "aggregate/group.h"
#include "base/buffer.h"
#include "columns/batch.h"

/* Keys by which rows are grouped, as GROUP BY compares them: NULL equals NULL, NaN equals NaN, 0.0 equals
 * -0.0. The hash of a row starts with the table's seed and goes through its keys in turn. */

/* Takes one key of the selected rows into their hashes. */
void key_hash_column(const Vector *vector, const uint16_t *selection, size_t n_rows, uint64_t *hashes);
uint64_t key_hash(const KeyValue *keys, const ValueType *types, size_t n_keys, uint64_t seed);

/* A text points to where the vector's does. */
void key_from_row(const Vector *vector, size_t row, KeyValue *ret);
/* The same for the type's text or number; types are those of the column. */
bool keys_equal(const KeyValue *a, const KeyValue *b, const ValueType *types, size_t n_keys);

/* How many rows from the first agree in this key with the group they were assigned to. */
size_t key_verify_column(const Vector *vector, const uint16_t *selection, Group *const *groups, size_t key,
                         size_t first, size_t n_rows);

/* u8 valid, then the value if it is: bytes of fixed size, or text. */
int key_encode(ValueType type, const KeyValue *key, Buffer *buffer);
/* A text points into the reader. Returns 0 or -EBADMSG. */
int key_decode(ValueType type, Reader *reader, KeyValue *ret);
/* Copies the key into a row of a result; texts are not copied. */
void key_to_row(const KeyValue *key, Vector *vector, size_t row);
