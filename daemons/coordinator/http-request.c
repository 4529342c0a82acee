/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "http-request.h"
#include "base/log.h"
#include "http-error.h"

/* Nothing from elsewhere, nowhere to be framed, and no script or style but our files. */
static const char security_policy[] = "default-src 'none'; connect-src 'self'; script-src 'self'; style-src "
                                      "'self'; img-src 'self'; frame-ancestors 'none'; base-uri "
                                      "'none'; form-action 'none'";

void request_answer_response(Request *request, unsigned status, struct MHD_Response *response) {
        if (request->response)
                MHD_destroy_response(request->response);
        request->response = response;
        request->status = status;
        if (!response)
                return; /* without memory: the connection is closed */
        (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        (void)MHD_add_response_header(response, "Content-Security-Policy", security_policy);
        (void)MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
        (void)MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
        if (!MHD_get_response_header(response, "Cache-Control"))
                (void)MHD_add_response_header(response, "Cache-Control", "no-store");
}

void request_answer_text(Request *request, unsigned status, const char *type, const char *text,
                         size_t size) {
        struct MHD_Response *response =
                MHD_create_response_from_buffer(size, (void *)text, MHD_RESPMEM_MUST_COPY);

        if (response)
                (void)MHD_add_response_header(response, "Content-Type", type);
        request_answer_response(request, status, response);
}

static void answer_object(Request *request, unsigned status, const char *type, json_object *object) {
        const char *text;
        size_t size;

        text = json_object_to_json_string_length(
                object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
        if (text)
                request_answer_text(request, status, type, text, size);
        json_object_put(object);
}

void request_answer_status(Request *request, unsigned status, json_object *object) {
        answer_object(request, status, status < 400 ? "application/json" : "application/problem+json",
                      object);
}

void request_answer(Request *request, json_object *object) {
        request_answer_status(request, MHD_HTTP_OK, object);
}

void request_wait(Request *request, void (*gone)(Request *request), void *waiter) {
        request->gone = gone;
        request->waiter = waiter;
        request->waits = true;
        MHD_suspend_connection(request->connection);
}

void request_resume(Request *request) {
        request->gone = NULL;
        request->waiter = NULL;
        if (!request->waits)
                return;
        request->waits = false;
        MHD_resume_connection(request->connection);
}

const char *request_query(const Request *request, const char *name) {
        return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool request_query_number(Request *request, const char *name, uint64_t min, uint64_t max, uint64_t *ret) {
        const char *text = request_query(request, name);
        unsigned long long number;
        char *end;

        if (!text)
                return true;
        errno = 0;
        number = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || errno == ERANGE || number < min || number > max) {
                request_fail(request, MHD_HTTP_BAD_REQUEST,
                             "%s takes a number from %" PRIu64 " to %" PRIu64 ", not \"%.40s\"", name, min,
                             max, text);
                return false;
        }
        *ret = number;
        return true;
}
