/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "state.h"
#include "aggregate/group-table.h"
#include "columns/rows.h"

/* Rows of one range that wait until everything below them is merged. */
typedef struct WaitingRows {
        struct WaitingRows *next; /* by offset */
        uint32_t partition;       /* its index */
        int64_t from;
        size_t n_rows;
        size_t size;
        bool saved; /* in the store */
        uint8_t data[];
} WaitingRows;

struct State {
        const Query *query;
        OutputMode mode;
        Schema *schema;
        ValueType *types;   /* of the schema's columns */
        GroupTable *groups; /* of a query with GROUP BY */

        WaitingRows *waiting; /* of one without */
        size_t waiting_bytes;
        Buffer ready;
        size_t n_ready;

        Arena arena;
        uint16_t selection[BATCH_ROWS_MAX];
};

static int add_record_key(State *state) {
        Schema *schema = state->schema;
        int r;

        r = schema_add(schema, "", TYPE_STRING);
        if (r < 0)
                return r;
        state->types[schema->n_columns - 1] = TYPE_STRING;
        schema->columns[schema->n_columns - 1].role = COLUMN_RECORD_KEY;
        return 0;
}

int state_new(const Query *query, OutputMode mode, State **ret) {
        _cleanup_(state_freep) State *state = NULL;
        int r;

        state = new0(State, 1);
        if (!state)
                return -ENOMEM;
        state->query = query;
        state->mode = mode;
        state->schema = schema_new();
        state->types = new0(ValueType, query->n_outputs + 1); /* a record's key behind them */
        if (!state->schema || !state->types)
                return -ENOMEM;
        for (size_t i = 0; i < query->n_outputs; i++) {
                state->types[i] = expr_type(query->outputs[i].expr);
                r = schema_add(state->schema, query->outputs[i].name, state->types[i]);
                if (r < 0)
                        return r;
                if (query->outputs[i].is_key)
                        state->schema->columns[i].role = COLUMN_KEY;
        }
        r = query->grouped ? group_table_new(query, &state->groups) : add_record_key(state);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(state);
        return 0;
}

State *state_free(State *state) {
        if (!state)
                return NULL;
        while (state->waiting) {
                WaitingRows *next = state->waiting->next;

                free(state->waiting);
                state->waiting = next;
        }
        group_table_free(state->groups);
        schema_free(state->schema);
        free(state->types);
        buffer_done(&state->ready);
        arena_done(&state->arena);
        free(state);
        return NULL;
}

void state_set_mode(State *state, OutputMode mode) {
        state->mode = mode;
}

/* Steps over the rows, which are all that is left to read. */
static int check_rows(const State *state, uint32_t n_rows, Reader *reader) {
        int r = 0;

        for (; r >= 0 && n_rows > 0; n_rows--)
                r = row_skip(reader, state->types, state->schema->n_columns);
        return r < 0 ? r : reader->left > 0 ? -EBADMSG : 0;
}

static int add_waiting(State *state, uint32_t partition, int64_t from, size_t n_rows, const Reader *bytes,
                       bool saved) {
        WaitingRows *rows, **at = &state->waiting;

        rows = malloc(sizeof(WaitingRows) + bytes->left);
        if (!rows)
                return -ENOMEM;
        *rows = (WaitingRows){
                .partition = partition,
                .from = from,
                .n_rows = n_rows,
                .size = bytes->left,
                .saved = saved,
        };
        memcpy(rows->data, bytes->data, bytes->left);
        state->waiting_bytes += rows->size;

        while (*at &&
               ((*at)->partition < partition || ((*at)->partition == partition && (*at)->from < from)))
                at = &(*at)->next;
        rows->next = *at;
        *at = rows;
        return 0;
}

static int merge_rows(State *state, uint32_t partition, int64_t from, Reader *reader) {
        Reader all;
        uint32_t n_rows;
        int r;

        r = read_u32(reader, &n_rows);
        if (r < 0)
                return r;
        all = *reader;
        r = check_rows(state, n_rows, reader);
        if (r < 0 || n_rows == 0)
                return r;
        return add_waiting(state, partition, from, n_rows, &all, /* saved= */ false);
}

int state_merge(State *state, uint32_t partition, int64_t from, int64_t to, Reader *reader) {
        if (!state->groups)
                return merge_rows(state, partition, from, reader);
        return group_table_merge(state->groups, reader);
}

int state_advance(State *state, uint32_t partition, int64_t position) {
        for (WaitingRows **at = &state->waiting; *at;) {
                WaitingRows *rows = *at;
                int r;

                if (rows->partition != partition || rows->from >= position) {
                        at = &rows->next;
                        continue;
                }
                r = buffer_append(&state->ready, rows->data, rows->size);
                if (r < 0)
                        return r;
                state->n_ready += rows->n_rows;
                state->waiting_bytes -= rows->size;
                *at = rows->next;
                free(rows);
        }
        return 0;
}

bool state_has_output(const State *state, int64_t final_usec) {
        if (!state->groups)
                return state->n_ready > 0;
        if (state->mode != OUTPUT_APPEND)
                return group_table_changed_count(state->groups) > 0;
        return group_table_has_closed(state->groups, final_usec);
}

typedef struct Emission {
        State *state;
        Epoch *epoch;
} Emission;

/* Groups -> HAVING -> outputs -> rows of the epoch. */
static int emit_groups(const Batch *groups, void *userdata) {
        Emission *emission = userdata;
        State *state = emission->state;
        const Query *query = state->query;
        Vector *outputs;
        size_t n_selected;
        int r;

        arena_reset(&state->arena);
        outputs = arena_alloc(&state->arena, query->n_outputs * sizeof(Vector));
        if (!outputs)
                return -ENOMEM;
        r = expr_select(query->having, groups, &state->arena, state->selection, &n_selected);
        for (size_t i = 0; r >= 0 && i < query->n_outputs; i++)
                r = expr_evaluate(query->outputs[i].expr, groups, &state->arena, &outputs[i]);
        for (size_t i = 0; r >= 0 && i < n_selected; i++)
                r = row_encode(outputs, query->n_outputs, state->selection[i],
                               &emission->epoch->rows[ROWS_RESULTS].rows);
        if (r >= 0)
                emission->epoch->rows[ROWS_RESULTS].n_rows += n_selected;
        return r;
}

static int save_group(int64_t window_start_usec, uint64_t id, const Buffer *group, void *userdata) {
        StoreKey key = {};

        store_key_add_i64(&key, window_start_usec);
        store_key_add_u64(&key, id);
        return store_put(userdata, STORE_GROUPS, &key, group->data, group->size);
}

/* Windows that start here and later stay. */
static int save_dropped(int64_t first_open_usec, Buffer *changes) {
        StoreKey from = {}, to = {};

        store_key_add_i64(&from, INT64_MIN);
        store_key_add_i64(&to, first_open_usec);
        return store_delete(changes, STORE_GROUPS, &from, &to);
}

static int close_groups(State *state, int64_t final_usec, Epoch *epoch) {
        static const GroupFilter filters[] = {
                [OUTPUT_UPDATE] = GROUPS_CHANGED,
                [OUTPUT_APPEND] = GROUPS_CLOSED,
                [OUTPUT_COMPLETE] = GROUPS_ALL,
        };
        Emission emission = {state, epoch};
        int64_t first_open_usec;
        int r;

        r = group_table_emit(state->groups, filters[state->mode], final_usec, emit_groups, &emission);
        /* The complete result keeps every window it ever had, as in Spark. */
        if (r >= 0 && state->mode != OUTPUT_COMPLETE &&
            group_table_drop_closed(state->groups, final_usec, &first_open_usec) > 0)
                r = save_dropped(first_open_usec, &epoch->changes);
        if (r >= 0)
                r = group_table_write_changed(state->groups, save_group, &epoch->changes);
        if (r >= 0)
                group_table_clear_changed(state->groups);
        return r;
}

static void rows_key(StoreKey *key, uint32_t partition, int64_t from) {
        store_key_add_u32(key, partition);
        store_key_add_i64(key, from);
}

static int save_waiting(State *state, const Partition *partition, Buffer *changes) {
        StoreKey from = {}, to = {};
        int r;

        rows_key(&from, partition->index, 0);
        rows_key(&to, partition->index, partition->position);
        r = store_delete(changes, STORE_ROWS, &from, &to);
        for (WaitingRows *rows = state->waiting; r >= 0 && rows; rows = rows->next) {
                _cleanup_buffer_ Buffer value = {};
                StoreKey key = {};

                if (rows->saved || rows->partition != partition->index)
                        continue;
                rows_key(&key, rows->partition, rows->from);
                r = buffer_append_u32(&value, (uint32_t)rows->n_rows);
                if (r >= 0)
                        r = buffer_append(&value, rows->data, rows->size);
                if (r >= 0)
                        r = store_put(changes, STORE_ROWS, &key, value.data, value.size);
                rows->saved = r >= 0;
        }
        return r;
}

static int close_rows(State *state, Partition *const *partitions, size_t n_partitions, Epoch *epoch) {
        RowSet *results = &epoch->rows[ROWS_RESULTS];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_partitions; i++)
                r = save_waiting(state, partitions[i], &epoch->changes);
        if (r < 0)
                return r;
        results->rows = state->ready;
        results->n_rows = state->n_ready;
        results->are_ordered = true;
        state->ready = (Buffer){};
        state->n_ready = 0;
        return 0;
}

int state_close_epoch(State *state, Partition *const *partitions, size_t n_partitions, int64_t final_usec,
                      Epoch *epoch) {
        epoch->rows[ROWS_RESULTS].schema = state->schema;
        epoch->rows[ROWS_RESULTS].mode = state->mode;
        if (state->groups)
                return close_groups(state, final_usec, epoch);
        return close_rows(state, partitions, n_partitions, epoch);
}

static int restore_group(Reader key, Reader value, void *userdata) {
        State *state = userdata;
        int64_t window_start_usec;
        uint64_t id;
        int r;

        if (!state->groups)
                return -EUCLEAN;
        r = store_key_read_i64(&key, &window_start_usec);
        if (r >= 0)
                r = store_key_read_u64(&key, &id);
        if (r >= 0)
                r = group_table_restore(state->groups, id, &value);
        return r == -EBADMSG ? -EUCLEAN : r;
}

static int restore_rows(Reader key, Reader value, void *userdata) {
        State *state = userdata;
        uint32_t partition, n_rows;
        int64_t from;

        if (state->groups || store_key_read_u32(&key, &partition) < 0 ||
            store_key_read_i64(&key, &from) < 0 || read_u32(&value, &n_rows) < 0)
                return -EUCLEAN;
        return add_waiting(state, partition, from, n_rows, &value, /* saved= */ true);
}

int state_restore(State *state, Store *store) {
        int r;

        r = store_walk(store, STORE_GROUPS, restore_group, state);
        return r < 0 ? r : store_walk(store, STORE_ROWS, restore_rows, state);
}

size_t state_entries(const State *state) {
        size_t n = 0;

        if (state->groups)
                return group_table_count(state->groups);
        for (const WaitingRows *rows = state->waiting; rows; rows = rows->next)
                n++;
        return n;
}

const Schema *state_schema(const State *state) {
        return state->schema;
}

size_t state_groups(const State *state) {
        return state->groups ? group_table_count(state->groups) : 0;
}

size_t state_bytes(const State *state) {
        return state->groups ? group_table_bytes(state->groups) : state->waiting_bytes + state->ready.size;
}

size_t state_new_bytes(const State *state) {
        size_t n_groups = state_groups(state);

        if (!state->groups)
                return state_bytes(state);
        if (n_groups == 0)
                return 0;
        return (size_t)((double)group_table_bytes(state->groups) *
                        (double)group_table_changed_count(state->groups) / (double)n_groups);
}
