/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "base/buffer.h"

/* What etlctl exits with; as systemctl(1). */
enum {
        STATUS_FAILED = 1,
        STATUS_USAGE = 2,
        STATUS_NOT_RUNNING = 3, /* the coordinator, or the job that was asked for */
        STATUS_NO_JOB = 4,
};

/* From now on texts of answers stay as they are, for who prints them in another form than for people. */
void client_keep_controls(void);

/* Asks the coordinator over its socket. path: behind "/api/v1/"; body: NULL for none, not consumed. Returns
 * 0 with an object, or an exit status; then *ret_error says what went wrong and what to do (the caller
 * frees; NULL without memory). */
int client_try(const char *method, const char *path, json_object *body, json_object **ret, char **ret_error);

/* The same; prints what goes wrong to standard error. */
int client_ask(const char *method, const char *path, json_object *body, json_object **ret);
static inline int client_get(const char *path, json_object **ret) {
        return client_ask("GET", path, NULL, ret);
}

/* Appends a text to a path so that it stands for itself. Returns 0 or -ENOMEM. */
int client_escape(Buffer *path, const char *text);

static inline void json_object_putp(json_object **object) {
        json_object_put(*object);
}
