/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config.h"

/* Fills the error, whatever was in it, and returns -EINVAL (or -ENOMEM), so that callers can return it. line
 * or column 0: not known. */
int config_error_set(ConfigError *error, const char *file, unsigned line, unsigned column,
                     const char *format, ...) _printf_(5, 6);
