/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "json/window.h"

/* The scanners walk over bytes that nobody has looked at: each takes the place p where its element begins
 * and the end of the record, reads nothing at or behind the end, and returns the place behind the element,
 * or NULL where the bytes are not JSON. */

static inline bool is_blank(uint8_t c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end) {
        while (p < end && is_blank(*p))
                p++;
        return p;
}

/* p: behind the opening quote. Returns the place of the closing quote. */
const uint8_t *scan_string(const uint8_t *p, const uint8_t *end, bool *ret_escaped);

/* The same. Nearly every string is short and has nothing in it that needs care. */
static inline const uint8_t *scan_string_in(Extent extent, const uint8_t *p, bool *ret_escaped) {
        uint64_t stops = string_stops_at(extent, p);

        if (likely(stops != 0)) {
                const uint8_t *stop = p + __builtin_ctzll(stops);

                if (likely(*stop == '"')) {
                        *ret_escaped = false;
                        return stop;
                }
        }
        return scan_string(p, extent.end, ret_escaped);
}

/* Undoes the escapes of a string that scan_string() has seen; to has room for size bytes. Returns the bytes
 * written. */
size_t decode_string(const uint8_t *text, size_t size, uint8_t *to);

/* RFC 3629. */
bool string_is_utf8(const void *data, size_t size) _pure_;
