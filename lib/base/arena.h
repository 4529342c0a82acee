/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* Memory that is given back all at once: the strings of a batch, the keys of a group table. */
typedef struct ArenaBlock ArenaBlock;
typedef struct Arena {
        ArenaBlock *blocks; /* the newest first */
        uint8_t *next, *end;
        size_t total_bytes; /* asked from the system */
} Arena;

void arena_done(Arena *arena);
/* Forgets what was handed out and keeps the newest block for what comes. */
void arena_reset(Arena *arena);
void *arena_grow(Arena *arena, size_t size);

/* 8-byte aligned memory, not cleared; NULL if there is none, and never for a size of 0. */
static inline void *arena_alloc(Arena *arena, size_t size) {
        size_t rounded = (size + 7) & ~(size_t)7;

        if (unlikely(rounded < size || (size_t)(arena->end - arena->next) <= rounded))
                return arena_grow(arena, size);
        arena->next += rounded;
        return arena->next - rounded;
}

#define _cleanup_arena_ _cleanup_(arena_done)
