/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <ctype.h>

#include "sql/parser-state.h"

/* Strings as in Spark's parser: \0 \b \n \r \t \Z; \% and \_ stay as they are, for LIKE; three octal digits
 * up to \177; \u and \U with four and eight hexadecimal digits; any other character stands for itself. A
 * doubled quote is a quote. */

int parser_copy(ParserState *state, SqlSpan span, const char **ret) {
        size_t size = span.end - span.begin;
        char *copy;

        if (size > SQL_NAME_BYTES_MAX) {
                parser_fail(state, span.begin, "this word is longer than %d bytes", SQL_NAME_BYTES_MAX);
                return state->result;
        }
        copy = arena_alloc(state->arena, size + 1);
        if (!copy)
                return state->result = -ENOMEM;
        memcpy(copy, state->text + span.begin, size);
        copy[size] = '\0';
        *ret = copy;
        return 0;
}

int parser_decode_name(ParserState *state, SqlSpan span, const char **ret) {
        const char *p = state->text + span.begin + 1, *end = state->text + span.end - 1;
        char *name, *out;

        if (p == end) {
                parser_fail(state, span.begin, "a name must not be empty");
                return state->result;
        }
        if (end - p > SQL_NAME_BYTES_MAX) {
                parser_fail(state, span.begin, "this name is longer than %d bytes", SQL_NAME_BYTES_MAX);
                return state->result;
        }
        name = out = arena_alloc(state->arena, (size_t)(end - p) + 1);
        if (!name)
                return state->result = -ENOMEM;
        for (; p < end; p++) {
                *out++ = *p;
                if (*p == '`')
                        p++;
        }
        *out = '\0';
        *ret = name;
        return 0;
}

static char *put_code_point(char *out, uint32_t code) {
        if (code < 0x80)
                *out++ = (char)code;
        else if (code < 0x800) {
                *out++ = (char)(0xC0 | code >> 6);
                *out++ = (char)(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
                *out++ = (char)(0xE0 | code >> 12);
                *out++ = (char)(0x80 | (code >> 6 & 0x3F));
                *out++ = (char)(0x80 | (code & 0x3F));
        } else {
                *out++ = (char)(0xF0 | code >> 18);
                *out++ = (char)(0x80 | (code >> 12 & 0x3F));
                *out++ = (char)(0x80 | (code >> 6 & 0x3F));
                *out++ = (char)(0x80 | (code & 0x3F));
        }
        return out;
}

/* Exactly n digits of the base. */
static bool read_digits(const char *p, unsigned n, uint32_t base, uint32_t *ret) {
        uint32_t value = 0;

        for (unsigned i = 0; i < n; i++) {
                uint32_t digit;

                if (!isxdigit((unsigned char)p[i]))
                        return false;
                digit = (uint32_t)(isdigit((unsigned char)p[i]) ? p[i] - '0'
                                                                : tolower((unsigned char)p[i]) - 'a' + 10);
                if (digit >= base)
                        return false;
                value = value * base + digit;
        }
        *ret = value;
        return true;
}

/* p: behind a backslash. Returns the number of characters that make up a code point, or 0. */
static size_t read_code_point(const char *p, uint32_t *ret) {
        uint32_t low;

        if (*p == 'U' && read_digits(p + 1, 8, 16, ret))
                return 9;
        if (*p == 'u' && read_digits(p + 1, 4, 16, ret)) {
                /* A pair of UTF-16 surrogates is one character. */
                if (*ret >= 0xD800 && *ret < 0xDC00 && p[5] == '\\' && p[6] == 'u' &&
                    read_digits(p + 7, 4, 16, &low) && low >= 0xDC00 && low < 0xE000) {
                        *ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
                        return 11;
                }
                return 5;
        }
        if (*p <= '1' && read_digits(p, 3, 8, ret))
                return 3;
        return 0;
}

static char escaped(char c) {
        static const char from[] = "0bnrtZ", to[] = "\0\b\n\r\t\x1A";
        const char *found = strchr(from, c);

        return found ? to[found - from] : c;
}

int parser_decode_string(ParserState *state, SqlSpan span, Text *ret) {
        const char *p = state->text + span.begin + 1, *end = state->text + span.end - 1;
        char quote = *end, *data, *out;

        /* No escape is shorter than what it stands for. */
        data = out = arena_alloc(state->arena, span.end - span.begin);
        if (!data)
                return state->result = -ENOMEM;

        while (p < end) {
                uint32_t code;
                size_t n;

                if (*p == quote)
                        p++;
                if (*p != '\\') {
                        *out++ = *p++;
                        continue;
                }

                n = read_code_point(++p, &code);
                if (n == 0) {
                        if (*p == '%' || *p == '_')
                                *out++ = '\\';
                        *out++ = escaped(*p++);
                        continue;
                }
                if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
                        parser_fail(state, (size_t)(p - 1 - state->text), "\\%.*s is no character", (int)n,
                                    p);
                        return state->result;
                }
                out = put_code_point(out, code);
                p += n;
        }
        *out = '\0';

        *ret = (Text){.data = data, .size = (size_t)(out - data)};
        return 0;
}
