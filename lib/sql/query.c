/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include "sql/analysis.h"

#define EVENT_TIME "event_time"

Query *query_free(Query *query) {
        if (!query)
                return NULL;

        schema_free(query->source);
        free(query->used);
        expr_free(query->where);
        for (size_t i = 0; i < query->n_keys; i++)
                expr_free(query->keys[i]);
        free(query->keys);
        for (size_t i = 0; i < query->n_aggregates; i++)
                expr_free(query->aggregates[i].input);
        free(query->aggregates);
        schema_free(query->group);
        expr_free(query->having);
        for (size_t i = 0; i < query->n_outputs; i++) {
                free(query->outputs[i].name);
                expr_free(query->outputs[i].expr);
        }
        free(query->outputs);
        free(query);
        return NULL;
}

size_t query_event_time_column(const Query *query) {
        return (size_t)schema_find(query->source, EVENT_TIME);
}

static int source_new(const Schema *columns, Schema **ret) {
        _cleanup_(schema_freep) Schema *source = schema_new();
        int r;

        if (!source)
                return -ENOMEM;
        for (size_t i = 0; i < columns->n_columns; i++) {
                r = schema_add(source, columns->columns[i].name, columns->columns[i].type);
                if (r < 0)
                        return r;
        }
        r = schema_add(source, EVENT_TIME, TYPE_TIMESTAMP);
        if (r < 0 && r != -EEXIST)
                return r;
        *ret = TAKE_PTR(source);
        return 0;
}

int query_parse(const char *text, const char *table, const Schema *columns, Query **ret, SqlError *error) {
        _cleanup_(query_freep) Query *query = NULL;
        _cleanup_arena_ Arena arena = {};
        Select select;
        int r;

        r = sql_parse_select(text, columns, &arena, &select, error);
        if (r < 0)
                return r;

        query = new0(Query, 1);
        if (!query)
                return -ENOMEM;
        r = source_new(columns, &query->source);
        if (r < 0)
                return r;
        r = analyze_select(text, table, columns->n_columns, &select, &arena, query, error);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(query);
        return 0;
}
