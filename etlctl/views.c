/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "views.h"
#include <time.h>

#include "base/units.h"
#include "client.h"
#include "table.h"

static const char *text_of(json_object *object, const char *key) {
        json_object *value = json_object_object_get(object, key);

        return value ? json_object_get_string(value) : "";
}

static uint64_t number_of(json_object *object, const char *key) {
        return json_object_get_uint64(json_object_object_get(object, key));
}

static bool has(json_object *object, const char *key) {
        return json_object_object_get(object, key);
}

static int add_count(Table *table, json_object *object, const char *key) {
        char text[UNIT_TEXT_MAX];

        return table_add(table, has(object, key) ? format_count(text, number_of(object, key)) : "-");
}

static int add_text(Table *table, json_object *object, const char *key) {
        return table_add(table, has(object, key) ? text_of(object, key) : "-");
}

/* Of this day as a time, else with the date. In the terminal's time zone. */
static int add_time(Table *table, json_object *object, const char *key) {
        time_t seconds = (time_t)(json_object_get_int64(json_object_object_get(object, key)) / 1000000);
        time_t now = time(NULL);
        struct tm then, today;
        char text[64];

        if (!has(object, key))
                return table_add(table, "-");
        localtime_r(&seconds, &then);
        localtime_r(&now, &today);
        strftime(text, sizeof(text),
                 then.tm_year == today.tm_year && then.tm_yday == today.tm_yday ? "%T" : "%F %T", &then);
        return table_add(table, text);
}

static int add_duration(Table *table, json_object *object, const char *key) {
        char text[UNIT_TEXT_MAX];

        if (!has(object, key))
                return table_add(table, "-");
        return table_add(table, format_duration(text, number_of(object, key) / 1000 * 1000));
}

static int add_size(Table *table, json_object *object, const char *key) {
        char text[64];

        if (!has(object, key))
                return table_add(table, "-");
        snprintf(text, sizeof(text), "%.1f MiB", (double)number_of(object, key) / (1 << 20));
        return table_add(table, text);
}

static uint64_t sum_of(json_object *object) {
        uint64_t sum = 0;

        if (!object)
                return 0;
        json_object_object_foreach(object, key, value) {
                (void)key;
                sum += json_object_get_uint64(value);
        }
        return sum;
}

static int add_sum(Table *table, json_object *object, const char *key) {
        char text[UNIT_TEXT_MAX];

        return table_add(table, format_count(text, sum_of(json_object_object_get(object, key))));
}

/* How one member of an object becomes a cell. */
typedef struct Field {
        const char *head, *key;
        int (*add)(Table *table, json_object *object, const char *key);
} Field;

enum { FIELDS_MAX = 16 };

static int print_objects(json_object *array, const Field *fields, size_t n_fields, FILE *file) {
        const char *heads[FIELDS_MAX + 1] = {};
        _cleanup_(table_freep) Table *table = NULL;
        int r = 0;

        for (size_t i = 0; i < n_fields; i++)
                heads[i] = fields[i].head;
        table = table_new(heads);
        if (!table)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < json_object_array_length(array); i++)
                for (size_t k = 0; r >= 0 && k < n_fields; k++)
                        r = fields[k].add(table, json_object_array_get_idx(array, i), fields[k].key);
        if (r >= 0)
                table_print(table, file);
        return r;
}

static const Field job_fields[] = {
        {"JOB", "name", add_text},
        {"STATE", "state", add_text},
        {">ARRIVING/S", "arrival_per_sec", add_count},
        {">PROCESSED/S", "processed_per_sec", add_count},
        {">LAG", "backlog", add_count},
        {">WORKERS", "workers_running", add_count},
        {">WANTED", "workers_wanted", add_count},
        {">EPOCH", "epoch", add_count},
        {"WATERMARK", "watermark_usec", add_time},
        {">LATE", "late", add_count},
        {">BAD", "bad", add_sum},
        {"WHY", "why", add_text},
};

int view_jobs(json_object *answer, FILE *file) {
        return print_objects(json_object_object_get(answer, "jobs"), job_fields, ELEMENTSOF(job_fields),
                             file);
}

int view_status(json_object *answer, FILE *file) {
        json_object *problems = json_object_object_get(answer, "problems");
        char rate[UNIT_TEXT_MAX], lag[UNIT_TEXT_MAX];

        fprintf(file,
                "%" PRIu64 " of %" PRIu64 " jobs run, %" PRIu64 " workers (wanted %" PRIu64
                "), %s rec/s, lag %s\n",
                number_of(answer, "jobs_running"), number_of(answer, "jobs_enabled"),
                number_of(answer, "workers_running"), number_of(answer, "workers_wanted"),
                format_count(rate, number_of(answer, "processed_per_sec")),
                format_count(lag, number_of(answer, "backlog")));
        for (size_t i = 0; problems && i < json_object_array_length(problems); i++)
                fprintf(file, "! %s\n", json_object_get_string(json_object_array_get_idx(problems, i)));
        fputc('\n', file);
        return view_jobs(answer, file);
}

int view_job(json_object *answer, FILE *file) {
        static const Field partition_fields[] = {
                {"TOPIC", "topic", add_text},         {">PARTITION", "partition", add_count},
                {">POSITION", "position", add_count}, {">END", "end", add_count},
                {">LAG", "lag", add_count},           {"WATERMARK", "watermark_usec", add_time},
                {"IDLE", "idle", add_text},
        };
        _cleanup_(json_object_putp) json_object *one = json_object_new_array();
        json_object *partitions = json_object_object_get(answer, "partitions");
        int r;

        json_object_array_add(one, json_object_get(answer));
        r = print_objects(one, job_fields, ELEMENTSOF(job_fields), file);
        if (r < 0 || !partitions)
                return r;
        fputc('\n', file);
        return print_objects(partitions, partition_fields, ELEMENTSOF(partition_fields), file);
}

static int add_leases(Table *table, json_object *object, const char *key) {
        json_object *leases = json_object_object_get(object, key);
        char text[UNIT_TEXT_MAX];

        return table_add(table, leases ? format_count(text, json_object_array_length(leases)) : "-");
}

int view_workers(json_object *answer, FILE *file) {
        static const Field fields[] = {
                {"JOB", "job", add_text},
                {">WORKER", "number", add_count},
                {"STATE", "state", add_text},
                {">PID", "pid", add_text},
                {"SINCE", "since_usec", add_time},
                {">RECORDS", "records", add_count},
                {">BUSY", "busy_usec", add_duration},
                {">CPU", "cpu_usec", add_duration},
                {">MEMORY", "rss_bytes", add_size},
                {">LEASES", "leases", add_leases},
                {">FAILURES", "failures", add_count},
        };

        return print_objects(json_object_object_get(answer, "workers"), fields, ELEMENTSOF(fields), file);
}

int view_decisions(json_object *answer, FILE *file) {
        static const Field fields[] = {
                {"TIME", "at_usec", add_time},
                {"JOB", "job", add_text},
                {">FROM", "workers_now", add_count},
                {">TO", "workers_wanted", add_count},
                {">READY AFTER", "ready_after_usec", add_duration},
                {"REASON", "reason", add_text},
        };

        return print_objects(json_object_object_get(answer, "decisions"), fields, ELEMENTSOF(fields), file);
}

static int fill_rows(Table *table, json_object *rows) {
        int r = 0;

        for (size_t i = 0; rows && r >= 0 && i < json_object_array_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i);

                for (size_t k = 0; r >= 0 && k < json_object_array_length(row); k++) {
                        json_object *value = json_object_array_get_idx(row, k);

                        r = table_add(table, value ? json_object_get_string(value) : "NULL");
                }
        }
        return r;
}

int view_results(json_object *answer, FILE *file) {
        json_object *epoch = json_object_object_get(answer, "last_epoch"), *columns;
        _cleanup_(table_freep) Table *table = NULL;
        _cleanup_free_ const char **heads = NULL;
        size_t n;
        int r;

        if (!epoch) {
                fputs("There was no epoch yet.\n", file);
                return 0;
        }
        columns = json_object_object_get(epoch, "columns");
        n = json_object_array_length(columns);
        heads = new0(const char *, n + 1);
        if (!heads)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                heads[i] = json_object_get_string(json_object_array_get_idx(columns, i));
        table = table_new(heads);
        r = table ? fill_rows(table, json_object_object_get(epoch, "sample")) : -ENOMEM;
        if (r < 0)
                return r;
        fprintf(file, "Epoch %" PRIu64 ", %" PRIu64 " rows\n", number_of(epoch, "epoch"),
                number_of(epoch, "rows"));
        table_print(table, file);
        return 0;
}

int view_dead_letters(json_object *answer, FILE *file) {
        static const char *const heads[] = {"TIME",    "REASON", "TOPIC", ">PARTITION",
                                            ">OFFSET", "COLUMN", "VALUE", NULL};
        json_object *letters = json_object_object_get(answer, "dead_letters");
        _cleanup_(table_freep) Table *table = table_new(heads);
        int r = table ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < json_object_array_length(letters); i++) {
                json_object *letter = json_object_array_get_idx(letters, i);

                r = add_time(table, letter, "time_usec");
                for (const char *const *key = (const char *const[]){"reason", "topic", "partition", "offset",
                                                                    "column", "value", NULL};
                     r >= 0 && *key; key++)
                        r = add_text(table, letter, *key);
        }
        if (r >= 0)
                table_print(table, file);
        return r;
}
