/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "sql/parse.h"

/* What lexer and parser share while they read one text. */
typedef struct ParserState {
        const char *text;
        size_t size;
        const Schema *columns; /* or NULL */
        Arena *arena;
        SqlError *error;
        int result; /* -EINVAL (*error is filled) or -ENOMEM once something failed */

        int first_token; /* START_...: which language the text is in; 0 once it was read */
        size_t position; /* of the lexer */
        size_t comment_begin;
        unsigned comment_depth;
        SqlSpan previous, current; /* the last two tokens */

        Select select;
        ColumnDefinition *columns_first, *columns_last;
} ParserState;

/* Opens a lexer over the text. */
int sql_lexer_open(ParserState *state, void **ret);
void *sql_lexer_close(void *lexer);

/* Each of these sets state->result on failure. */
void parser_fail(ParserState *state, size_t offset, const char *format, ...) _printf_(3, 4);
/* The token at span does not fit. unexpected, expected: what the grammar calls tokens. */
void parser_fail_syntax(ParserState *state, SqlSpan span, const char *unexpected,
                        const char *const *expected, size_t n_expected);

/* Was the node made, and is it not too deep? */
bool parser_accepts(ParserState *state, const Node *node);
int parser_add_item(ParserState *state, SelectItem *item);
int parser_add_column(ParserState *state, SqlSpan name_span, const char *name, SqlSpan type_span,
                      const char *type);

/* Copies of a token's text, with a NUL behind them: as it is; a string in quotes with its escapes decoded; a
 * `name` with "``" as "`". */
int parser_copy(ParserState *state, SqlSpan span, const char **ret);
int parser_decode_string(ParserState *state, SqlSpan span, Text *ret);
int parser_decode_name(ParserState *state, SqlSpan span, const char **ret);
