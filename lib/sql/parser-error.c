/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/nearest.h"
#include "sql/parser-state.h"

/* Messages for tokens that do not fit, in the words of a user. */

#define LISTED_MAX 6 /* things that one message lists */

typedef struct Expected {
        const char *const *tokens;
        size_t n_tokens;
        bool expression, operation, alias; /* may one stand here? */
} Expected;

/* Many tokens begin an expression, or go on with one: a message names them once. */
static const char *const expression_tokens[] = {
        "a name", "a number", "a string", "END", "TIMESTAMP", "CASE", "CAST", "TRUE",     "FALSE",
        "NULL",   "NOT",      "'!'",      "'+'", "'-'",       "'*'",  "'('",  "DISTINCT", NULL,
};
static const char *const operator_tokens[] = {
        "a comparison", "AND", "OR",  "NOT", "IN",  "BETWEEN", "LIKE", "IS",
        "'+'",          "'-'", "'*'", "'/'", "'%'", "'('",     NULL,
};
static const char *const alias_tokens[] = {"a name", "END", "TIMESTAMP", NULL};
static const char *const silent_tokens[] = {"an unsupported word", "TIMESTAMP", "'.'", "';'", NULL};

static const char *const clause_words[] = {"SELECT",  "FROM", "WHERE", "GROUP", "HAVING",
                                           "BETWEEN", "LIKE", "WHEN",  "THEN",  "ELSE"};

static bool contains(const char *const *names, const char *name) {
        for (; *names; names++)
                if (strcmp(*names, name) == 0)
                        return true;
        return false;
}

static bool expects(const Expected *expected, const char *token) {
        for (size_t i = 0; i < expected->n_tokens; i++)
                if (strcmp(expected->tokens[i], token) == 0)
                        return true;
        return false;
}

/* NULL: not worth a mention. */
static const char *token_description(const Expected *expected, const char *token) {
        static const struct {
                const char *token, *description;
        } descriptions[] = {
                {"end", "the end"}, {"GROUP", "GROUP BY"}, {"','", "a comma"},
                {"'('", "("},       {"')'", ")"},          {"'*'", "*"},
        };

        if (expected->expression && contains(expression_tokens, token))
                return "an expression";
        /* The AND of BETWEEN is no operator. */
        if (expected->operation && contains(operator_tokens, token) &&
            (strcmp(token, "AND") != 0 || expects(expected, "OR")))
                return "an operator";
        if (contains(silent_tokens, token) || (expected->alias && contains(alias_tokens, token)))
                return NULL;
        /* A name may be END, or have arguments or a size, but nobody expects it to. */
        if ((expects(expected, "a name") && strcmp(token, "END") == 0) ||
            (expected->n_tokens > 1 && strcmp(token, "'('") == 0))
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(descriptions); i++)
                if (strcmp(descriptions[i].token, token) == 0)
                        return descriptions[i].description;
        return token;
}

/* "a comma, FROM or an operator" */
static void describe_expected(const Expected *expected, char *buffer, size_t size) {
        const char *listed[LISTED_MAX] = {};
        size_t n = 0, length = 0;

        /* Token 0 is the end of the text: from 1, so that it comes last. */
        for (size_t i = 1; i <= expected->n_tokens && n < LISTED_MAX; i++) {
                const char *description =
                        token_description(expected, expected->tokens[i % expected->n_tokens]);
                bool known = false;

                for (size_t j = 0; j < n; j++)
                        known = known || (description && strcmp(listed[j], description) == 0);
                if (description && !known)
                        listed[n++] = description;
        }

        buffer[0] = '\0';
        for (size_t i = 0; i < n && length < size; i++)
                length += (size_t)snprintf(buffer + length, size - length, "%s%s",
                                           i == 0 ? "" : (i + 1 < n ? ", " : " or "), listed[i]);
}

/* The clause's word that this token is a mistyping of, or NULL. */
static const char *mistyped_word(const ParserState *state, SqlSpan span, const Expected *expected) {
        const char *candidates[ELEMENTSOF(clause_words) + 1], *nearest;
        char word[16];
        size_t n = 0;

        if (span.end - span.begin >= sizeof(word) || !isalpha((unsigned char)state->text[span.begin]))
                return NULL;
        snprintf(word, sizeof(word), "%.*s", (int)(span.end - span.begin), state->text + span.begin);

        for (size_t i = 0; i < ELEMENTSOF(clause_words); i++)
                if (!expected || expects(expected, clause_words[i]))
                        candidates[n++] = clause_words[i];
        candidates[n] = NULL;

        nearest = nearest_name(word, candidates);
        return nearest && strcasecmp(nearest, word) != 0 ? nearest : NULL;
}

static void fail_mistyped(ParserState *state, SqlSpan span, const char *word) {
        parser_fail(state, span.begin, "unexpected \"%.*s\"; did you mean %s?", (int)(span.end - span.begin),
                    state->text + span.begin, word);
}

/* "; a column of this name is written `group`", if there is one and it could stand here. */
static void describe_reserved(const ParserState *state, const Expected *expected, const char *word,
                              char *buffer, size_t size) {
        buffer[0] = '\0';
        if (state->columns && expects(expected, "a name") && schema_find(state->columns, word) >= 0)
                snprintf(buffer, size, "; the column of this name is written `%s`", word);
}

/* Where a SELECT could not stand in any case, it is a mistake of another kind. */
static bool begins_subquery(const ParserState *state, const char *unexpected, const Expected *expected) {
        if (strcmp(unexpected, "SELECT") == 0)
                return expected->expression;
        return strcmp(unexpected, "'('") == 0 &&
               state->previous.end - state->previous.begin == strlen("FROM") &&
               strncasecmp(state->text + state->previous.begin, "FROM", strlen("FROM")) == 0;
}

void parser_fail_syntax(ParserState *state, SqlSpan span, const char *unexpected, const char *const *tokens,
                        size_t n_tokens) {
        Expected expected = {.tokens = tokens, .n_tokens = n_tokens};
        char token[48], wanted[160], reserved[96];
        const char *word;

        expected.expression = expects(&expected, "a number");
        expected.operation = expects(&expected, "a comparison");
        expected.alias = expects(&expected, "AS");

        snprintf(token, sizeof(token), "%.*s",
                 (int)sql_cut(state->text + span.begin, span.end - span.begin, sizeof(token) - 1),
                 state->text + span.begin);

        if (strcmp(unexpected, "an unsupported word") == 0)
                return parser_fail(state, span.begin, "%s is not supported", token);
        if (begins_subquery(state, unexpected, &expected))
                return parser_fail(state, span.begin, "queries within a query are not supported");
        word = strcmp(unexpected, "a name") == 0 ? mistyped_word(state, span, &expected) : NULL;
        if (word)
                return fail_mistyped(state, span, word);
        /* "SELECT a FORM b": FORM was taken for an alias, and only b does not fit. */
        word = mistyped_word(state, state->previous, NULL);
        if (word)
                return fail_mistyped(state, state->previous, word);

        describe_expected(&expected, wanted, sizeof(wanted));
        describe_reserved(state, &expected, token, reserved, sizeof(reserved));
        if (span.begin == state->size)
                parser_fail(state, span.begin, "the text ends too early; expected %s", wanted);
        else
                parser_fail(state, span.begin, "unexpected %s%s%s; expected %s%s",
                            token[0] == '"' ? "" : "\"", token, token[0] == '"' ? "" : "\"", wanted,
                            reserved);
}
