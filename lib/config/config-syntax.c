/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Why a file is refused, in words of the file.
 *
 * libconfig decides what is well-formed, but its messages are "syntax error" and a line, the one where it
 * gave up: for a text that is never closed that is the last line of the file. config_syntax_explain() reads
 * the tokens once more with what the grammar expects at each, and names the first that does not fit. It runs
 * only after libconfig has refused the file. config_syntax_check() runs before, for what libconfig lets pass
 * in silence. */

#include <stdio.h>
#include <strings.h>

#include "config/config-error.h"
#include "config/config-file.h"

char *config_token_text(char buffer[static TOKEN_TEXT_MAX], const ConfigToken *token) {
        const char *newline = memchr(token->text, '\n', token->size);
        size_t size = newline ? (size_t)(newline - token->text) : token->size;
        size_t cut = MIN(size, (size_t)TOKEN_TEXT_MAX - 4);

        /* Not in the middle of a character. */
        while (cut < size && cut > 0 && ((unsigned char)token->text[cut] & 0xc0) == 0x80)
                cut--;
        snprintf(buffer, TOKEN_TEXT_MAX, "%.*s%s", (int)cut, token->text, cut < token->size ? "..." : "");
        return buffer;
}

/* Where a quote is missing the next text's first one closes it, and so on to the last: a text of several
 * lines may be what was not closed. */
static int refuse_unclosed(const ConfigFile *file, const ConfigToken *token, const ConfigToken *long_text,
                           ConfigError *error) {
        if (long_text)
                return config_file_error(
                        file, token, error,
                        "the text that begins here is never closed; a \" is missing, here or in the "
                        "text of line %u",
                        long_text->line);
        return config_file_error(file, token, error,
                                 "the text that begins here is never closed; a \" is missing");
}

int config_syntax_check(const ConfigFile *file, ConfigError *error) {
        const char *nul = memchr(file->text, '\0', file->size);
        const ConfigToken *long_text = NULL;
        unsigned depth = 0;

        if (nul)
                return config_error_set(error, file->path, 0, 0,
                                        "byte %zu is NUL; a configuration file is text",
                                        (size_t)(nul - file->text) + 1);
        if (strncmp(file->text, "\xef\xbb\xbf", 3) == 0)
                return config_file_error(file, file->tokens, error,
                                         "the file begins with a byte order mark; UTF-8 needs none");
        if (file->n_tokens > CONFIG_TOKENS_MAX)
                return config_file_error(file, &file->tokens[CONFIG_TOKENS_MAX], error,
                                         "too many settings; %d names, values and signs are allowed",
                                         CONFIG_TOKENS_MAX);
        for (const ConfigToken *token = file->tokens; token < file->tokens + file->n_tokens; token++) {
                if (token->type == TOKEN_STRING && memchr(token->text, '\n', token->size))
                        long_text = token;
                if (token->type == TOKEN_UNCLOSED_STRING)
                        return refuse_unclosed(file, token, long_text, error);
                if (token->type == TOKEN_UNCLOSED_COMMENT)
                        return config_file_error(
                                file, token, error,
                                "the comment that begins here is never closed; a */ is missing");
                if (config_token_is(token, '@'))
                        return config_file_error(file, token, error,
                                                 "@include is not allowed; a configuration is one file");
                if (token->type == TOKEN_OPEN && ++depth > CONFIG_DEPTH_MAX)
                        return config_file_error(file, token, error,
                                                 "nested too deeply; %d levels of brackets are allowed",
                                                 CONFIG_DEPTH_MAX);
                if (token->type == TOKEN_CLOSE && depth > 0)
                        depth--;
        }
        return 0;
}

typedef struct Explainer {
        const ConfigFile *file;
        const ConfigToken *token;                  /* the one that is looked at */
        const ConfigToken *open[CONFIG_DEPTH_MAX]; /* brackets not yet closed */
        size_t depth;
        bool duplicate; /* libconfig found a key that is there already... */
        unsigned line;  /* ...on this line */
} Explainer;

static const ConfigToken *innermost(const Explainer *explainer) {
        return explainer->depth > 0 ? explainer->open[explainer->depth - 1] : NULL;
}

static bool in_group(const Explainer *explainer) {
        return explainer->depth == 0 || config_token_is(innermost(explainer), '{');
}

static char closing_of(const ConfigToken *open) {
        return *open->text == '{' ? '}' : *open->text == '(' ? ')' : ']';
}

/* The earlier key of that name in the same group, or NULL. */
static const ConfigToken *find_earlier(const Explainer *explainer) {
        size_t depth = 0;

        for (const ConfigToken *token = explainer->token - 1; token >= explainer->file->tokens; token--) {
                if (token->type == TOKEN_CLOSE)
                        depth++;
                else if (token->type == TOKEN_OPEN && depth-- == 0)
                        return NULL;
                else if (depth == 0 && token->type == TOKEN_NAME && token->size == explainer->token->size &&
                         memcmp(token->text, explainer->token->text, token->size) == 0)
                        return token;
        }
        return NULL;
}

static int explain_unclosed(const Explainer *explainer, ConfigError *error) {
        const ConfigToken *open = innermost(explainer);

        return config_file_error(explainer->file, open, error,
                                 "the %c that opens here is never closed; a %c is missing", *open->text,
                                 closing_of(open));
}

/* A key, or the end of the group. */
static int explain_name(Explainer *explainer, ConfigError *error) {
        const ConfigToken *token = explainer->token, *earlier;
        char text[TOKEN_TEXT_MAX];

        if (token->type == TOKEN_NAME) {
                earlier = explainer->duplicate && token->line == explainer->line ? find_earlier(explainer)
                                                                                 : NULL;
                if (earlier)
                        return config_file_error(explainer->file, token, error,
                                                 "\"%s\" is set a second time; the first is on line %u",
                                                 config_token_text(text, token), earlier->line);
                if (token[1].type == TOKEN_NUMBER && *token[1].text == '.')
                        return config_file_error(explainer->file, token, error,
                                                 "a key has no dots; write GROUP : { KEY = VALUE; };");
                if (token[1].type != TOKEN_ASSIGN)
                        return config_file_error(explainer->file, token, error,
                                                 "expected = or : after \"%s\"",
                                                 config_token_text(text, token));
                explainer->token += 2;
                return 0;
        }
        if (token->type == TOKEN_END && explainer->depth > 0)
                return explain_unclosed(explainer, error);
        if (token->type == TOKEN_CLOSE && explainer->depth == 0)
                return config_file_error(explainer->file, token, error, "this %c closes nothing",
                                         *token->text);
        return config_file_error(explainer->file, token, error, "expected a key, found %s",
                                 config_token_text(text, token));
}

/* Anything that is neither text, number, boolean nor bracket. */
static int explain_no_value(const Explainer *explainer, ConfigError *error) {
        static const char *const words[] = {"yes", "no", "on", "off"};
        const ConfigToken *token = explainer->token;
        char text[TOKEN_TEXT_MAX];

        config_token_text(text, token);
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcasecmp(text, words[i]) == 0)
                        return config_file_error(explainer->file, token, error,
                                                 "expected a value, found %s; write %s", text,
                                                 i % 2 == 0 ? "true" : "false");
        if (token->type == TOKEN_NAME || *token->text == '\'')
                return config_file_error(explainer->file, token, error,
                                         "expected a value, found %s; a text stands in double quotes", text);
        if (token->type == TOKEN_END)
                return config_file_error(explainer->file, token, error,
                                         "expected a value, found the end of the file");
        return config_file_error(explainer->file, token, error, "expected a value, found %s", text);
}

static int explain_number(const Explainer *explainer, ConfigError *error) {
        const ConfigToken *token = explainer->token;
        char text[TOKEN_TEXT_MAX];

        errno = 0;
        (void)strtoll(token->text, NULL, 10);
        if (errno == ERANGE && !memchr(token->text, '.', token->size))
                return config_file_error(explainer->file, token, error, "the number %s does not fit 64 bits",
                                         config_token_text(text, token));
        return 0;
}

/* Moves past a value (past the bracket of an aggregate). */
static int explain_value(Explainer *explainer, ConfigError *error) {
        const ConfigToken *token = explainer->token;
        int r;

        switch (token->type) {
        case TOKEN_OPEN:
                explainer->open[explainer->depth++] = token;
                explainer->token++;
                return 0;
        case TOKEN_STRING:
                while (explainer->token->type == TOKEN_STRING)
                        explainer->token++;
                return 0;
        case TOKEN_NUMBER:
                r = explain_number(explainer, error);
                if (r < 0)
                        return r;
                explainer->token++;
                return 0;
        case TOKEN_BOOLEAN: explainer->token++; return 0;
        default: return explain_no_value(explainer, error);
        }
}

/* What may stand behind a value, in a list or in a group. */
static int explain_separator(Explainer *explainer, ConfigError *error) {
        const ConfigToken *token = explainer->token;
        char text[TOKEN_TEXT_MAX];

        if (in_group(explainer)) {
                explainer->token += token->type == TOKEN_SEPARATOR;
                return 0;
        }
        /* libconfig takes several commas for one, here alone. */
        while (config_token_is(explainer->token, ','))
                explainer->token++;
        if (explainer->token > token)
                return 0;
        if (token->type == TOKEN_CLOSE)
                return 0;
        if (token->type == TOKEN_END)
                return explain_unclosed(explainer, error);
        return config_file_error(explainer->file, token, error, "expected , or %c, found %s",
                                 closing_of(innermost(explainer)), config_token_text(text, token));
}

/* One value with the key before it, or one closing bracket, and what follows it. */
static int explain_step(Explainer *explainer, ConfigError *error) {
        const ConfigToken *open = innermost(explainer), *token = explainer->token;
        bool opened = token->type == TOKEN_OPEN;
        int r;

        if (open && token->type == TOKEN_CLOSE) {
                if (!config_token_is(token, closing_of(open)))
                        return config_file_error(explainer->file, token, error,
                                                 "expected %c for the %c of line %u, found %c",
                                                 closing_of(open), *open->text, open->line, *token->text);
                explainer->depth--;
                explainer->token++;
                return explain_separator(explainer, error);
        }
        if (in_group(explainer)) {
                r = explain_name(explainer, error);
                if (r < 0)
                        return r;
                opened = explainer->token->type == TOKEN_OPEN;
        } else if (token->type == TOKEN_END)
                return explain_unclosed(explainer, error);
        else if (config_token_is(open, '[') && opened)
                return config_file_error(
                        explainer->file, token, error,
                        "[ ] holds numbers, texts or booleans; lists of more are written in ( )");
        r = explain_value(explainer, error);
        if (r < 0 || opened)
                return r;
        return explain_separator(explainer, error);
}

int config_syntax_explain(const ConfigFile *file, ConfigError *error) {
        const char *reason = file->config.error_text ?: "syntax error";
        Explainer explainer = {
                .file = file,
                .token = file->tokens,
                .duplicate = strcmp(reason, "duplicate setting name") == 0,
                .line = (unsigned)config_error_line(&file->config),
        };
        int r;

        while (explainer.token->type != TOKEN_END || explainer.depth > 0) {
                r = explain_step(&explainer, error);
                if (r < 0)
                        return r;
        }
        return config_error_set(error, file->path, explainer.line, 0, "%s", reason);
}
