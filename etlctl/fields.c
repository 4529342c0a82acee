/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <time.h>

#include "base/buffer.h"
#include "base/units.h"
#include "fields.h"

enum { FIELDS_MAX = 16, LEASES_SHOWN = 3 };

const char *text_of(json_object *object, const char *key) {
        json_object *value = json_object_object_get(object, key);

        return value ? json_object_get_string(value) : "";
}

uint64_t number_of(json_object *object, const char *key) {
        return json_object_get_uint64(json_object_object_get(object, key));
}

bool has(json_object *object, const char *key) {
        return json_object_object_get(object, key);
}

int add_text(Table *table, json_object *object, const char *key) {
        return table_add(table, has(object, key) ? text_of(object, key) : "-");
}

int add_state(Table *table, json_object *object, const char *key) {
        return has(object, key) ? table_add_coloured(table, text_of(object, key),
                                                     colour_of_state(text_of(object, key)))
                                : table_add(table, "-");
}

int add_count(Table *table, json_object *object, const char *key) {
        char text[UNIT_TEXT_MAX];

        return table_add(table, has(object, key) ? format_count(text, number_of(object, key)) : "-");
}

int add_sum(Table *table, json_object *object, const char *key) {
        json_object *counts = json_object_object_get(object, key);
        char text[UNIT_TEXT_MAX];
        uint64_t sum = 0;

        if (!counts)
                return table_add(table, "-");
        json_object_object_foreach(counts, name, value) {
                (void)name;
                sum += json_object_get_uint64(value);
        }
        return table_add(table, format_count(text, sum));
}

int add_length(Table *table, json_object *object, const char *key) {
        json_object *array = json_object_object_get(object, key);
        char text[UNIT_TEXT_MAX];

        return table_add(table, array ? format_count(text, json_object_array_length(array)) : "-");
}

char *format_time(char buffer[static TIME_TEXT_MAX], uint64_t usec) {
        time_t seconds = (time_t)(usec / USEC_PER_SEC), now = time(NULL);
        struct tm then, today;

        localtime_r(&seconds, &then);
        localtime_r(&now, &today);
        strftime(buffer, TIME_TEXT_MAX,
                 then.tm_year == today.tm_year && then.tm_yday == today.tm_yday ? "%T" : "%F %T", &then);
        return buffer;
}

int add_time(Table *table, json_object *object, const char *key) {
        char text[TIME_TEXT_MAX];

        return table_add(table, has(object, key) ? format_time(text, number_of(object, key)) : "-");
}

int add_duration(Table *table, json_object *object, const char *key) {
        uint64_t usec = number_of(object, key), unit = 1;
        char text[UNIT_TEXT_MAX];

        if (!has(object, key))
                return table_add(table, "-");
        while (usec / unit >= 1000)
                unit *= 10;
        /* Above a minute in whole seconds, else three digits. */
        return table_add(table,
                         format_duration(text, usec >= USEC_PER_MINUTE ? usec / USEC_PER_SEC * USEC_PER_SEC
                                                                       : usec / unit * unit));
}

int add_share(Table *table, json_object *object, const char *key) {
        char text[32];

        if (!has(object, key))
                return table_add(table, "-");
        snprintf(text, sizeof(text), "%.0f%%",
                 100 * json_object_get_double(json_object_object_get(object, key)));
        return table_add(table, text);
}

int add_size(Table *table, json_object *object, const char *key) {
        char text[64];

        if (!has(object, key))
                return table_add(table, "-");
        snprintf(text, sizeof(text), "%.1f MiB", (double)number_of(object, key) / (1 << 20));
        return table_add(table, text);
}

int add_flag(Table *table, json_object *object, const char *key) {
        json_object *value = json_object_object_get(object, key);

        return table_add(table, !value ? "-" : json_object_get_boolean(value) ? "yes" : "no");
}

/* topic/partition position-end, the worker's in brackets where another object says whose they are. */
int add_leases(Table *table, json_object *object, const char *key) {
        json_object *leases = json_object_object_get(object, key);
        size_t n = leases ? json_object_array_length(leases) : 0;
        _cleanup_buffer_ Buffer text = {};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < MIN(n, (size_t)LEASES_SHOWN); i++) {
                json_object *lease = json_object_array_get_idx(leases, i);
                bool of_worker = has(lease, "worker");

                r = of_worker ? buffer_append_format(&text, "%s%s:", i > 0 ? " " : "",
                                                     text_of(lease, "worker"))
                              : buffer_append_format(&text, "%s%s/%s:", i > 0 ? " " : "",
                                                     text_of(lease, "topic"), text_of(lease, "partition"));
                if (r >= 0)
                        r = buffer_append_format(&text, "%s-%s", text_of(lease, "position"),
                                                 text_of(lease, "end"));
        }
        if (r >= 0 && n > LEASES_SHOWN)
                r = buffer_append_format(&text, " and %zu more", n - LEASES_SHOWN);
        if (r >= 0)
                r = n == 0 ? buffer_append_format(&text, "-") : buffer_append_u8(&text, '\0');
        return r < 0 ? r : table_add(table, (const char *)text.data);
}

void print_csv_cell(FILE *file, json_object *value, bool last) {
        const char *text = value ? json_object_get_string(value) : "";

        if (text[strcspn(text, "\",\r\n")] == '\0')
                fputs(text, file);
        else {
                fputc('"', file);
                for (; *text; text++)
                        fprintf(file, *text == '"' ? "\"\"" : "%c", *text);
                fputc('"', file);
        }
        fputs(last ? "\r\n" : ",", file);
}

static int print_csv(json_object *array, const Field *fields, size_t n_fields, const Style *style) {
        for (size_t i = 0; style->legend && i < n_fields; i++)
                fprintf(style->file, "%s%s", fields[i].key, i + 1 == n_fields ? "\r\n" : ",");
        for (size_t i = 0; i < json_object_array_length(array); i++)
                for (size_t k = 0; k < n_fields; k++)
                        print_csv_cell(
                                style->file,
                                json_object_object_get(json_object_array_get_idx(array, i), fields[k].key),
                                k + 1 == n_fields);
        return 0;
}

int print_objects(json_object *array, const Field *fields, size_t n_fields, const Style *style) {
        const char *heads[FIELDS_MAX + 1] = {};
        _cleanup_(table_freep) Table *table = NULL;
        int r = 0;

        if (style->csv)
                return print_csv(array, fields, n_fields, style);
        for (size_t i = 0; i < n_fields; i++)
                heads[i] = fields[i].head;
        table = table_new(heads);
        if (!table)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < json_object_array_length(array); i++)
                for (size_t k = 0; r >= 0 && k < n_fields; k++)
                        r = fields[k].add(table, json_object_array_get_idx(array, i), fields[k].key);
        if (r >= 0)
                table_print(table, style->legend, style->file);
        return r;
}
