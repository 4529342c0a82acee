/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "http-error.h"
#include <stdio.h>

#include "api-json.h"
#include "base/text.h"
#include "json/scan-string.h"

/* A text may hold a part of the request, which may be anything. */
static void add_any_text(json_object *object, const char *key, const char *text) {
        _cleanup_free_ char *copy = text ? strdup(text) : NULL;

        if (copy && !string_is_utf8(copy, strlen(copy)))
                for (char *p = copy; *p; p++)
                        if ((unsigned char)*p >= 0x80)
                                *p = '?';
        json_add_text(object, key, copy);
}

void request_fail_with(Request *request, unsigned status, json_object *members, const char *detail) {
        json_object *problem = json_object_new_object();

        json_add_text(problem, "type", "about:blank");
        json_add_text(problem, "title", MHD_get_reason_phrase_for(status));
        json_add_count(problem, "status", status);
        add_any_text(problem, "detail", detail);
        add_any_text(problem, "instance", request->url);
        if (members) {
                json_object_object_foreach(members, key, value)
                        json_add(problem, key, json_object_get(value));
                json_object_put(members);
        }
        request_answer_status(request, status, problem);
}

void request_fail(Request *request, unsigned status, const char *format, ...) {
        _cleanup_free_ char *detail = NULL;
        va_list args;

        va_start(args, format);
        detail = text_vformat(format, args);
        va_end(args);
        request_fail_with(request, status, NULL, detail);
}
