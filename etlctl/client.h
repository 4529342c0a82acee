/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "base/macros.h"

/* Asks the coordinator over its socket; path: behind "/api/v1/". Prints what goes wrong, and what to do, to
 * standard error. Returns 0 with an object, or a negative errno. */
int client_get(const char *path, json_object **ret);
int client_post(const char *path, json_object **ret);

static inline void json_object_putp(json_object **object) {
        json_object_put(*object);
}
