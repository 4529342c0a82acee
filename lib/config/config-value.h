/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config-file.h"
#include "config/config-table.h"

/* Sets the key's field of the object (the struct of its table) to the setting's value. Returns 0, -EINVAL
 * with *error filled, or -ENOMEM. */
int config_value_set(const ConfigKey *key, const ConfigFile *file, const config_setting_t *setting,
                     void *object, ConfigError *error);

/* The value of a field as a number, to compare two of a type. */
double config_value_number(const ConfigKey *key, const void *object);
/* The value of a number, duration or size as it may be written in a file. Returns the buffer. */
char *config_value_text(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key, const void *object);
