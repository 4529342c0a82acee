/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/arena.h"
#include "columns/schema.h"

typedef struct Group Group;

/* The groups of one window, or all groups of a query without one. Each has its memory to itself, so that a
 * closed window leaves nothing behind. */
typedef struct WindowGroups {
        int64_t start_usec;
        Group *first, *last;                 /* in the order of their appearance */
        Group *first_changed, *last_changed; /* likewise, of their change */
        size_t n_groups, n_changed;
        Arena arena;
} WindowGroups;

/* One value of a key; all bytes of it count in a comparison: a NULL is all zero. */
typedef struct KeyValue {
        union {
                int64_t number;   /* see fixed-value.h; -0.0 is kept as 0.0 */
                const char *text; /* of a group: in the arena of its window */
        };
        uint32_t size; /* of the text; else 0 */
        uint32_t valid;
} KeyValue;

/* Followed by the states of its aggregates, then by the texts of its keys. */
struct Group {
        WindowGroups *window; /* weak */
        Group *next, *next_changed;
        uint64_t hash; /* of the keys */
        uint64_t id;   /* no other group of the table has, or had, the same */
        bool changed;
        KeyValue keys[];
};
