/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config-file.h"
#include "config/config-table.h"

/* A struct that is being filled from its table of keys: first the defaults, then one or more groups of
 * files, then the check. The functions return 0, -EINVAL with *error filled, or -ENOMEM. */
typedef struct ConfigTarget {
        const ConfigTable *table;
        void *object;
        uint64_t given; /* which keys of the table a file has set */
} ConfigTarget;

/* Sets every key that has a default to it. */
int config_target_set_defaults(ConfigTarget *target, ConfigError *error);

/* Sets what the group holds. section: which one of the table the group is; "" for a file's top, where groups
 * by the names of the table's sections are allowed. scope: keys of another scope are refused. others: names
 * that the caller deals with itself (NULL-terminated list, or NULL). */
int config_target_set(ConfigTarget *target, const ConfigFile *file, const config_setting_t *group,
                      const char *section, ConfigScope scope, const char *const *others, ConfigError *error);

/* That the required keys are there and that no lower bound is above its upper one; group and section say
 * where they should stand. */
int config_target_check(const ConfigTarget *target, const ConfigFile *file, const config_setting_t *group,
                        const char *section, ConfigError *error);
/* Whether two objects of the table have the same values. */
bool config_objects_are_equal(const ConfigTable *table, const void *a, const void *b);

int config_target_check_order(const ConfigTarget *target, const ConfigFile *file,
                              const config_setting_t *group, ConfigError *error);
