/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <ctype.h>
#include <strings.h>

#include "config/config-token.h"

void config_cursor_skip(ConfigCursor *cursor, size_t n_bytes) {
        for (; n_bytes > 0 && cursor->next < cursor->end; n_bytes--, cursor->next++)
                if (*cursor->next == '\n') {
                        cursor->line++;
                        cursor->column = 1;
                } else if (((unsigned char)*cursor->next & 0xc0) != 0x80)
                        cursor->column++;
}

/* The character n bytes ahead; NUL, which no file may hold, past the end. */
static char peek(const ConfigCursor *cursor, size_t n) {
        return n < (size_t)(cursor->end - cursor->next) ? cursor->next[n] : '\0';
}

static size_t count_while(const ConfigCursor *cursor, size_t from, int (*is)(int)) {
        size_t n = from;

        while (is((unsigned char)peek(cursor, n)))
                n++;
        return n - from;
}

static size_t left(const ConfigCursor *cursor) {
        return (size_t)(cursor->end - cursor->next);
}

static size_t name_size(const ConfigCursor *cursor) {
        size_t n = 0;

        if (!isalpha((unsigned char)peek(cursor, 0)) && peek(cursor, 0) != '*')
                return 0;
        while (isalnum((unsigned char)peek(cursor, n)) ||
               (peek(cursor, n) && strchr("-_*", peek(cursor, n))))
                n++;
        return n;
}

/* As libconfig's scanner cuts: a sign, digits, a fraction, an exponent (only if it has digits), or L's. */
static size_t number_size(const ConfigCursor *cursor) {
        size_t n = 0, digits;

        if (peek(cursor, 0) == '0' && peek(cursor, 1) && strchr("xXbBoOqQ", peek(cursor, 1)) &&
            isxdigit((unsigned char)peek(cursor, 2))) {
                n = 2 + count_while(cursor, 2, isxdigit);
        } else {
                if (peek(cursor, 0) == '-' || peek(cursor, 0) == '+')
                        n++;
                digits = count_while(cursor, n, isdigit);
                n += digits;
                if (digits == 0 && peek(cursor, n) != '.')
                        return 0;
                if (peek(cursor, n) == '.')
                        n += 1 + count_while(cursor, n + 1, isdigit);
                if (tolower((unsigned char)peek(cursor, n)) == 'e') {
                        size_t sign = peek(cursor, n + 1) == '-' || peek(cursor, n + 1) == '+';
                        size_t exponent = count_while(cursor, n + 1 + sign, isdigit);

                        if (exponent > 0)
                                n += 1 + sign + exponent;
                }
        }
        for (size_t i = 0; i < 2 && peek(cursor, n) == 'L'; i++)
                n++;
        return n;
}

/* 0 if it is never closed. */
static size_t string_size(const ConfigCursor *cursor) {
        for (size_t n = 1; n < left(cursor); n++)
                if (cursor->next[n] == '\\')
                        n++;
                else if (cursor->next[n] == '"')
                        return n + 1;
        return 0;
}

/* Returns false at a comment that is never closed. */
static bool skip_blanks(ConfigCursor *cursor) {
        for (;;) {
                const char *end;

                if (peek(cursor, 0) && strchr(" \t\n\r\f", peek(cursor, 0)))
                        config_cursor_skip(cursor, 1);
                else if (peek(cursor, 0) == '#' || (peek(cursor, 0) == '/' && peek(cursor, 1) == '/')) {
                        end = memchr(cursor->next, '\n', left(cursor));
                        config_cursor_skip(cursor, end ? (size_t)(end - cursor->next) : left(cursor));
                } else if (peek(cursor, 0) == '/' && peek(cursor, 1) == '*') {
                        end = left(cursor) < 4 ? NULL : memmem(cursor->next + 2, left(cursor) - 2, "*/", 2);
                        if (!end)
                                return false;
                        config_cursor_skip(cursor, (size_t)(end + 2 - cursor->next));
                } else
                        return true;
        }
}

static ConfigTokenType single_type(char c) {
        switch (c) {
        case '=':
        case ':': return TOKEN_ASSIGN;
        case '{':
        case '(':
        case '[': return TOKEN_OPEN;
        case '}':
        case ')':
        case ']': return TOKEN_CLOSE;
        case ',':
        case ';': return TOKEN_SEPARATOR;
        default: return TOKEN_OTHER;
        }
}

static bool is_boolean(const char *text, size_t size) {
        return (size == 4 && strncasecmp(text, "true", 4) == 0) ||
               (size == 5 && strncasecmp(text, "false", 5) == 0);
}

static void next_token(ConfigCursor *cursor, ConfigToken *ret) {
        bool open_comment = !skip_blanks(cursor);
        ConfigToken token = {.text = cursor->next, .line = cursor->line, .column = cursor->column};

        if (open_comment) {
                token.type = TOKEN_UNCLOSED_COMMENT;
                token.size = left(cursor);
        } else if (left(cursor) == 0) {
                token.type = TOKEN_END;
        } else if ((token.size = name_size(cursor)) > 0) {
                token.type = is_boolean(token.text, token.size) ? TOKEN_BOOLEAN : TOKEN_NAME;
        } else if ((token.size = number_size(cursor)) > 0) {
                token.type = TOKEN_NUMBER;
        } else if (*token.text == '"') {
                token.size = string_size(cursor);
                token.type = token.size > 0 ? TOKEN_STRING : TOKEN_UNCLOSED_STRING;
                if (token.size == 0)
                        token.size = left(cursor);
        } else {
                token.type = single_type(*token.text);
                token.size = 1;
                while (((unsigned char)peek(cursor, token.size) & 0xc0) == 0x80)
                        token.size++; /* a whole character of UTF-8 */
        }
        config_cursor_skip(cursor, token.size);
        *ret = token;
}

int config_tokens_new(const char *text, size_t size, ConfigToken **ret, size_t *ret_n) {
        ConfigCursor cursor = {.next = text, .end = text + size, .line = 1, .column = 1};
        _cleanup_free_ ConfigToken *tokens = NULL;
        size_t n = 0, n_allocated = 0;

        do {
                if (n == n_allocated) {
                        ConfigToken *grown;

                        n_allocated = n_allocated > 0 ? 2 * n_allocated : 128;
                        grown = reallocarray(tokens, n_allocated, sizeof(ConfigToken));
                        if (!grown)
                                return -ENOMEM;
                        tokens = grown;
                }
                next_token(&cursor, &tokens[n]);
        } while (tokens[n++].type < TOKEN_UNCLOSED_STRING && tokens[n - 1].type != TOKEN_END);

        *ret = TAKE_PTR(tokens);
        *ret_n = n;
        return 0;
}
