/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/nearest.h"
#include "base/strv.h"
#include "config/config-error.h"
#include "config/config-target.h"
#include "config/config-value.h"

int config_target_set_defaults(ConfigTarget *target, ConfigError *error) {
        _cleanup_free_ char *text = config_table_defaults(target->table);
        _cleanup_(config_file_freep) ConfigFile *file = NULL;
        int r;

        if (!text)
                return -ENOMEM;
        r = config_file_parse("built-in defaults", text, &file, error);
        if (r < 0)
                return r;
        r = config_target_set(target, file, config_root_setting(&file->config), "",
                              CONFIG_SUITE | CONFIG_JOB, NULL, error);
        target->given = 0;
        return r;
}

typedef struct Lookup {
        const ConfigTable *table;
        const ConfigFile *file;
        const char *section;
        ConfigScope scope;
        const char *const *others;
} Lookup;

/* Names that may stand where the unknown one does. The list's strings are weak. */
static int allowed_names(const Lookup *lookup, const char ***ret) {
        const ConfigTable *table = lookup->table;
        _cleanup_free_ const char **names = NULL;
        const char *section = lookup->section;
        size_t n = 0, n_others = 0;

        while (lookup->others && lookup->others[n_others])
                n_others++;
        names = new0(const char *, 2 * table->n_keys + n_others + 1);
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < table->n_keys; i++) {
                const ConfigKey *key = &table->keys[i];

                if (!(key->scope & lookup->scope))
                        continue;
                if (strcmp(key->section, lookup->section) == 0)
                        names[n++] = key->name;
                else if (!*lookup->section && strcmp(key->section, section) != 0)
                        names[n++] = section = key->section;
        }
        for (size_t i = 0; i < n_others; i++)
                names[n++] = lookup->others[i];
        *ret = TAKE_PTR(names);
        return 0;
}

/* A key of that name that stands elsewhere, or NULL. */
static const ConfigKey *find_elsewhere(const Lookup *lookup, const char *name) {
        const ConfigTable *table = lookup->table;

        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++)
                if (strcmp(key->name, name) == 0)
                        return key;
        return NULL;
}

static void join_names(char *buffer, size_t size, const char *const *names) {
        size_t n = 0;

        for (*buffer = '\0'; *names && n < size; names++)
                n += (size_t)snprintf(buffer + n, size - n, "%s%s", n > 0 ? ", " : "", *names);
}

static int refuse_unknown(const Lookup *lookup, const config_setting_t *setting, ConfigError *error) {
        const char *name = config_setting_name(setting), *section = lookup->section, *nearest;
        const ConfigKey *elsewhere = find_elsewhere(lookup, name);
        _cleanup_free_ const char **names = NULL;
        const ConfigToken *token = config_file_name_token(setting);
        char list[512], shown[TOKEN_TEXT_MAX];
        const char *in = *section ? " in " : "";
        int r;

        config_token_text(shown, token);
        r = allowed_names(lookup, &names);
        if (r < 0)
                return r;
        if (elsewhere && strcmp(elsewhere->section, section) == 0)
                return config_file_error(lookup->file, token, error,
                                         "%s has no default; it is given in each job's file", shown);
        if (elsewhere && *elsewhere->section && (elsewhere->scope & lookup->scope))
                return config_file_error(lookup->file, token, error, "%s stands in the group %s : { ... }",
                                         shown, elsewhere->section);
        if (elsewhere && !*elsewhere->section && (elsewhere->scope & lookup->scope))
                return config_file_error(lookup->file, token, error, "%s stands outside of the group %s",
                                         shown, section);
        nearest = nearest_name(name, names);
        if (nearest)
                return config_file_error(lookup->file, token, error, "unknown key %s%s%s; did you mean %s?",
                                         shown, in, section, nearest);
        join_names(list, sizeof(list), names);
        return config_file_error(lookup->file, token, error, "unknown key %s%s%s; expected one of %s", shown,
                                 in, section, list);
}

static bool is_one_of(const char *name, const char *const *names) {
        for (; names && *names; names++)
                if (strcmp(name, *names) == 0)
                        return true;
        return false;
}

static int check_is_group(const ConfigFile *file, const config_setting_t *setting, ConfigError *error) {
        const char *name = config_setting_name(setting);

        if (config_setting_is_group(setting))
                return 0;
        return config_file_error(file, config_file_value_token(setting), error,
                                 "%s is a group; write %s : { ... };", name, name);
}

int config_target_set(ConfigTarget *target, const ConfigFile *file, const config_setting_t *group,
                      const char *section, ConfigScope scope, const char *const *others,
                      ConfigError *error) {
        const Lookup lookup = {target->table, file, section, scope, others};
        int r;

        for (int i = 0; i < config_setting_length(group); i++) {
                const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
                const char *name = config_setting_name(setting);
                const ConfigKey *key = config_table_find(target->table, section, name);

                if (key && (key->scope & scope)) {
                        r = config_value_set(key, file, setting, target->object, error);
                        target->given |= UINT64_C(1) << (key - target->table->keys);
                } else if (is_one_of(name, others))
                        r = 0;
                else if (!*section && config_table_has_section(target->table, name)) {
                        r = check_is_group(file, setting, error);
                        if (r == 0)
                                r = config_target_set(target, file, setting, name, scope, NULL, error);
                } else
                        r = refuse_unknown(&lookup, setting, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Where the key is set in the group, or where it should be. NULL: nowhere in this file. */
static const ConfigToken *find_place(const config_setting_t *group, const char *section,
                                     const ConfigKey *key, bool or_its_group) {
        const config_setting_t *parent = group, *setting;

        if (strcmp(key->section, section) != 0)
                parent = config_setting_get_member(group, key->section);
        setting = parent ? config_setting_get_member(parent, key->name) : NULL;
        if (setting)
                return config_file_name_token(setting);
        if (!or_its_group || !parent || config_setting_is_root(parent))
                return NULL;
        return config_file_name_token(parent);
}

/* Whether the key is for an object of this type; the object says by its key "type". */
static bool is_of_type(const ConfigTarget *target, const ConfigKey *key) {
        const ConfigKey *type = key->only ? config_table_find(target->table, key->section, "type") : NULL;

        return !type ||
               (key->only & (1u << *(const unsigned *)((const char *)target->object + type->offset)));
}

static int check_type(const ConfigTarget *target, const ConfigFile *file, const config_setting_t *group,
                      const char *section, ConfigError *error) {
        char path[CONFIG_TEXT_MAX];

        for (size_t i = 0; i < target->table->n_keys; i++) {
                const ConfigKey *key = &target->table->keys[i];
                const ConfigToken *place;

                if (!(target->given & (UINT64_C(1) << i)) || is_of_type(target, key))
                        continue;
                place = find_place(group, section, key, true);
                return config_error_set(error, file->path, place ? place->line : 0,
                                        place ? place->column : 0, "%s is not for this type; it is: %s",
                                        config_key_path(path, key), key->help);
        }
        return 0;
}

static int check_required(const ConfigTarget *target, const ConfigFile *file, const config_setting_t *group,
                          const char *section, ConfigError *error) {
        char path[CONFIG_TEXT_MAX];

        for (size_t i = 0; i < target->table->n_keys; i++) {
                const ConfigKey *key = &target->table->keys[i];
                const ConfigToken *place;

                if (!key->required || (target->given & (UINT64_C(1) << i)) || !is_of_type(target, key))
                        continue;
                place = find_place(group, section, key, true);
                return config_error_set(error, file->path, place ? place->line : 0,
                                        place ? place->column : 0, "%s is missing: %s",
                                        config_key_path(path, key), key->help);
        }
        return 0;
}

int config_target_check_order(const ConfigTarget *target, const ConfigFile *file,
                              const config_setting_t *group, ConfigError *error) {
        char lower_path[CONFIG_TEXT_MAX], upper_path[CONFIG_TEXT_MAX];
        char lower_text[CONFIG_TEXT_MAX], upper_text[CONFIG_TEXT_MAX];

        for (const ConfigOrder *order = target->table->orders;
             order < target->table->orders + target->table->n_orders; order++) {
                const ConfigKey *lower = config_table_find(target->table, order->section, order->lower);
                const ConfigKey *upper = config_table_find(target->table, order->section, order->upper);
                const ConfigToken *place;

                if (config_value_number(lower, target->object) <= config_value_number(upper, target->object))
                        continue;
                place = find_place(group, "", lower, false) ?: find_place(group, "", upper, true);
                return config_error_set(error, file->path, place ? place->line : 0,
                                        place ? place->column : 0, "%s (%.40s) is above %s (%.40s%s)",
                                        config_key_path(lower_path, lower),
                                        config_value_text(lower_text, lower, target->object),
                                        config_key_path(upper_path, upper),
                                        config_value_text(upper_text, upper, target->object),
                                        find_place(group, "", upper, false) ? "" : ", the default");
        }
        return 0;
}

static bool values_are_equal(const ConfigKey *key, const void *a, const void *b) {
        char *const *x = a, *const *y = b;

        switch (key->type) {
        case CONFIG_STRING:
        case CONFIG_NAME:
        case CONFIG_TOPIC:
        case CONFIG_PATTERN:
        case CONFIG_FOLDER:
        case CONFIG_TABLE: return *x && *y ? strcmp(*x, *y) == 0 : *x == *y;
        case CONFIG_TOPICS:
        case CONFIG_PROPERTIES: return strv_equal(*(char *const *const *)a, *(char *const *const *)b);
        default: return memcmp(a, b, key->size) == 0;
        }
}

bool config_objects_are_equal(const ConfigTable *table, const void *a, const void *b) {
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++)
                if (!values_are_equal(key, (const char *)a + key->offset, (const char *)b + key->offset))
                        return false;
        return true;
}

int config_target_check(const ConfigTarget *target, const ConfigFile *file, const config_setting_t *group,
                        const char *section, ConfigError *error) {
        int r;

        r = check_required(target, file, group, section, error);
        if (r >= 0)
                r = check_type(target, file, group, section, error);
        if (r < 0)
                return r;
        return config_target_check_order(target, file, group, error);
}
