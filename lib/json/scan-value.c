/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "json/scan-value.h"
#include "json/scan-number.h"

/* What the value at p stands in, innermost last: a bit each, 1 an object. Not the C stack, which a hostile
 * record could exhaust. */
typedef struct Nesting {
        uint64_t objects[JSON_DEPTH_MAX / 64];
        size_t depth;
} Nesting;

static bool nesting_push(Nesting *nesting, size_t depth, bool object) {
        uint64_t *word = &nesting->objects[nesting->depth / 64], bit = UINT64_C(1) << nesting->depth % 64;

        if (depth + nesting->depth >= JSON_DEPTH_MAX)
                return false;
        *word = object ? *word | bit : *word & ~bit;
        nesting->depth++;
        return true;
}

static bool nesting_in_object(const Nesting *nesting) {
        return nesting->objects[(nesting->depth - 1) / 64] >> (nesting->depth - 1) % 64 & 1;
}

static const uint8_t *scan_scalar(const uint8_t *p, const uint8_t *end) {
        Number number;
        bool escaped;

        if (p == end)
                return NULL;
        switch (*p) {
        case '"': p = scan_string(p + 1, end, &escaped); return p ? p + 1 : NULL;
        case '-':
        case '0' ... '9': return scan_number(p, end, &number);
        case 't':
        case 'f':
        case 'n': return scan_literal(p, end);
        default: return NULL;
        }
}

/* From the start of a key to the start of its value. */
static const uint8_t *scan_key(const uint8_t *p, const uint8_t *end) {
        bool escaped;

        if (p == end || *p != '"')
                return NULL;
        p = scan_string(p + 1, end, &escaped);
        return p ? scan_colon(p + 1, end) : NULL;
}

const uint8_t *scan_nested(const uint8_t *p, const uint8_t *end, size_t depth) {
        bool value_before = false;
        Nesting nesting = {};

        if (!nesting_push(&nesting, depth, *p++ == '{'))
                return NULL;
        for (;;) {
                bool in_object = nesting_in_object(&nesting);

                p = skip_blanks(p, end);
                if (p < end && *p == (in_object ? '}' : ']')) {
                        p++;
                        if (--nesting.depth == 0)
                                return p;
                        value_before = true;
                        continue;
                }
                if (value_before) {
                        if (p == end || *p != ',')
                                return NULL;
                        p = skip_blanks(p + 1, end);
                }
                if (in_object)
                        p = scan_key(p, end);
                if (!p || p == end)
                        return NULL;
                value_before = *p != '{' && *p != '[';
                if (value_before)
                        p = scan_scalar(p, end);
                else if (nesting_push(&nesting, depth, *p == '{'))
                        p++;
                else
                        return NULL;
                if (!p)
                        return NULL;
        }
}

const uint8_t *scan_value(const uint8_t *p, const uint8_t *end, size_t depth) {
        if (p < end && (*p == '{' || *p == '['))
                return scan_nested(p, end, depth);
        return scan_scalar(p, end);
}
