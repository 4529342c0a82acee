/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The tokens of a libconfig file with their places. libconfig parses the file; it keeps neither columns, nor
 * where a text of several lines begins, nor numbers as they were written (it wraps 0x100000000 to 0 and
 * clamps 99999999999999999999L without an error), so those are read here. */
typedef enum ConfigTokenType {
        TOKEN_END,
        TOKEN_NAME,
        TOKEN_ASSIGN, /* = or : */
        TOKEN_NUMBER,
        TOKEN_BOOLEAN,
        TOKEN_STRING,    /* with its quotes */
        TOKEN_OPEN,      /* { ( [ */
        TOKEN_CLOSE,     /* } ) ] */
        TOKEN_SEPARATOR, /* , or ; */
        TOKEN_OTHER,     /* a character that means nothing */
        TOKEN_UNCLOSED_STRING,
        TOKEN_UNCLOSED_COMMENT,
} ConfigTokenType;

typedef struct ConfigToken {
        ConfigTokenType type;
        const char *text; /* weak: in the file's text, without a NUL behind */
        size_t size;
        unsigned line, column; /* from 1; columns in characters */
} ConfigToken;

/* The last token is TOKEN_END or one of the unclosed. Returns 0 or -ENOMEM. */
int config_tokens_new(const char *text, size_t size, ConfigToken **ret, size_t *ret_n);

/* True if the token is exactly this character. */
static inline bool config_token_is(const ConfigToken *token, char c) {
        return token->size == 1 && token->text[0] == c && token->type != TOKEN_STRING;
}

/* A step through text which keeps count of lines and columns. */
typedef struct ConfigCursor {
        const char *next, *end;
        unsigned line, column;
} ConfigCursor;

void config_cursor_skip(ConfigCursor *cursor, size_t n_bytes);
