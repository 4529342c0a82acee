/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* Where the characters of a text value stand in its file. Escapes (\" is one character of the text and two
 * of the file), joined strings and line breaks make this more than an addition: the map has a piece for
 * every place from which on it is one. Lines and columns count from 1, columns in characters of UTF-8. */
typedef struct TextPiece {
        size_t offset; /* of the text, in bytes */
        unsigned line, column;
} TextPiece;

typedef struct TextMap {
        TextPiece *pieces;
        size_t n_pieces, n_allocated;
} TextMap;

void text_map_done(TextMap *map);

/* Adds the place of the text's byte at offset; offsets come in ascending order. Returns 0 or -ENOMEM. */
int text_map_add(TextMap *map, size_t offset, unsigned line, unsigned column);

/* Sets the place of the byte at offset (the text's end is one, too); 0 and 0 if the map is empty. */
void text_map_locate(const TextMap *map, size_t offset, unsigned *ret_line, unsigned *ret_column);
