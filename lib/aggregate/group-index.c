/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "aggregate/group-index.h"

/* 16 KiB: the first-level cache holds the index of a small table. */
enum { MIN_SLOTS = 1024 };

int group_index_init(GroupIndex *index) {
        GroupSlot *slots = new0(GroupSlot, MIN_SLOTS);

        if (!slots)
                return -ENOMEM;
        *index = (GroupIndex){.slots = slots, .mask = MIN_SLOTS - 1};
        return 0;
}

void group_index_done(GroupIndex *index) {
        free(index->slots);
        *index = (GroupIndex){};
}

static void slot_put(GroupSlot *slots, size_t mask, const GroupSlot *entry) {
        size_t i = (size_t)entry->hash & mask;

        while (slots[i].group)
                i = (i + 1) & mask;
        slots[i] = *entry;
}

static int resize(GroupIndex *index, size_t n_slots) {
        GroupSlot *slots = new0(GroupSlot, n_slots);

        if (!slots)
                return -ENOMEM;
        for (size_t i = 0; i <= index->mask; i++)
                if (index->slots[i].group)
                        slot_put(slots, n_slots - 1, &index->slots[i]);
        free(index->slots);
        index->slots = slots;
        index->mask = n_slots - 1;
        return 0;
}

int group_index_reserve(GroupIndex *index) {
        if (likely(index->n_groups < (index->mask + 1) / 2))
                return 0;
        return resize(index, (index->mask + 1) * 2);
}

void group_index_insert(GroupIndex *index, Group *group) {
        slot_put(index->slots, index->mask, &(GroupSlot){group->hash, group});
        index->n_groups++;
}

void group_index_remove(GroupIndex *index, const Group *group) {
        size_t hole = group_index_first(index, group->hash), i;

        while (index->slots[hole].group != group)
                hole = group_index_next(index, hole);

        /* Close the hole with whatever behind it would not be found any more: those whose search starts at
         * the hole or before it. */
        for (i = group_index_next(index, hole); index->slots[i].group; i = group_index_next(index, i)) {
                size_t home = group_index_first(index, index->slots[i].hash);

                if (((i - home) & index->mask) >= ((i - hole) & index->mask)) {
                        index->slots[hole] = index->slots[i];
                        hole = i;
                }
        }
        index->slots[hole] = (GroupSlot){};
        index->n_groups--;
}

void group_index_clear(GroupIndex *index) {
        memset(index->slots, 0, group_index_bytes(index));
        index->n_groups = 0;
}

void group_index_shrink(GroupIndex *index) {
        size_t n_slots = index->mask + 1;

        /* Only at a sixteenth, so that a table which is filled and emptied in turn keeps its index. */
        if (n_slots <= MIN_SLOTS || index->n_groups > n_slots / 16)
                return;
        while (n_slots > MIN_SLOTS && index->n_groups <= n_slots / 8)
                n_slots /= 2;
        (void)resize(index, n_slots); /* without memory for a smaller one, the larger one does */
}
