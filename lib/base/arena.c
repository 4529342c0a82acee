/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/arena.h"

/* Blocks double from 1 KiB, so that small arenas stay small (every open window has one), to 1 MiB, so that
 * the last one wastes little. */
enum { FIRST_BLOCK_BYTES = 1024, MAX_BLOCK_BYTES = 1024 * 1024 };

struct ArenaBlock {
        ArenaBlock *older;
        size_t size; /* of the memory behind this header */
};

static void blocks_free(ArenaBlock *block) {
        while (block) {
                ArenaBlock *older = block->older;

                free(block);
                block = older;
        }
}

void arena_done(Arena *arena) {
        blocks_free(arena->blocks);
        *arena = (Arena){};
}

void arena_reset(Arena *arena) {
        if (!arena->blocks)
                return;
        blocks_free(TAKE_PTR(arena->blocks->older));
        arena->next = (uint8_t *)(arena->blocks + 1);
        arena->end = arena->next + arena->blocks->size;
        arena->total_bytes = sizeof(ArenaBlock) + arena->blocks->size;
}

void *arena_grow(Arena *arena, size_t size) {
        size_t block_bytes =
                arena->blocks ? MIN(arena->blocks->size * 2, (size_t)MAX_BLOCK_BYTES) : FIRST_BLOCK_BYTES;
        ArenaBlock *block;

        if (size > SIZE_MAX / 2)
                return NULL;
        size = (size + 7) & ~(size_t)7;
        block_bytes = MAX(block_bytes, size);
        block = malloc(sizeof(ArenaBlock) + block_bytes);
        if (!block)
                return NULL;
        *block = (ArenaBlock){.older = arena->blocks, .size = block_bytes};
        arena->blocks = block;
        arena->next = (uint8_t *)(block + 1) + size;
        arena->end = (uint8_t *)(block + 1) + block_bytes;
        arena->total_bytes += sizeof(ArenaBlock) + block_bytes;
        return block + 1;
}
