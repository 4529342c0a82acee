/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "plan/row-key.h"
#include "expression/build.h"

static int key_text(const Query *query, size_t key, char **ret) {
        _cleanup_free_ const char **names = NULL;
        _cleanup_buffer_ Buffer buffer = {};
        int r;

        if (query->window.kind != WINDOW_NONE && query->window.key_index == key) {
                *ret = strdup("window.start");
                return *ret ? 0 : -ENOMEM;
        }
        names = new0(const char *, query->source->n_columns + 1);
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < query->source->n_columns; i++)
                names[i] = query->source->columns[i].name;
        r = expr_append_text(query->keys[key], names, &buffer);
        if (r >= 0)
                r = buffer_append_u8(&buffer, '\0');
        if (r < 0)
                return r;
        *ret = (char *)TAKE_PTR(buffer.data);
        return 0;
}

/* A key that is a column of the source tells those as well that are made of it alone. */
static void mark_told_columns(const Query *query, const bool *told_keys, bool *ret_columns) {
        for (size_t i = 0; i < query->source->n_columns; i++) {
                _cleanup_(expr_freep) Expr *column = NULL;

                for (size_t key = 0; key < query->n_keys && !ret_columns[i]; key++) {
                        bool is_start = query->window.kind != WINDOW_NONE && query->window.key_index == key;

                        if (!told_keys[key] || is_start)
                                continue;
                        column = column ?: expr_new_column(i, query->source->columns[i].type);
                        ret_columns[i] = column && expr_equal(column, query->keys[key]);
                }
        }
}

static bool is_made_of(const Query *query, size_t key, const bool *columns, bool *scratch) {
        memset(scratch, 0, query->source->n_columns * sizeof(bool));
        expr_mark_columns(query->keys[key], scratch);
        for (size_t i = 0; i < query->source->n_columns; i++)
                if (scratch[i] && !columns[i])
                        return false;
        return true;
}

int query_missing_key(const Query *query, char **ret) {
        _cleanup_free_ bool *told = new0(bool, query->n_keys + query->n_aggregates + 1);
        _cleanup_free_ bool *columns = new0(bool, query->source->n_columns + 1);
        _cleanup_free_ bool *scratch = new0(bool, query->source->n_columns + 1);
        int r;

        if (!told || !columns || !scratch)
                return -ENOMEM;
        for (size_t i = 0; i < query->n_outputs; i++)
                if (query->outputs[i].is_key)
                        expr_mark_columns(query->outputs[i].expr, told);
        mark_told_columns(query, told, columns);
        for (size_t key = 0; key < query->n_keys; key++) {
                if (told[key] || is_made_of(query, key, columns, scratch))
                        continue;
                r = key_text(query, key, ret);
                return r < 0 ? r : 1;
        }
        return 0;
}
