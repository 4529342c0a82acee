/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <stdarg.h>
#include <stdio.h>

#include "sql/parser-state.h"
#include "sql/parser.h"

void parser_fail(ParserState *state, size_t offset, const char *format, ...) {
        char message[sizeof(state->error->message)];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);

        state->result = sql_error_set(state->error, state->text, offset, "%s", message);
}

bool parser_accepts(ParserState *state, const Node *node) {
        if (!node) {
                state->result = -ENOMEM;
                return false;
        }
        if (node->depth > SQL_DEPTH_MAX) {
                parser_fail(state, node->span.begin,
                            "this expression is nested too deeply, more than %d levels", SQL_DEPTH_MAX);
                return false;
        }
        return true;
}

int parser_add_item(ParserState *state, SelectItem *item) {
        Select *select = &state->select;

        if (!item)
                return state->result = -ENOMEM;
        if (select->last_item)
                select->last_item->next = item;
        else
                select->items = item;
        select->last_item = item;
        select->n_items++;
        return 0;
}

int parser_add_column(ParserState *state, SqlSpan name_span, const char *name, SqlSpan type_span,
                      const char *type) {
        ColumnDefinition *column = arena_alloc(state->arena, sizeof(ColumnDefinition));

        if (!column)
                return state->result = -ENOMEM;
        *column = (ColumnDefinition){
                .name = name, .type = type, .name_span = name_span, .type_span = type_span};
        if (state->columns_last)
                state->columns_last->next = column;
        else
                state->columns_first = column;
        state->columns_last = column;
        return 0;
}

static int parse(ParserState *state) {
        void *lexer;
        int r;

        state->size = strlen(state->text);
        if (state->size > SQL_TEXT_BYTES_MAX) {
                parser_fail(state, SQL_TEXT_BYTES_MAX, "the text is longer than %zu bytes",
                            SQL_TEXT_BYTES_MAX);
                return state->result;
        }

        r = sql_lexer_open(state, &lexer);
        if (r < 0)
                return r;
        r = sql_parser_parse(lexer, state);
        sql_lexer_close(lexer);

        /* The parser stops for nothing but a failure noted in the state, or for want of memory. */
        if (r != 0)
                return state->result < 0 ? state->result : -ENOMEM;
        return 0;
}

int sql_parse_select(const char *text, const Schema *columns, Arena *arena, Select *ret, SqlError *error) {
        ParserState state = {.text = text,
                             .columns = columns,
                             .arena = arena,
                             .error = error,
                             .first_token = TOKEN_START_SELECT};
        int r;

        r = parse(&state);
        if (r < 0)
                return r;
        *ret = state.select;
        return 0;
}

int sql_parse_columns(const char *text, Arena *arena, const ColumnDefinition **ret, SqlError *error) {
        ParserState state = {
                .text = text, .arena = arena, .error = error, .first_token = TOKEN_START_COLUMNS};
        int r;

        r = parse(&state);
        if (r < 0)
                return r;
        *ret = state.columns_first;
        return 0;
}
