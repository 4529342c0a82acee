/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "columns/batch.h"

/* Which rows somebody wants: those whose columns have the given texts, behind a place, up to a number. */
typedef struct ResultFilter {
        size_t column;
        char *text;
} ResultFilter;

/* Where a row stands: rows come with falling places. */
typedef struct ResultPlace {
        int64_t start_usec; /* of its window */
        uint64_t id;        /* of its group */
} ResultPlace;

typedef struct ResultQuestion {
        ResultFilter *filters;
        size_t n_filters;
        uint64_t limit;
        bool has_after;
        ResultPlace after;
} ResultQuestion;

void result_question_done(ResultQuestion *question);
/* {"where": [["column", "text"], ...], "limit": n, "after": "token" | null}. Returns 0, -ENOMEM, -EBADMSG
 * (not of this form), or -EINVAL with a sentence in why. */
int result_question_parse(ResultQuestion *question, const Schema *schema, struct json_object *object,
                          char *why, size_t why_size);

/* Rows that are being found. */
typedef struct ResultPage {
        const ResultQuestion *question; /* weak */
        const Schema *schema;           /* weak */
        struct json_object *rows;
        uint64_t n_matching; /* before the limit, and before the place */
        ResultPlace last;    /* of the last row taken */
        bool has_more;
        Arena arena; /* of one batch */
} ResultPage;

int result_page_init(ResultPage *page, const ResultQuestion *question, const Schema *schema);
void result_page_done(ResultPage *page);
/* One row. Returns 0 or -ENOMEM. */
int result_page_add(ResultPage *page, const Vector *columns, size_t row, const ResultPlace *place);
/* The members "columns", "rows", "total" and "after" of an answer. */
void result_page_finish(ResultPage *page, struct json_object *answer);
