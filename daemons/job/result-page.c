/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "result-page.h"
#include <stdio.h>

#include "expression/build.h"
#include "load-json.h"
#include "results.h"

void result_question_done(ResultQuestion *question) {
        for (size_t i = 0; i < question->n_filters; i++)
                free(question->filters[i].text);
        free(question->filters);
        *question = (ResultQuestion){};
}

static int refuse_column(const Schema *schema, const char *name, char *why, size_t size) {
        int n = snprintf(why, size, "there is no column \"%.64s\"; there are:", name);

        for (size_t i = 0; i < schema_shown_columns(schema) && n > 0 && (size_t)n < size; i++)
                n += snprintf(why + n, size - (size_t)n, "%s %.64s", i > 0 ? "," : "",
                              schema->columns[i].name);
        return -EINVAL;
}

static int add_filter(ResultQuestion *question, const Schema *schema, struct json_object *pair, char *why,
                      size_t why_size) {
        struct json_object *name, *text;
        ResultFilter *filter;
        int column;

        if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
                return -EBADMSG;
        name = json_object_array_get_idx(pair, 0);
        text = json_object_array_get_idx(pair, 1);
        if (!json_object_is_type(name, json_type_string) || !json_object_is_type(text, json_type_string))
                return -EBADMSG;
        column = schema_find(schema, json_object_get_string(name));
        if (column < 0 || (size_t)column >= schema_shown_columns(schema))
                return refuse_column(schema, json_object_get_string(name), why, why_size);
        filter = &question->filters[question->n_filters];
        *filter = (ResultFilter){(size_t)column, strdup(json_object_get_string(text))};
        if (!filter->text)
                return -ENOMEM;
        question->n_filters++;
        return 0;
}

static int parse_after(ResultQuestion *question, const char *text, char *why, size_t why_size) {
        char end;

        question->has_after = true;
        if (sscanf(text, "%" SCNi64 ":%" SCNu64 "%c", &question->after.start_usec, &question->after.id,
                   &end) == 2)
                return 0;
        (void)snprintf(why, why_size, "after takes what an earlier answer gave as \"after\"");
        return -EINVAL;
}

int result_question_parse(ResultQuestion *question, const Schema *schema, struct json_object *object,
                          char *why, size_t why_size) {
        struct json_object *where = json_object_object_get(object, "where");
        struct json_object *limit = json_object_object_get(object, "limit");
        struct json_object *after = json_object_object_get(object, "after");
        size_t n;
        int r = 0;

        if (!json_object_is_type(where, json_type_array) || !json_object_is_type(limit, json_type_int) ||
            (after && !json_object_is_type(after, json_type_string)))
                return -EBADMSG;
        n = json_object_array_length(where);
        question->filters = new0(ResultFilter, n + 1);
        if (!question->filters)
                return -ENOMEM;
        question->limit = MIN(json_object_get_uint64(limit), (uint64_t)RESULTS_ROWS_MAX);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = add_filter(question, schema, json_object_array_get_idx(where, i), why, why_size);
        return r < 0 || !after ? r : parse_after(question, json_object_get_string(after), why, why_size);
}

int result_page_init(ResultPage *page, const ResultQuestion *question, const Schema *schema) {
        *page = (ResultPage){.question = question, .schema = schema, .rows = json_object_new_array()};
        return page->rows ? 0 : -ENOMEM;
}

void result_page_done(ResultPage *page) {
        json_object_put(page->rows);
        arena_done(&page->arena);
        *page = (ResultPage){};
}

/* NULL is no text. */
static int matches(ResultPage *page, const Vector *columns, size_t row, bool *ret) {
        *ret = false;
        for (size_t i = 0; i < page->question->n_filters; i++) {
                const ResultFilter *filter = &page->question->filters[i];
                Text text;
                int r;

                r = vector_value_text(&columns[filter->column], row, &page->arena, &text);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 || text.size != strlen(filter->text) ||
                    memcmp(text.data, filter->text, text.size) != 0)
                        return 0;
        }
        *ret = true;
        return 0;
}

static bool is_behind(const ResultPlace *place, const ResultPlace *after) {
        return place->start_usec != after->start_usec ? place->start_usec < after->start_usec
                                                      : place->id < after->id;
}

int result_page_add(ResultPage *page, const Vector *columns, size_t row, const ResultPlace *place) {
        const ResultQuestion *question = page->question;
        struct json_object *values;
        bool is_wanted;
        int r;

        r = matches(page, columns, row, &is_wanted);
        if (r < 0 || !is_wanted)
                return r;
        page->n_matching++;
        if (question->has_after && !is_behind(place, &question->after))
                return 0;
        if (json_object_array_length(page->rows) >= question->limit) {
                page->has_more = true;
                return 0;
        }
        values = json_object_new_array();
        for (size_t i = 0; i < schema_shown_columns(page->schema); i++)
                json_object_array_add(values, value_object(&columns[i], row, &page->arena));
        json_object_array_add(page->rows, values);
        page->last = *place;
        return 0;
}

static struct json_object *columns_object(const Schema *schema) {
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < schema_shown_columns(schema); i++) {
                struct json_object *column = json_object_new_object();

                add_text(column, "name", schema->columns[i].name);
                add_text(column, "type", value_type_name(schema->columns[i].type));
                add_text(column, "role", schema->columns[i].role == COLUMN_KEY ? "key" : "value");
                json_object_array_add(array, column);
        }
        return array;
}

void result_page_finish(ResultPage *page, struct json_object *answer) {
        char after[64];

        (void)snprintf(after, sizeof(after), "%" PRIi64 ":%" PRIu64, page->last.start_usec, page->last.id);
        add_object(answer, "columns", columns_object(page->schema));
        add_object(answer, "rows", TAKE_PTR(page->rows));
        add_u64(answer, "total", page->n_matching);
        add_text(answer, "after", page->has_more ? after : NULL);
}
