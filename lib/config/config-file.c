/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <fcntl.h>
#include <sys/stat.h>

#include "config/config-error.h"
#include "config/config-file.h"

ConfigFile *config_file_free(ConfigFile *file) {
        if (!file)
                return NULL;
        config_destroy(&file->config);
        free(file->tokens);
        free(file->text);
        free(file->path);
        free(file);
        return NULL;
}

/* libconfig hands out untyped hooks, and this is their only use: a setting knows its first token. */
static const ConfigToken *setting_token(const config_setting_t *setting) {
        return config_setting_get_hook(setting);
}

const ConfigToken *config_file_name_token(const config_setting_t *setting) {
        return setting_token(setting);
}

const ConfigToken *config_file_value_token(const config_setting_t *setting) {
        const ConfigToken *token = setting_token(setting);

        return config_setting_name(setting) ? token + 2 : token;
}

/* Walks the tree and the tokens in step: libconfig keeps settings in the order of the file. Returns the
 * token behind the setting, or NULL if the two disagree. */
static ConfigToken *bind_setting(config_setting_t *setting, ConfigToken *token) {
        const char *name = config_setting_name(setting);

        config_setting_set_hook(setting, token);
        if (name) {
                if (token[0].type != TOKEN_NAME || token[1].type != TOKEN_ASSIGN ||
                    strlen(name) != token->size || memcmp(name, token->text, token->size) != 0)
                        return NULL;
                token += 2;
        }
        if (config_setting_type(setting) == CONFIG_TYPE_STRING) {
                if (token->type != TOKEN_STRING)
                        return NULL;
                while (token->type == TOKEN_STRING)
                        token++;
                return token;
        }
        if (!config_setting_is_aggregate(setting))
                return token->type == TOKEN_NUMBER || token->type == TOKEN_BOOLEAN ? token + 1 : NULL;

        if (!config_setting_is_root(setting) && (token++)->type != TOKEN_OPEN)
                return NULL;
        for (int i = 0; i < config_setting_length(setting); i++) {
                token = bind_setting(config_setting_get_elem(setting, (unsigned)i), token);
                if (!token)
                        return NULL;
                while (token->type == TOKEN_SEPARATOR)
                        token++;
        }
        if (!config_setting_is_root(setting) && (token++)->type != TOKEN_CLOSE)
                return NULL;
        return token;
}

/* No @include: every message says FILE:LINE of one file, and a job is complete in its own. */
static const char **refuse_include(config_t *config, const char *folder, const char *path,
                                   const char **error) {
        *error = "@include is not allowed";
        return NULL;
}

static int config_file_new(const char *path, ConfigFile **ret) {
        _cleanup_(config_file_freep) ConfigFile *file = new0(ConfigFile, 1);

        if (!file)
                return -ENOMEM;
        config_init(&file->config);
        config_set_include_func(&file->config, refuse_include);
        file->path = strdup(path);
        if (!file->path)
                return -ENOMEM;
        *ret = TAKE_PTR(file);
        return 0;
}

/* Parses file->text. */
static int config_file_load(ConfigFile *file, ConfigError *error) {
        const ConfigToken *end;
        int r;

        r = config_tokens_new(file->text, file->size, &file->tokens, &file->n_tokens);
        if (r < 0)
                return r;
        r = config_syntax_check(file, error);
        if (r < 0)
                return r;
        if (config_read_string(&file->config, file->text) != CONFIG_TRUE)
                return config_syntax_explain(file, error);

        end = bind_setting(config_root_setting(&file->config), file->tokens);
        if (!end || end->type != TOKEN_END)
                return config_error_set(error, file->path, 0, 0,
                                        "libconfig reads this file in an unexpected way");
        return 0;
}

int config_file_parse(const char *path, const char *text, ConfigFile **ret, ConfigError *error) {
        _cleanup_(config_file_freep) ConfigFile *file = NULL;
        int r;

        r = config_file_new(path, &file);
        if (r < 0)
                return r;
        file->text = strdup(text);
        if (!file->text)
                return -ENOMEM;
        file->size = strlen(text);
        r = config_file_load(file, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(file);
        return 0;
}

static int read_text(ConfigFile *file, ConfigError *error) {
        _cleanup_close_ int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return config_error_set(error, file->path, 0, 0, "not a regular file");

        /* One byte more than allowed, so that a file that grows meanwhile is seen to be too large. */
        file->text = new (char, CONFIG_FILE_MAX_BYTES + 2);
        if (!file->text)
                return -ENOMEM;
        while (file->size <= CONFIG_FILE_MAX_BYTES) {
                n = read(fd, file->text + file->size, CONFIG_FILE_MAX_BYTES + 1 - file->size);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n == 0)
                        break;
                if (n > 0)
                        file->size += (size_t)n;
        }
        if (file->size > CONFIG_FILE_MAX_BYTES)
                return config_error_set(error, file->path, 0, 0,
                                        "larger than the %d KiB a configuration file may have",
                                        CONFIG_FILE_MAX_BYTES / 1024);
        file->text[file->size] = '\0';
        return 0;
}

int config_file_read(const char *path, ConfigFile **ret, ConfigError *error) {
        _cleanup_(config_file_freep) ConfigFile *file = NULL;
        int r;

        r = config_file_new(path, &file);
        if (r < 0)
                return r;
        r = read_text(file, error);
        if (r < 0)
                return r;
        r = config_file_load(file, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(file);
        return 0;
}
