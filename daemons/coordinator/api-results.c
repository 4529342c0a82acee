/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api-json.h"
#include "api.h"
#include "http-error.h"
#include "job.h"
#include "questions.h"

typedef struct Filters {
        Request *request;
        json_object *pairs;
} Filters;

/* where=COLUMN=VALUE */
static enum MHD_Result add_filter(void *userdata, enum MHD_ValueKind kind, const char *name,
                                  const char *value) {
        Filters *filters = userdata;
        const char *equals = strchr(value, '=');
        json_object *pair;

        if (strcmp(name, "where") != 0)
                return MHD_YES;
        if (!equals) {
                request_fail(filters->request, MHD_HTTP_BAD_REQUEST, "write where=COLUMN=VALUE");
                return MHD_NO;
        }
        pair = json_object_new_array();
        json_object_array_add(pair, json_object_new_string_len(value, (int)(equals - value)));
        json_object_array_add(pair, json_object_new_string(equals + 1));
        json_object_array_add(filters->pairs, pair);
        return MHD_YES;
}

void api_get_results(Request *request) {
        Filters filters = {request, json_object_new_array()};
        json_object *message = json_object_new_object();
        uint64_t limit = 100;

        json_add(message, "where", filters.pairs);
        (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_filter, &filters);
        if (request->response || !request_query_number(request, "limit", 1, 1000, &limit)) {
                json_object_put(message);
                return;
        }
        json_add_count(message, "limit", limit);
        json_add_text(message, "after", request_query(request, "after"));
        questions_ask(request->manager->questions, request, message);
}
