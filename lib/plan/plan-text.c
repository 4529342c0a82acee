/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/buffer.h"
#include "base/strv.h"
#include "base/text.h"
#include "expression/build.h"
#include "plan/plan-text.h"

enum { NAME_WIDTH_MAX = 32 };

/* A step's own lines stand this much further right than the step, and the step below it as well. */
enum { INDENT = 3 };

typedef struct Describe {
        const Query *query;
        const JobConfig *config;  /* or NULL */
        const char **source;      /* names of the source's columns */
        char **group;             /* what the columns of a group are: keys, then aggregates */
        const char *const *names; /* of the columns that the outputs are made of: one of the two */
        unsigned depth;
        char **lines;
} Describe;

static int add_line(Describe *describe, const char *format, ...) _printf_(2, 3);

static int add_line(Describe *describe, const char *format, ...) {
        _cleanup_free_ char *text = NULL, *line = NULL;
        va_list ap;

        va_start(ap, format);
        text = text_vformat(format, ap);
        va_end(ap);
        if (!text)
                return -ENOMEM;
        if (asprintf(&line, "%*s%s", (int)describe->depth * INDENT, "", text) < 0) {
                line = NULL;
                return -ENOMEM;
        }
        return strv_extend(&describe->lines, line);
}

/* A step: its own lines come behind it. */
#define add_step(describe, format, ...)                                                                     \
        ({                                                                                                  \
                int _r =                                                                                    \
                        add_line(describe, "%s" format, (describe)->depth > 0 ? "-> " : "", ##__VA_ARGS__); \
                (describe)->depth++;                                                                        \
                _r;                                                                                         \
        })

/* An aligned line of a name, a type and what it is. */
static int add_column(Describe *describe, size_t width, const char *name, ValueType type, const char *what) {
        return *what ? add_line(describe, "%-*s  %-9s  %s", (int)width, name, value_type_name(type), what)
                     : add_line(describe, "%-*s  %s", (int)width, name, value_type_name(type));
}

static size_t widest(size_t width, const char *name) {
        return MIN(MAX(width, strlen(name)), (size_t)NAME_WIDTH_MAX);
}

static int expression_text(const Expr *expr, const char *const *names, char **ret) {
        _cleanup_buffer_ Buffer buffer = {};
        int r;

        r = expr_append_text(expr, names, &buffer);
        if (r >= 0)
                r = buffer_append_u8(&buffer, '\0');
        if (r < 0)
                return r;
        *ret = (char *)TAKE_PTR(buffer.data);
        return 0;
}

static int add_condition(Describe *describe, const char *step, const Expr *expr, const char *const *names) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = expression_text(expr, names, &text);
        return r < 0 ? r : add_step(describe, "%s: %s", step, text);
}

/* The names of things */

static int aggregate_text(const Describe *describe, const Aggregate *aggregate, char **ret) {
        static const char *const functions[_AGGREGATE_MAX] = {
                [AGGREGATE_COUNT] = "count", [AGGREGATE_SUM] = "sum", [AGGREGATE_AVG] = "avg",
                [AGGREGATE_MIN] = "min",     [AGGREGATE_MAX] = "max",
        };
        _cleanup_free_ char *input = NULL;
        int r;

        if (!aggregate->input) {
                *ret = strdup("count(*)");
                return *ret ? 0 : -ENOMEM;
        }
        r = expression_text(aggregate->input, describe->source, &input);
        if (r < 0)
                return r;
        return asprintf(ret, "%s(%s)", functions[aggregate->function], input) < 0 ? -ENOMEM : 0;
}

static int key_text(const Describe *describe, size_t i, char **ret) {
        const Query *query = describe->query;

        if (query->window.kind == WINDOW_NONE || query->window.key_index != i)
                return expression_text(query->keys[i], describe->source, ret);
        *ret = strdup("window.start");
        return *ret ? 0 : -ENOMEM;
}

static int name_columns(Describe *describe) {
        const Query *query = describe->query;
        int r = 0;

        describe->source = new0(const char *, query->source->n_columns + 1);
        if (!describe->source)
                return -ENOMEM;
        for (size_t i = 0; i < query->source->n_columns; i++)
                describe->source[i] = query->source->columns[i].name;
        describe->names = describe->source;
        if (!query->grouped)
                return 0;
        describe->group = new0(char *, query->n_keys + query->n_aggregates + 1);
        if (!describe->group)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < query->n_keys; i++)
                r = key_text(describe, i, &describe->group[i]);
        for (size_t i = 0; r >= 0 && i < query->n_aggregates; i++)
                r = aggregate_text(describe, &query->aggregates[i], &describe->group[query->n_keys + i]);
        describe->names = (const char *const *)describe->group;
        return r;
}

/* The steps, from the last to the first */

static int describe_delivery(Describe *describe) {
        static const char *const modes[] = {
                [OUTPUT_UPDATE] = "update", [OUTPUT_APPEND] = "append", [OUTPUT_COMPLETE] = "complete"};
        static const char *const kinds[] = {[SINK_CONSOLE] = "the journal",
                                            [SINK_FILE] = "files in",
                                            [SINK_KAFKA] = "Kafka, topic",
                                            [SINK_POSTGRESQL] = "PostgreSQL, table"};
        const JobConfig *config = describe->config;
        char every[UNIT_TEXT_MAX];
        int r;

        if (!config)
                return 0;
        r = add_step(describe, "Deliver: output \"%s\", every %s", modes[config->output],
                     format_duration(every, config->trigger_usec));
        for (size_t i = 0; r >= 0 && i < config->n_sinks; i++) {
                const SinkConfig *sink = &config->sinks[i];
                const char *where = sink->folder ?: sink->topic ?: sink->table;

                r = add_line(describe, "%s: to %s%s%s", sink->name, kinds[sink->type], where ? " " : "",
                             where ?: "");
        }
        return r;
}

static int describe_outputs(Describe *describe) {
        const Query *query = describe->query;
        size_t width = 0;
        int r;

        for (size_t i = 0; i < query->n_outputs; i++)
                width = widest(width, query->outputs[i].name);
        r = add_step(describe, "Output: %zu column%s", query->n_outputs, query->n_outputs == 1 ? "" : "s");
        for (size_t i = 0; r >= 0 && i < query->n_outputs; i++) {
                const Output *output = &query->outputs[i];
                _cleanup_free_ char *text = NULL, *what = NULL;

                r = expression_text(output->expr, describe->names, &text);
                if (r < 0)
                        return r;
                if (asprintf(&what, "%s%s", output->is_key ? "key: " : "", text) < 0) {
                        what = NULL;
                        return -ENOMEM;
                }
                r = add_column(describe, width, output->name, expr_type(output->expr), what);
        }
        return r;
}

static int window_text(const Describe *describe, char **ret) {
        char size[UNIT_TEXT_MAX], delay[UNIT_TEXT_MAX] = "";
        const char *before = "", *behind = "";

        if (describe->config && describe->config->output != OUTPUT_COMPLETE) {
                before = ", final when the watermark passes its end: ";
                behind = " behind the newest event";
                format_duration(delay, describe->config->source.watermark_usec);
        }
        return asprintf(ret, "tumbling window of %s by event_time%s%s%s",
                        format_duration(size, describe->query->window.size_usec), before, delay, behind) < 0
                       ? -ENOMEM
                       : 0;
}

static int describe_groups(Describe *describe) {
        const Query *query = describe->query;
        size_t width = 0;
        int r;

        for (size_t i = 0; i < query->group->n_columns; i++)
                width = widest(width, describe->group[i]);
        r = add_step(describe, "Group: %zu key%s, %zu aggregate%s%s", query->n_keys,
                     query->n_keys == 1 ? "" : "s", query->n_aggregates, query->n_aggregates == 1 ? "" : "s",
                     query->n_keys == 0 ? ": one group of all records" : "");
        for (size_t i = 0; r >= 0 && i < query->group->n_columns; i++) {
                _cleanup_free_ char *window = NULL;

                if (query->window.kind != WINDOW_NONE && query->window.key_index == i) {
                        r = window_text(describe, &window);
                        if (r < 0)
                                return r;
                }
                r = add_column(describe, width, describe->group[i], query->group->columns[i].type,
                               window
                                       ?: i < query->n_keys ? "key"
                                                            : "aggregate");
        }
        return r;
}

static int describe_unused(Describe *describe, size_t event_time_source) {
        const Query *query = describe->query;
        _cleanup_buffer_ Buffer unused = {};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < query->source->n_columns; i++)
                if (!query->used[i] && i != event_time_source)
                        r = buffer_append_format(&unused, "%s%s", unused.size > 0 ? ", " : "",
                                                 describe->source[i]);
        if (r < 0 || unused.size == 0)
                return r;
        return add_line(describe, "passed over: %.*s", (int)unused.size, (const char *)unused.data);
}

/* "topic a", "topics a, b" or "every topic that matches ..."; of a query alone, its table. */
static int describe_topics(const Describe *describe, const JobPlan *plan, Buffer *ret) {
        const SourceConfig *source = describe->config ? &describe->config->source : NULL;
        int r;

        if (source && source->topic_pattern)
                return buffer_append_format(ret, "every topic that matches \"%s\"", source->topic_pattern);
        if (!source || !source->topics)
                return buffer_append_format(ret, "topic %s", plan->table);
        r = buffer_append_format(ret, "topic%s %s", source->topics[1] ? "s" : "", source->topics[0]);
        for (size_t i = 1; r >= 0 && source->topics[i]; i++)
                r = buffer_append_format(ret, ", %s", source->topics[i]);
        return r;
}

static int describe_source(Describe *describe, const JobPlan *plan) {
        const Schema *source = describe->query->source;
        size_t width = 0, event_time = query_event_time_column(describe->query);
        _cleanup_buffer_ Buffer topics = {};
        int r;

        for (size_t i = 0; i < source->n_columns; i++)
                width = widest(width, describe->source[i]);
        r = describe_topics(describe, plan, &topics);
        if (r >= 0)
                r = add_step(describe, "Read: JSON records of %.*s", (int)topics.size,
                             (const char *)topics.data);
        for (size_t i = 0; r >= 0 && i < source->n_columns; i++) {
                _cleanup_free_ char *from = NULL;

                if (i == event_time && i != plan->event_time_source &&
                    asprintf(&from, "from column %s, %s", plan->event_time,
                             value_type_name(source->columns[plan->event_time_source].type)) < 0) {
                        from = NULL;
                        return -ENOMEM;
                }
                if (describe->query->used[i])
                        r = add_column(describe, width, describe->source[i], source->columns[i].type,
                                       from ?: "");
        }
        return r < 0 ? r : describe_unused(describe, plan->event_time_source);
}

static int describe_all(Describe *describe, const JobPlan *plan) {
        const Query *query = describe->query;
        int r;

        r = name_columns(describe);
        if (r >= 0)
                r = describe_delivery(describe);
        if (r >= 0)
                r = describe_outputs(describe);
        if (r >= 0 && query->having)
                r = add_condition(describe, "Having", query->having, describe->names);
        if (r >= 0 && query->grouped)
                r = describe_groups(describe);
        if (r >= 0 && query->where)
                r = add_condition(describe, "Where", query->where, describe->source);
        return r < 0 ? r : describe_source(describe, plan);
}

int plan_describe(const JobPlan *plan, const JobConfig *config, char ***ret_lines) {
        Describe describe = {.query = plan->query, .config = config};
        int r;

        r = describe_all(&describe, plan);
        free(describe.source);
        for (size_t i = 0; describe.group && i < plan->query->n_keys + plan->query->n_aggregates; i++)
                free(describe.group[i]);
        free(describe.group);
        if (r < 0) {
                strv_free(describe.lines);
                return r;
        }
        *ret_lines = describe.lines;
        return 0;
}
