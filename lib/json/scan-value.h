/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "json/scan-string.h"

/* How deep arrays and objects may be nested, the record's own object included. */
#define JSON_DEPTH_MAX 1024

/* A value of any kind, at p; depth is how many objects and arrays it stands in. */
const uint8_t *scan_value(const uint8_t *p, const uint8_t *end, size_t depth);
/* An array or an object. */
const uint8_t *scan_nested(const uint8_t *p, const uint8_t *end, size_t depth);

/* true, false or null. */
static inline const uint8_t *scan_literal(const uint8_t *p, const uint8_t *end) {
        const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
        size_t size = *p == 'f' ? 5 : 4;

        return (size_t)(end - p) >= size && memcmp(p, word, size) == 0 ? p + size : NULL;
}

/* From behind a string that is a key to the start of its value. */
static inline const uint8_t *scan_colon(const uint8_t *p, const uint8_t *end) {
        p = skip_blanks(p, end);
        return p < end && *p == ':' ? skip_blanks(p + 1, end) : NULL;
}
