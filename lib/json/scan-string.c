/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "json/scan-string.h"

/* RFC 3629: what may stand in the second byte depends on the first, which keeps out overlong forms,
 * surrogates and what lies past U+10FFFF. */
static const uint8_t *scan_utf8(const uint8_t *p, const uint8_t *end) {
        uint8_t first = *p, least = 0x80, greatest = 0xbf;
        size_t n_more;

        if (first >= 0xc2 && first <= 0xdf)
                n_more = 1;
        else if (first >= 0xe0 && first <= 0xef) {
                n_more = 2;
                if (first == 0xe0)
                        least = 0xa0;
                else if (first == 0xed)
                        greatest = 0x9f;
        } else if (first >= 0xf0 && first <= 0xf4) {
                n_more = 3;
                if (first == 0xf0)
                        least = 0x90;
                else if (first == 0xf4)
                        greatest = 0x8f;
        } else
                return NULL;
        if ((size_t)(end - p) <= n_more || p[1] < least || p[1] > greatest)
                return NULL;
        for (size_t i = 2; i <= n_more; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return NULL;
        return p + 1 + n_more;
}

static int hex_digit(uint8_t c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p: behind the "\u" of an escape. */
static bool read_hex4(const uint8_t *p, const uint8_t *end, uint32_t *ret) {
        uint32_t value = 0;

        if (end - p < 4)
                return false;
        for (size_t i = 0; i < 4; i++) {
                int digit = hex_digit(p[i]);

                if (digit < 0)
                        return false;
                value = value << 4 | (uint32_t)digit;
        }
        *ret = value;
        return true;
}

/* What stands behind the backslash of the short escapes; 0: no such escape. */
static const uint8_t short_escapes[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* p: behind a backslash. Of a pair of surrogates both halves are taken; half a pair is an error, for there
 * is no UTF-8 for it. */
static const uint8_t *scan_escape(const uint8_t *p, const uint8_t *end, uint32_t *ret_code_point) {
        uint32_t high, low;

        if (p == end)
                return NULL;
        if (short_escapes[*p]) {
                *ret_code_point = short_escapes[*p];
                return p + 1;
        }
        if (*p != 'u' || !read_hex4(p + 1, end, &high))
                return NULL;
        p += 5;
        if (high < 0xd800 || high > 0xdfff) {
                *ret_code_point = high;
                return p;
        }
        if (high >= 0xdc00 || end - p < 6 || p[0] != '\\' || p[1] != 'u' || !read_hex4(p + 2, end, &low) ||
            low < 0xdc00 || low > 0xdfff)
                return NULL;
        *ret_code_point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return p + 6;
}

/* Past the bytes that stand for themselves. */
static const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end) {
        while (end - p >= WINDOW_BYTES) {
                uint64_t stops = window_string_stops(p);

                if (stops != 0)
                        return p + __builtin_ctzll(stops);
                p += WINDOW_BYTES;
        }
        while (p < end && *p != '"' && *p != '\\' && *p >= 0x20 && *p < 0x80)
                p++;
        return p;
}

const uint8_t *scan_string(const uint8_t *p, const uint8_t *end, bool *ret_escaped) {
        bool escaped = false;
        uint32_t code_point;

        for (;;) {
                p = skip_plain(p, end);
                if (p == end)
                        return NULL;
                if (*p == '"') {
                        *ret_escaped = escaped;
                        return p;
                }
                if (*p < 0x20)
                        return NULL;
                if (*p == '\\') {
                        escaped = true;
                        p = scan_escape(p + 1, end, &code_point);
                } else
                        /* Such characters seldom come alone. */
                        do
                                p = scan_utf8(p, end);
                        while (p && p < end && *p >= 0x80);
                if (!p)
                        return NULL;
        }
}

static uint8_t *write_utf8(uint8_t *to, uint32_t code_point) {
        if (code_point < 0x80)
                *to++ = (uint8_t)code_point;
        else if (code_point < 0x800) {
                *to++ = (uint8_t)(0xc0 | code_point >> 6);
                *to++ = (uint8_t)(0x80 | (code_point & 0x3f));
        } else if (code_point < 0x10000) {
                *to++ = (uint8_t)(0xe0 | code_point >> 12);
                *to++ = (uint8_t)(0x80 | (code_point >> 6 & 0x3f));
                *to++ = (uint8_t)(0x80 | (code_point & 0x3f));
        } else {
                *to++ = (uint8_t)(0xf0 | code_point >> 18);
                *to++ = (uint8_t)(0x80 | (code_point >> 12 & 0x3f));
                *to++ = (uint8_t)(0x80 | (code_point >> 6 & 0x3f));
                *to++ = (uint8_t)(0x80 | (code_point & 0x3f));
        }
        return to;
}

size_t decode_string(const uint8_t *text, size_t size, uint8_t *to) {
        const uint8_t *p = text, *end = text + size;
        uint8_t *start = to;

        while (p < end) {
                const uint8_t *backslash = memchr(p, '\\', (size_t)(end - p));
                size_t n = (size_t)((backslash ?: end) - p);
                uint32_t code_point = 0;

                to = mempcpy(to, p, n);
                if (!backslash)
                        break;
                p = scan_escape(backslash + 1, end, &code_point);
                to = write_utf8(to, code_point);
        }
        return (size_t)(to - start);
}

bool string_is_utf8(const void *data, size_t size) {
        const uint8_t *p = data, *end = p + size;

        while (p && p < end)
                p = *p < 0x80 ? p + 1 : scan_utf8(p, end);
        return p;
}
