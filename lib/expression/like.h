/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "columns/batch.h"

/* A pattern of SQL's LIKE, cut at its % into pieces that must follow one another; private to this folder.
 * Patterns come from data too: matching never goes back to an earlier piece, and a piece of plain bytes is
 * searched in linear time. One with a _ in it takes its length times the text's at worst. */
typedef struct LikePiece {
        const char *bytes;     /* without the escapes */
        const uint8_t *is_any; /* a byte per byte: 1 where it stands for _ */
        size_t size;
        size_t n_code_points;
        bool is_plain; /* no _ */
} LikePiece;

typedef struct LikePattern {
        LikePiece *pieces; /* the first at the start of the text, the last at its end; one is both */
        size_t n_pieces;
} LikePattern;

/* Memory comes from the arena; the text is copied. Returns 0, -EINVAL (a backslash at the end, or before
 * anything but %, _ and backslash) or -ENOMEM. */
int like_compile(Text pattern, Arena *arena, LikePattern *ret);
bool like_match(const LikePattern *pattern, Text text);
