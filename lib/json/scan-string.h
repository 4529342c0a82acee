/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The scanners walk over bytes that nobody has looked at: each takes the place p where its element begins
 * and the end of the record, reads nothing at or behind the end, and returns the place behind the element,
 * or NULL where the bytes are not JSON. */

static inline const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end) {
        while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
                p++;
        return p;
}

/* p: behind the opening quote. Returns the place of the closing quote. */
const uint8_t *scan_string(const uint8_t *p, const uint8_t *end, bool *ret_escaped);

/* Undoes the escapes of a string that scan_string() has seen; to has room for size bytes. Returns the bytes
 * written. */
size_t decode_string(const uint8_t *text, size_t size, uint8_t *to);
