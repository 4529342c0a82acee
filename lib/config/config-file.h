/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <libconfig.h>
#undef config_error_text /* a macro by the name of a function of ours; the field is public */

#include "config/config-token.h"
#include "config/config.h"

#define CONFIG_FILE_MAX_BYTES (1024 * 1024) /* a configuration larger than that is a mistake */
#define CONFIG_TOKENS_MAX                                                                                   \
        20000 /* libconfig takes time by the square of a group's settings: minutes for 1 MiB of them */
#define CONFIG_DEPTH_MAX 16 /* no key stands deeper than 3; deep nesting would exhaust libconfig's stack */

/* A libconfig file that was parsed, with the place of each of its settings. */
typedef struct ConfigFile {
        char *path; /* as it was given; names the file in errors */
        char *text;
        size_t size;
        ConfigToken *tokens; /* their text is the file's */
        size_t n_tokens;
        config_t config;
} ConfigFile;

/* Returns 0, -EINVAL with *error filled, -ENOMEM, or the errno of opening and reading. */
int config_file_read(const char *path, ConfigFile **ret, ConfigError *error);
/* Of a text in memory; path is for errors. */
int config_file_parse(const char *path, const char *text, ConfigFile **ret, ConfigError *error);
ConfigFile *config_file_free(ConfigFile *file);
DEFINE_CLEANUP(ConfigFile *, config_file_free);

/* Where a setting's name stands (of an element of a list: its value), and where its value begins. */
const ConfigToken *config_file_name_token(const config_setting_t *setting);
const ConfigToken *config_file_value_token(const config_setting_t *setting);

/* Fills *error with the place of the token and returns -EINVAL. */
#define config_file_error(file, token, error, ...)                                                          \
        config_error_set(error, (file)->path, (token)->line, (token)->column, __VA_ARGS__)

/* config-syntax.c: fills *error with why libconfig refuses the text, in words of the file; libconfig's own
 * message where no better reason is found. Returns -EINVAL or -ENOMEM. */
int config_syntax_explain(const ConfigFile *file, ConfigError *error);
/* The same for what libconfig accepts and we do not. Returns 0 if there is nothing of the kind. */
int config_syntax_check(const ConfigFile *file, ConfigError *error);

/* "abc" of the token, shortened for a message. The buffer's size includes the NUL. */
#define TOKEN_TEXT_MAX 48
char *config_token_text(char buffer[static TOKEN_TEXT_MAX], const ConfigToken *token);
