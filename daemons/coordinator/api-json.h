/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>

#include "base/units.h"

/* Members of the API's objects. json-c ends the process without memory for a small object. */
static inline void json_add(json_object *object, const char *key, json_object *value) {
        (void)json_object_object_add(object, key, value);
}

/* 0 of what is no array. */
static inline size_t json_length(const json_object *array) {
        return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* NULL and "": null. */
static inline void json_add_text(json_object *object, const char *key, const char *text) {
        json_add(object, key, text && *text ? json_object_new_string(text) : NULL);
}

static inline void json_add_count(json_object *object, const char *key, uint64_t count) {
        json_add(object, key, json_object_new_uint64(count));
}

static inline void json_add_flag(json_object *object, const char *key, bool flag) {
        json_add(object, key, json_object_new_boolean(flag));
}

/* USEC_INFINITY: null. */
static inline void json_add_usec(json_object *object, const char *key, usec_t usec) {
        json_add(object, key, usec == USEC_INFINITY ? NULL : json_object_new_uint64(usec));
}

/* To so many digits behind the point: what is measured is not known better. NAN: null. */
static inline json_object *json_number(double number, int digits) {
        char text[400];

        if (!isfinite(number))
                return NULL;
        (void)snprintf(text, sizeof(text), "%.*f", digits, number);
        return json_object_new_double_s(number, text);
}

static inline void json_add_rate(json_object *object, const char *key, double per_sec) {
        json_add(object, key, json_number(per_sec, 1));
}
