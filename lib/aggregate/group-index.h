/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "aggregate/group.h"

/* Finds groups by the hash of their keys: open addressing with linear probing in a power of two of slots, at
 * most half of them taken. The whole hash stands in the slot, so a search reads no group in vain. */
typedef struct GroupSlot {
        uint64_t hash;
        Group *group; /* weak; NULL: free */
} GroupSlot;

typedef struct GroupIndex {
        GroupSlot *slots;
        size_t mask; /* number of slots - 1 */
        size_t n_groups;
} GroupIndex;

int group_index_init(GroupIndex *index);
void group_index_done(GroupIndex *index);

/* Makes room for one more group. Returns 0 or -ENOMEM. */
int group_index_reserve(GroupIndex *index);
/* The group must not be in the index, and the room reserved. */
void group_index_insert(GroupIndex *index, Group *group);
/* The group must be in the index. */
void group_index_remove(GroupIndex *index, const Group *group);
/* Removes all groups. */
void group_index_clear(GroupIndex *index);
/* Gives memory back that a larger number of groups needed. */
void group_index_shrink(GroupIndex *index);

/* The slot where a search for the hash starts, and the one behind a slot. */
static inline size_t group_index_first(const GroupIndex *index, uint64_t hash) {
        return (size_t)hash & index->mask;
}

static inline size_t group_index_next(const GroupIndex *index, size_t slot) {
        return (slot + 1) & index->mask;
}

/* Some group with this hash, or NULL. It may have other keys. */
static inline Group *group_index_find(const GroupIndex *index, uint64_t hash) {
        for (size_t i = group_index_first(index, hash);; i = group_index_next(index, i)) {
                const GroupSlot *slot = &index->slots[i];

                if (slot->hash == hash || !slot->group)
                        return slot->group;
        }
}

static inline size_t group_index_bytes(const GroupIndex *index) {
        return (index->mask + 1) * sizeof(GroupSlot);
}
