/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "refusals.h"
#include "postgresql-sql.h"
#include "row-text.h"

typedef struct Search {
        const JobConfig *config;
        const RowSet *rows;
        DeadLetters *letters;
        Arena arena;
        Buffer text;
        size_t n_found;
} Search;

static int bury_row(Search *search, const Batch *batch, size_t row, int column) {
        DeadRecord record = {
                .fault = RECORD_REFUSED,
                .column = (uint32_t)column,
                .offset = TIME_NONE,
                .kafka_time_msec = -1,
        };
        int r;

        search->text.size = 0;
        r = row_append_json(search->rows->schema, batch, row, -1, &search->arena, &search->text);
        if (r < 0)
                return r;
        record.data = (const char *)search->text.data;
        record.size = record.full_size = search->text.size;
        search->n_found++;
        return dead_letters_add_row(search->letters, search->rows->schema, &record,
                                    search->config->dead_letter);
}

static int search_batch(const Batch *batch, void *userdata) {
        Search *search = userdata;
        int r = 0;

        for (size_t row = 0; r >= 0 && row < batch->n_rows; row++) {
                int column = postgresql_refused_column(search->rows, batch, row);

                if (column >= 0)
                        r = bury_row(search, batch, row, column);
        }
        arena_reset(&search->arena);
        return r;
}

static bool has_postgresql(const JobConfig *config) {
        for (size_t i = 0; i < config->n_sinks; i++)
                if (config->sinks[i].type == SINK_POSTGRESQL)
                        return true;
        return false;
}

ssize_t refusals_find(const JobConfig *config, const RowSet *rows, DeadLetters *letters) {
        Search search = {.config = config, .rows = rows, .letters = letters};
        int r;

        if (!has_postgresql(config) || rows->n_rows == 0)
                return 0;
        r = row_set_walk(rows, search_batch, &search);
        arena_done(&search.arena);
        buffer_done(&search.text);
        return r < 0 ? r : (ssize_t)search.n_found;
}
