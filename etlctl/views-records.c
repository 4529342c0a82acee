/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "views.h"

/* What jobs gave out, and what they could not use. */

static int fill_rows(Table *table, json_object *rows) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < json_object_array_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i);

                for (size_t k = 0; r >= 0 && k < json_object_array_length(row); k++) {
                        json_object *value = json_object_array_get_idx(row, k);

                        r = table_add(table, value ? json_object_get_string(value) : "NULL");
                }
        }
        return r;
}

/* Numbers stand to the right. */
static int head_of(json_object *column, char **ret) {
        static const char *const numbers[] = {"INT", "BIGINT", "DOUBLE"};
        const char *mark = "";

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                if (strcmp(text_of(column, "type"), numbers[i]) == 0)
                        mark = ">";
        return asprintf(ret, "%s%s", mark, text_of(column, "name")) < 0 ? -ENOMEM : 0;
}

static int print_rows(json_object *columns, json_object *rows, const Style *style) {
        size_t n = json_object_array_length(columns);
        _cleanup_free_ char **heads = new0(char *, n + 1);
        _cleanup_(table_freep) Table *table = NULL;
        int r = heads ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = head_of(json_object_array_get_idx(columns, i), &heads[i]);
        if (r >= 0) {
                table = table_new((const char *const *)heads);
                r = table ? fill_rows(table, rows) : -ENOMEM;
        }
        if (r >= 0)
                table_print(table, style->legend, style->file);
        for (size_t i = 0; heads && i < n; i++)
                free(heads[i]);
        return r;
}

static void print_rows_csv(json_object *columns, json_object *rows, const Style *style) {
        size_t n = json_object_array_length(columns);

        for (size_t i = 0; style->legend && i < n; i++)
                print_csv_cell(style->file,
                               json_object_object_get(json_object_array_get_idx(columns, i), "name"),
                               i + 1 == n);
        for (size_t i = 0; i < json_object_array_length(rows); i++)
                for (size_t k = 0; k < n; k++)
                        print_csv_cell(style->file,
                                       json_object_array_get_idx(json_object_array_get_idx(rows, i), k),
                                       k + 1 == n);
}

int view_results(json_object *answer, const Style *style) {
        json_object *columns = json_object_object_get(answer, "columns"),
                    *rows = json_object_object_get(answer, "rows");
        uint64_t total = number_of(answer, "total");
        char at[TIME_TEXT_MAX];

        if (style->csv && columns) {
                print_rows_csv(columns, rows, style);
                return 0;
        }
        if (!columns || !has(answer, "epoch_at_usec")) {
                fputs("There was no epoch yet.\n", style->file);
                return 0;
        }
        if (style->legend)
                fprintf(style->file, "Epoch %" PRIu64 " at %s, %" PRIu64 " of %" PRIu64 " row%s\n",
                        number_of(answer, "epoch"), format_time(at, number_of(answer, "epoch_at_usec")),
                        (uint64_t)json_object_array_length(rows), total, total == 1 ? "" : "s");
        return print_rows(columns, rows, style);
}

int view_dead_letters(json_object *answer, const Style *style) {
        static const Field fields[] = {
                {"TIME", "at_usec", add_time},
                {"REASON", "reason", add_text},
                {"COLUMN", "column", add_text},
                {"TOPIC", "topic", add_text},
                {">PARTITION", "partition", add_text},
                {">OFFSET", "offset", add_text},
                {">LATE BY", "late_by_usec", add_duration},
                {"VALUE", "value", add_text},
        };
        json_object *counts = json_object_object_get(answer, "counts");
        size_t n = 0;

        if (counts && style->legend && !style->csv) {
                json_object_object_foreach(counts, reason, count) {
                        if (json_object_get_uint64(count) > 0)
                                fprintf(style->file, "%s%s %s", n++ > 0 ? ", " : "",
                                        json_object_get_string(count), reason);
                }
                fputs(n > 0 ? "\n" : "No record was put aside.\n", style->file);
        }
        return print_objects(json_object_object_get(answer, "dead_letters"), fields, ELEMENTSOF(fields),
                             style);
}
