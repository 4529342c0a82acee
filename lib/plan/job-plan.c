/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <xxhash.h>

#include "base/nearest.h"
#include "config/config-error.h"
#include "plan/job-plan.h"
#include "plan/row-key.h"

JobPlan *job_plan_free(JobPlan *plan) {
        if (!plan)
                return NULL;
        query_free(plan->query);
        free(plan->event_time);
        free(plan->query_text);
        free(plan->table);
        free(plan->columns_text);
        free(plan);
        return NULL;
}

/* Turns a place in one of the texts into one in the file. */
static int refuse(const PlanText *plan, const char *text, const TextMap *map, const SqlError *sql,
                  ConfigError *error) {
        _cleanup_free_ char *picture = sql_error_picture(text, sql);
        unsigned line = sql->line, column = sql->column;

        if (!picture)
                return -ENOMEM;
        if (map)
                text_map_locate(map, sql->offset, &line, &column);
        return config_error_set(error, plan->path, line, column, "%s\n%s", sql->message, picture);
}

/* A mistake of a text as a whole stands where the text begins. */
static void place_of_whole(const TextMap *map, unsigned *ret_line, unsigned *ret_column) {
        *ret_line = *ret_column = 0;
        if (map)
                text_map_locate(map, 0, ret_line, ret_column);
}

static int refuse_event_time(const PlanText *text, const Schema *columns, ConfigError *error) {
        _cleanup_free_ const char **names = new0(const char *, columns->n_columns + 1);
        const char *nearest;
        unsigned line, column;

        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < columns->n_columns; i++)
                names[i] = columns->columns[i].name;
        nearest = nearest_name(text->event_time, names);
        place_of_whole(text->event_time_map, &line, &column);
        return config_error_set(error, text->path, line, column,
                                "source.event_time: \"%s\" is not one of source.columns%s%s%s",
                                text->event_time, nearest ? "; did you mean \"" : "", nearest ?: "",
                                nearest ? "\"?" : "");
}

/* Numbers are seconds since the epoch and a STRING is read as SQL's cast does; a BOOLEAN is no time. */
static int find_event_time(const PlanText *text, const Schema *columns, size_t *ret, ConfigError *error) {
        int index = schema_find(columns, text->event_time);
        unsigned line, column;

        if (index < 0)
                return refuse_event_time(text, columns, error);
        if (columns->columns[index].type == TYPE_BOOLEAN) {
                place_of_whole(text->event_time_map, &line, &column);
                return config_error_set(error, text->path, line, column,
                                        "source.event_time: column \"%s\" is a BOOLEAN; expected TIMESTAMP, "
                                        "DOUBLE, BIGINT, INT or STRING",
                                        text->event_time);
        }
        if (schema_find(columns, "event_time") >= 0 && schema_find(columns, "event_time") != index) {
                place_of_whole(text->columns_map, &line, &column);
                return config_error_set(
                        error, text->path, line, column,
                        "source.columns: \"event_time\" is the query's name for the time that "
                        "source.event_time gives; leave the column out, or let "
                        "source.event_time name it");
        }
        *ret = (size_t)index;
        return 0;
}

/* Each text's hash seeds the next one's, so that moving a character from one text to another is seen. */
static uint64_t text_id(const JobPlan *plan) {
        const char *const texts[] = {plan->columns_text, plan->table, plan->query_text, plan->event_time};
        uint64_t id = 0;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                id = XXH3_64bits_withSeed(texts[i], strlen(texts[i]), id);
        return id;
}

static int copy_texts(JobPlan *plan, const PlanText *text) {
        plan->columns_text = strdup(text->columns);
        plan->table = strdup(text->table);
        plan->query_text = strdup(text->query);
        plan->event_time = strdup(text->event_time);
        if (!plan->columns_text || !plan->table || !plan->query_text || !plan->event_time)
                return -ENOMEM;
        plan->id = text_id(plan);
        return 0;
}

int job_plan_new(const PlanText *text, JobPlan **ret, ConfigError *error) {
        _cleanup_(job_plan_freep) JobPlan *plan = new0(JobPlan, 1);
        _cleanup_(schema_freep) Schema *columns = NULL;
        SqlError sql = {};
        int r;

        if (!plan)
                return -ENOMEM;
        r = copy_texts(plan, text);
        if (r < 0)
                return r;
        r = schema_parse(text->columns, &columns, &sql);
        if (r < 0)
                return r == -EINVAL ? refuse(text, text->columns, text->columns_map, &sql, error) : r;
        r = find_event_time(text, columns, &plan->event_time_source, error);
        if (r < 0)
                return r;
        r = query_parse(text->query, text->table, columns, &plan->query, &sql);
        if (r < 0)
                return r == -EINVAL ? refuse(text, text->query, text->query_map, &sql, error) : r;
        *ret = TAKE_PTR(plan);
        return 0;
}

/* Spark's rules of which query may have which output mode. */
static int check_output(const JobConfig *config, const Query *query, ConfigError *error) {
        const char *message = NULL;
        unsigned line, column;

        if (config->output == OUTPUT_COMPLETE && !query->grouped)
                message = "output = \"complete\" needs a query with GROUP BY; expected \"append\" or "
                          "\"update\"";
        else if (config->output == OUTPUT_APPEND && query->grouped && query->window.kind == WINDOW_NONE)
                message = "output = \"append\" needs a window among the GROUP BY keys, or no group is ever "
                          "final; expected "
                          "\"update\" or \"complete\"";
        if (!message)
                return 0;
        place_of_whole(&config->query_map, &line, &column);
        return config_error_set(error, config->path, line, column, "%s", message);
}

/* An update replaces the row of its group in the table: two groups that the row does not tell apart would be
 * one row, which PostgreSQL refuses. A topic may hold what it likes. */
static int check_row_key(const JobConfig *config, const Query *query, ConfigError *error) {
        const char *other = query->window.kind == WINDOW_NONE ? "complete" : "append";
        _cleanup_free_ char *missing = NULL;
        const SinkConfig *sink = NULL;
        unsigned line, column;
        int r;

        for (size_t i = 0; i < config->n_sinks && !sink; i++)
                if (config->sinks[i].type == SINK_POSTGRESQL)
                        sink = &config->sinks[i];
        if (!sink || config->output != OUTPUT_UPDATE)
                return 0;
        r = query_missing_key(query, &missing);
        if (r <= 0)
                return r;
        place_of_whole(&config->query_map, &line, &column);
        return config_error_set(
                error, config->path, line, column,
                "output = \"update\" lets sink \"%s\" replace rows by their GROUP BY keys, and "
                "%s is not in the SELECT list; select it, or write output = \"%s\"",
                sink->name, missing, other);
}

int job_plan_from_config(const JobConfig *config, JobPlan **ret, ConfigError *error) {
        const PlanText text = {
                .path = config->path,
                .columns = config->source.columns_text,
                .columns_map = &config->source.columns_map,
                .table = config->source.table,
                .query = config->query_text,
                .query_map = &config->query_map,
                .event_time = config->source.event_time,
                .event_time_map = &config->source.event_time_map,
        };
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        int r;

        r = job_plan_new(&text, &plan, error);
        if (r < 0)
                return r;
        r = check_output(config, plan->query, error);
        if (r >= 0)
                r = check_row_key(config, plan->query, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(plan);
        return 0;
}
