/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdarg.h>
#include <stdio.h>

#include "config/config-error.h"

void config_error_done(ConfigError *error) {
        free(error->file);
        *error = (ConfigError){};
}

char *config_error_text(const ConfigError *error) {
        const char *file = error->file ?: "configuration";
        char *text;
        int r;

        if (error->line == 0)
                r = asprintf(&text, "%s: %s", file, error->message);
        else if (error->column == 0)
                r = asprintf(&text, "%s:%u: %s", file, error->line, error->message);
        else
                r = asprintf(&text, "%s:%u:%u: %s", file, error->line, error->column, error->message);
        return r < 0 ? NULL : text;
}

int config_error_set(ConfigError *error, const char *file, unsigned line, unsigned column,
                     const char *format, ...) {
        _cleanup_free_ char *copy = NULL;
        va_list arguments;

        if (file) {
                copy = strdup(file);
                if (!copy)
                        return -ENOMEM;
        }
        config_error_done(error);
        error->file = TAKE_PTR(copy);
        error->line = line;
        error->column = column;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof(error->message), format, arguments);
        va_end(arguments);
        return -EINVAL;
}
