/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "columns/batch.h"
#include "wire/messages.h"

/* Members of what the coordinator is told (wire/control.h). */
static inline void add_object(struct json_object *object, const char *key, struct json_object *value) {
        (void)json_object_object_add(object, key, value);
}

static inline void add_u64(struct json_object *object, const char *key, uint64_t value) {
        add_object(object, key, json_object_new_uint64(value));
}

/* TIME_NONE: null. */
static inline void add_time(struct json_object *object, const char *key, int64_t usec) {
        add_object(object, key, usec == TIME_NONE ? NULL : json_object_new_int64(usec));
}

/* NULL: null. */
static inline void add_text(struct json_object *object, const char *key, const char *text) {
        add_object(object, key, text ? json_object_new_string(text) : NULL);
}

/* A value of a row: what JSON has no number for, and times, as Spark's text. */
struct json_object *value_object(const Vector *column, size_t row, Arena *arena);
