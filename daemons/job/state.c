/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "state.h"
#include "aggregate/group-table.h"
#include "columns/rows.h"

/* Rows of one range that wait until everything below them is merged. */
typedef struct WaitingRows {
        struct WaitingRows *next; /* by offset */
        uint32_t partition;
        int64_t from;
        size_t n_rows;
        size_t size;
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

int state_new(const Query *query, OutputMode mode, State **ret) {
        _cleanup_(state_freep) State *state = NULL;
        int r;

        state = new0(State, 1);
        if (!state)
                return -ENOMEM;
        state->query = query;
        state->mode = mode;
        state->schema = schema_new();
        state->types = new0(ValueType, query->n_outputs + 1);
        if (!state->schema || !state->types)
                return -ENOMEM;
        for (size_t i = 0; i < query->n_outputs; i++) {
                state->types[i] = expr_type(query->outputs[i].expr);
                r = schema_add(state->schema, query->outputs[i].name, state->types[i]);
                if (r < 0)
                        return r;
        }
        if (query->grouped) {
                r = group_table_new(query, &state->groups);
                if (r < 0)
                        return r;
        }
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

const Schema *state_schema(const State *state) {
        return state->schema;
}

/* Steps over the rows, which are all that is left to read. */
static int check_rows(const State *state, uint32_t n_rows, Reader *reader) {
        int r = 0;

        for (; r >= 0 && n_rows > 0; n_rows--)
                r = row_skip(reader, state->types, state->schema->n_columns);
        return r < 0 ? r : reader->left > 0 ? -EBADMSG : 0;
}

static int merge_rows(State *state, uint32_t partition, int64_t from, Reader *reader) {
        WaitingRows *rows, **at = &state->waiting;
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
        rows = malloc(sizeof(WaitingRows) + all.left);
        if (!rows)
                return -ENOMEM;
        *rows = (WaitingRows){.partition = partition, .from = from, .n_rows = n_rows, .size = all.left};
        memcpy(rows->data, all.data, all.left);
        state->waiting_bytes += rows->size;

        while (*at &&
               ((*at)->partition < partition || ((*at)->partition == partition && (*at)->from < from)))
                at = &(*at)->next;
        rows->next = *at;
        *at = rows;
        return 0;
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
                r = row_encode(outputs, query->n_outputs, state->selection[i], &emission->epoch->rows);
        if (r >= 0)
                emission->epoch->n_rows += n_selected;
        return r;
}

int state_close_epoch(State *state, int64_t final_usec, Epoch *epoch) {
        static const GroupFilter filters[] = {
                [OUTPUT_UPDATE] = GROUPS_CHANGED,
                [OUTPUT_APPEND] = GROUPS_CLOSED,
                [OUTPUT_COMPLETE] = GROUPS_ALL,
        };
        Emission emission = {state, epoch};
        int r;

        if (!state->groups) {
                epoch->rows = state->ready;
                epoch->n_rows = state->n_ready;
                epoch->rows_are_ordered = true;
                state->ready = (Buffer){};
                state->n_ready = 0;
                return 0;
        }
        r = group_table_emit(state->groups, filters[state->mode], final_usec, emit_groups, &emission);
        if (r < 0)
                return r;
        group_table_clear_changed(state->groups);
        /* The complete result keeps every window it ever had, as in Spark. */
        if (state->mode != OUTPUT_COMPLETE)
                group_table_drop_closed(state->groups, final_usec);
        return 0;
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
