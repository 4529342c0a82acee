/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What a key takes and what it is if not given, in words. */

#include <stdio.h>

#include "config/config-table.h"
#include "config/config.h"

char *config_number_text(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key, double number) {
        _Static_assert(CONFIG_TEXT_MAX >= UNIT_TEXT_MAX, "a duration fits");

        switch (key->type) {
        case CONFIG_DURATION: return format_duration(buffer, (usec_t)number);
        case CONFIG_SIZE: return format_size(buffer, (uint64_t)number);
        case CONFIG_INT: snprintf(buffer, CONFIG_TEXT_MAX, "%" PRIu64, (uint64_t)number); return buffer;
        default: snprintf(buffer, CONFIG_TEXT_MAX, "%g", number); return buffer;
        }
}

/* "update", "append" or "complete" */
static void choices_text(char buffer[static CONFIG_TEXT_MAX], const ConfigChoice *choices) {
        size_t n = 0;

        for (const ConfigChoice *choice = choices; choice->name && n < CONFIG_TEXT_MAX; choice++) {
                const char *before = choice == choices ? "" : choice[1].name ? ", " : " or ";

                n += (size_t)snprintf(buffer + n, CONFIG_TEXT_MAX - n, "%s\"%s\"", before, choice->name);
        }
}

static void range_text(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key, const char *what,
                       const char *after) {
        char min[CONFIG_TEXT_MAX], max[CONFIG_TEXT_MAX];

        snprintf(buffer, CONFIG_TEXT_MAX, "%s from %.50s to %.50s%s%s%s", what,
                 config_number_text(min, key, key->min), config_number_text(max, key, key->max),
                 key->unit ? " " : "", key->unit ?: "", after);
}

char *config_key_allowed(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key) {
        static const char *const texts[_CONFIG_TYPE_MAX] = {
                [CONFIG_BOOL] = "true or false",
                [CONFIG_STRING] = "a text in double quotes",
                [CONFIG_NAME] = "a name of 1 to 64 characters a-z, 0-9 or _, in double quotes",
                [CONFIG_TOPIC] = "the name of a topic, in double quotes",
                [CONFIG_TOPICS] = "a list of names of topics, such as ( \"a\", \"b\" )",
                [CONFIG_PATTERN] = "an extended regular expression, in double quotes",
                [CONFIG_FOLDER] = "an absolute path, in double quotes",
                [CONFIG_TABLE] = "\"TABLE\" or \"SCHEMA.TABLE\" of letters, digits and _",
                [CONFIG_START] = "\"latest\", \"earliest\" or a time such as \"2026-01-31T12:00:00Z\"",
                [CONFIG_PROPERTIES] = "a list such as ( \"socket.keepalive.enable=true\" )",
        };

        switch (key->type) {
        case CONFIG_INT: range_text(buffer, key, "an integer", ""); break;
        case CONFIG_REAL: range_text(buffer, key, "a number", ""); break;
        case CONFIG_DURATION: range_text(buffer, key, "a duration", ", such as \"10 seconds\""); break;
        case CONFIG_SIZE: range_text(buffer, key, "a size", ", such as \"4 MiB\""); break;
        case CONFIG_ENUM: choices_text(buffer, key->choices); break;
        default: strcpy(buffer, texts[key->type]);
        }
        return buffer;
}

char *config_key_default(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key) {
        bool bare = key->type == CONFIG_BOOL || key->type == CONFIG_INT || key->type == CONFIG_REAL;

        if (!key->default_text)
                return strcpy(buffer, "");
        if (key->type == CONFIG_PROPERTIES)
                return strcpy(buffer, "( )");
        snprintf(buffer, CONFIG_TEXT_MAX, bare ? "%s" : "\"%s\"", key->default_text);
        return buffer;
}

char *config_table_defaults(const ConfigTable *table) {
        char *text = NULL, value[CONFIG_TEXT_MAX];
        const char *section = "";
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++) {
                if (!key->default_text)
                        continue;
                if (strcmp(key->section, section) != 0) {
                        fprintf(f, "%s%s : {\n", *section ? "};\n" : "", key->section);
                        section = key->section;
                }
                fprintf(f, "%s = %s;\n", key->name, config_key_default(value, key));
        }
        fputs(*section ? "};\n" : "", f);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
