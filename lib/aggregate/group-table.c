/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <sys/random.h>

#include "aggregate/aggregate-functions.h"
#include "aggregate/group-index.h"
#include "aggregate/group-key.h"
#include "aggregate/group-table.h"
#include "aggregate/group-windows.h"

/* Where the state of an aggregate is in its group, and what to do with it. */
typedef struct StateSlot {
        const AggregateKind *kind;
        size_t offset;
} StateSlot;

struct GroupTable {
        const Query *query; /* weak */
        ValueType *key_types;
        StateSlot *slots;
        KeyValue *keys;     /* of the row or group at hand */
        size_t group_bytes; /* of a group without its texts */
        uint64_t seed;      /* of the hashes, so that nobody can make keys that collide */
        uint64_t next_id;
        GroupIndex index;
        GroupWindows windows;
        uint64_t hashes[BATCH_ROWS_MAX]; /* of the batch at hand */
        Group *groups[BATCH_ROWS_MAX];
};

int group_table_new(const Query *query, GroupTable **ret) {
        _cleanup_(group_table_freep) GroupTable *table = NULL;
        int r;

        table = new0(GroupTable, 1);
        if (!table)
                return -ENOMEM;
        table->query = query;
        table->key_types = new0(ValueType, query->n_keys + 1);
        table->keys = new0(KeyValue, query->n_keys + 1);
        table->slots = new0(StateSlot, query->n_aggregates + 1);
        if (!table->key_types || !table->keys || !table->slots)
                return -ENOMEM;
        if (getrandom(&table->seed, sizeof(table->seed), 0) < 0)
                return -errno;

        for (size_t i = 0; i < query->n_keys; i++)
                table->key_types[i] = expr_type(query->keys[i]);
        table->group_bytes = sizeof(Group) + query->n_keys * sizeof(KeyValue);
        for (size_t i = 0; i < query->n_aggregates; i++) {
                const Aggregate *aggregate = &query->aggregates[i];
                ValueType input = aggregate->input ? expr_type(aggregate->input) : TYPE_NULL;
                const AggregateKind *kind = aggregate_kind(aggregate->function, input);

                if (!kind)
                        return -EINVAL;
                table->slots[i] = (StateSlot){kind, table->group_bytes};
                table->group_bytes += kind->state_bytes;
        }

        r = group_index_init(&table->index);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(table);
        return 0;
}

GroupTable *group_table_free(GroupTable *table) {
        if (!table)
                return NULL;
        group_windows_done(&table->windows);
        group_index_done(&table->index);
        free(table->slots);
        free(table->keys);
        free(table->key_types);
        free(table);
        return NULL;
}

static bool has_window(const GroupTable *table) {
        return table->query->window.kind != WINDOW_NONE;
}

/* A row whose event time is NULL is in no window; its groups stay to the end of time. */
static int64_t window_start(const GroupTable *table, const KeyValue *keys) {
        if (!has_window(table))
                return 0;
        keys += table->query->window.key_index;
        return keys->valid ? keys->number : INT64_MAX;
}

/* Copies the texts of the keys behind the states. */
static void group_set_keys(GroupTable *table, Group *group, const KeyValue *keys) {
        char *texts = (char *)group + table->group_bytes;

        for (size_t i = 0; i < table->query->n_keys; i++) {
                group->keys[i] = keys[i];
                if (table->key_types[i] != TYPE_STRING || !keys[i].valid)
                        continue;
                group->keys[i].text = texts;
                if (keys[i].size > 0)
                        memcpy(texts, keys[i].text, keys[i].size);
                texts += keys[i].size;
        }
}

static int group_add(GroupTable *table, uint64_t hash, const KeyValue *keys, Group **ret) {
        size_t size = table->group_bytes;
        WindowGroups *window;
        Group *group;
        int r;

        r = group_index_reserve(&table->index);
        if (r < 0)
                return r;
        r = group_windows_get(&table->windows, window_start(table, keys), &window);
        if (r < 0)
                return r;
        for (size_t i = 0; i < table->query->n_keys; i++)
                size += keys[i].size;
        group = arena_alloc(&window->arena, size);
        if (!group)
                return -ENOMEM;

        memset(group, 0, table->group_bytes);
        group->window = window;
        group->hash = hash;
        group->id = table->next_id++;
        group_set_keys(table, group, keys);
        if (window->last)
                window->last->next = group;
        else
                window->first = group;
        window->last = group;
        window->n_groups++;
        group_index_insert(&table->index, group);
        *ret = group;
        return 0;
}

/* Finds or makes the group with these keys. */
static int group_get(GroupTable *table, uint64_t hash, const KeyValue *keys, Group **ret) {
        const GroupIndex *index = &table->index;

        for (size_t i = group_index_first(index, hash); index->slots[i].group;
             i = group_index_next(index, i))
                if (index->slots[i].hash == hash &&
                    keys_equal(index->slots[i].group->keys, keys, table->key_types, table->query->n_keys)) {
                        *ret = index->slots[i].group;
                        return 0;
                }
        return group_add(table, hash, keys, ret);
}

static int group_get_for_row(GroupTable *table, uint64_t hash, const Vector *keys, size_t row, Group **ret) {
        for (size_t i = 0; i < table->query->n_keys; i++)
                key_from_row(&keys[i], row, &table->keys[i]);
        return group_get(table, hash, table->keys, ret);
}

/* Fills table->groups[]. Rows are taken to the first group with their hash; then the keys are compared
 * column by column, and the one row in 2^64 / n that was taken to the wrong group is taken to its own. */
static int find_groups(GroupTable *table, const Vector *keys, const uint16_t *selection, size_t n_rows) {
        size_t n_keys = table->query->n_keys, row;
        int r;

        for (size_t i = 0; i < n_rows; i++)
                table->hashes[i] = table->seed;
        for (size_t key = 0; key < n_keys; key++)
                key_hash_column(&keys[key], selection, n_rows, table->hashes);

        for (size_t i = 0; i < n_rows; i++) {
                table->groups[i] = group_index_find(&table->index, table->hashes[i]);
                if (unlikely(!table->groups[i])) {
                        r = group_get_for_row(table, table->hashes[i], keys, selection[i],
                                              &table->groups[i]);
                        if (r < 0)
                                return r;
                }
        }

        for (size_t key = 0; key < n_keys; key++)
                for (size_t i = 0;; i++) {
                        i = key_verify_column(&keys[key], selection, table->groups, key, i, n_rows);
                        if (likely(i == n_rows))
                                break;
                        row = selection[i];
                        r = group_get_for_row(table, table->hashes[i], keys, row, &table->groups[i]);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int group_table_add(GroupTable *table, const Vector *keys, const Vector *inputs, const uint16_t *selection,
                    size_t n_selected) {
        const GroupedRows rows = {table->groups, selection, n_selected};
        int r;

        r = find_groups(table, keys, selection, n_selected);
        if (r < 0)
                return r;
        for (size_t i = 0; i < table->query->n_aggregates; i++) {
                r = table->slots[i].kind->add(&rows, table->slots[i].offset, &inputs[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

size_t group_table_count(const GroupTable *table) {
        return table->index.n_groups;
}

size_t group_table_bytes(const GroupTable *table) {
        size_t n = sizeof(*table) + group_index_bytes(&table->index) +
                   table->windows.n_allocated * sizeof(WindowGroups *) +
                   table->windows.n_items * sizeof(WindowGroups);

        for (size_t i = 0; i < table->windows.n_items; i++)
                n += table->windows.items[i]->arena.total_bytes;
        return n;
}

void group_table_clear(GroupTable *table) {
        group_windows_drop(&table->windows, table->windows.n_items);
        group_index_shrink(
                &table->index); /* else a table that was large once clears a large index for ever */
        group_index_clear(&table->index);
}

static int encode_group(const GroupTable *table, const Group *group, Buffer *buffer) {
        const Query *query = table->query;
        int r;

        for (size_t i = 0; i < query->n_keys; i++) {
                r = key_encode(table->key_types[i], &group->keys[i], buffer);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < query->n_aggregates; i++) {
                const StateSlot *slot = &table->slots[i];

                r = slot->kind->encode(slot->kind, (const uint8_t *)group + slot->offset, buffer);
                if (r < 0)
                        return r;
        }
        return 0;
}

int group_table_encode(const GroupTable *table, Buffer *buffer) {
        int r;

        r = buffer_append_u32(buffer, (uint32_t)table->index.n_groups);
        for (size_t w = 0; r >= 0 && w < table->windows.n_items; w++)
                for (const Group *group = table->windows.items[w]->first; r >= 0 && group;
                     group = group->next)
                        r = encode_group(table, group, buffer);
        return r;
}

int group_table_write_changed(const GroupTable *table, GroupWriter writer, void *userdata) {
        _cleanup_buffer_ Buffer bytes = {};
        int r = 0;

        for (size_t w = 0; w < table->windows.n_items; w++) {
                const WindowGroups *window = table->windows.items[w];

                for (const Group *group = window->first_changed; group; group = group->next_changed) {
                        bytes.size = 0;
                        r = encode_group(table, group, &bytes);
                        if (r >= 0)
                                r = writer(window->start_usec, group->id, &bytes, userdata);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static void mark_changed(Group *group) {
        WindowGroups *window = group->window;

        if (group->changed)
                return;
        group->changed = true;
        group->next_changed = NULL;
        if (window->last_changed)
                window->last_changed->next_changed = group;
        else
                window->first_changed = group;
        window->last_changed = group;
        window->n_changed++;
}

/* Finds or makes the group whose keys come next. */
static int read_group(GroupTable *table, Reader *reader, Group **ret) {
        const Query *query = table->query;
        int r;

        for (size_t i = 0; i < query->n_keys; i++) {
                r = key_decode(table->key_types[i], reader, &table->keys[i]);
                if (r < 0)
                        return r;
        }
        return group_get(table, key_hash(table->keys, table->key_types, query->n_keys, table->seed),
                         table->keys, ret);
}

static int merge_states(GroupTable *table, Group *group, Reader *reader) {
        AggregateState state;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < table->query->n_aggregates; i++) {
                const StateSlot *slot = &table->slots[i];

                r = slot->kind->decode(slot->kind, reader, &state);
                if (r >= 0)
                        r = slot->kind->merge(slot->kind, (uint8_t *)group + slot->offset, &state,
                                              &group->window->arena);
        }
        return r;
}

static int merge_group(GroupTable *table, Reader *reader) {
        Group *group;
        int r;

        r = read_group(table, reader, &group);
        if (r < 0)
                return r;
        mark_changed(group);
        return merge_states(table, group, reader);
}

static int restore(GroupTable *table, uint64_t id, Reader *reader, Group **ret) {
        uint64_t next_id = table->next_id;
        size_t n_groups = table->index.n_groups;
        int r;

        r = read_group(table, reader, ret);
        if (r >= 0 && table->index.n_groups == n_groups)
                r = -EBADMSG;
        if (r < 0)
                return r;
        (*ret)->id = id;
        table->next_id = MAX(next_id, id + 1);
        r = merge_states(table, *ret, reader);
        return r < 0 ? r : reader->left > 0 ? -EBADMSG : 0;
}

int group_table_restore(GroupTable *table, uint64_t id, Reader *reader) {
        Group *group;

        return restore(table, id, reader, &group);
}

int group_table_merge(GroupTable *table, Reader *reader) {
        uint32_t n_groups;
        int r;

        r = read_u32(reader, &n_groups);
        if (r < 0)
                return r;
        if (table->query->n_keys == 0 && n_groups > 1)
                return -EBADMSG; /* there is one group; perhaps of no bytes, so that reading would not stop
                                    this */
        for (uint32_t i = 0; i < n_groups; i++) {
                r = merge_group(table, reader);
                if (r < 0)
                        return r;
        }
        return 0;
}

size_t group_table_changed_count(const GroupTable *table) {
        size_t n = 0;

        for (size_t i = 0; i < table->windows.n_items; i++)
                n += table->windows.items[i]->n_changed;
        return n;
}

void group_table_clear_changed(GroupTable *table) {
        for (size_t i = 0; i < table->windows.n_items; i++) {
                WindowGroups *window = table->windows.items[i];

                for (Group *group = window->first_changed; group; group = group->next_changed)
                        group->changed = false;
                window->first_changed = window->last_changed = NULL;
                window->n_changed = 0;
        }
}

static int flush(Batch *batch, GroupCallback callback, void *userdata) {
        int r;

        if (batch->n_rows == 0)
                return 0;
        r = callback(batch, userdata);
        batch_reset(batch);
        return r < 0 ? r : 0;
}

static void group_to_row(const GroupTable *table, const Group *group, Batch *batch) {
        const Query *query = table->query;
        size_t row = batch->n_rows++;

        for (size_t i = 0; i < query->n_keys; i++)
                key_to_row(&group->keys[i], &batch->columns[i], row);
        for (size_t i = 0; i < query->n_aggregates; i++) {
                const StateSlot *slot = &table->slots[i];

                slot->kind->result(slot->kind, (const uint8_t *)group + slot->offset,
                                   &batch->columns[query->n_keys + i], row);
        }
}

int group_table_restore_row(GroupTable *table, uint64_t id, Reader *reader, Batch *batch) {
        Group *group;
        int r;

        r = restore(table, id, reader, &group);
        if (r >= 0)
                group_to_row(table, group, batch);
        return r;
}

static size_t count_closed(const GroupTable *table, int64_t watermark_usec) {
        if (!has_window(table))
                return 0;
        return group_windows_count_closed(&table->windows, table->query->window.size_usec, watermark_usec);
}

int group_table_emit(GroupTable *table, GroupFilter filter, int64_t watermark_usec, GroupCallback callback,
                     void *userdata) {
        size_t n_windows =
                filter == GROUPS_CLOSED ? count_closed(table, watermark_usec) : table->windows.n_items;
        bool changed = filter == GROUPS_CHANGED;
        _cleanup_(batch_freep) Batch *batch = NULL;
        int r;

        if (n_windows == 0)
                return 0;
        r = batch_new(table->query->group, NULL, &batch);
        if (r < 0)
                return r;
        for (size_t w = 0; w < n_windows; w++) {
                const WindowGroups *window = table->windows.items[w];
                const Group *group = changed ? window->first_changed : window->first;

                for (; group; group = changed ? group->next_changed : group->next) {
                        group_to_row(table, group, batch);
                        if (batch->n_rows < BATCH_ROWS_MAX)
                                continue;
                        r = flush(batch, callback, userdata);
                        if (r < 0)
                                return r;
                }
        }
        return flush(batch, callback, userdata);
}

bool group_table_has_closed(const GroupTable *table, int64_t watermark_usec) {
        return count_closed(table, watermark_usec) > 0;
}

size_t group_table_drop_closed(GroupTable *table, int64_t watermark_usec, int64_t *ret_first_open_usec) {
        size_t n_windows = count_closed(table, watermark_usec), n_groups = 0;

        if (n_windows == 0)
                return 0;
        for (size_t w = 0; w < n_windows; w++) {
                const WindowGroups *window = table->windows.items[w];

                for (const Group *group = window->first; group; group = group->next)
                        group_index_remove(&table->index, group);
                n_groups += window->n_groups;
        }
        if (ret_first_open_usec)
                *ret_first_open_usec = table->windows.items[n_windows - 1]->start_usec + 1;
        group_windows_drop(&table->windows, n_windows);
        group_index_shrink(&table->index);
        return n_groups;
}
