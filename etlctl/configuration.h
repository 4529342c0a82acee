/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config.h"

/* Prints what is wrong with a configuration to standard error. path: of the file, if error says nothing of
 * it. Returns code. */
int complain(const ConfigError *error, const char *path, int code);

/* A job's file by its name, or by its path if that has a / or a dot in it. Prints what is wrong; returns 0
 * or a negative errno. */
int load_suite(const char *path, SuiteConfig **ret);
int load_job(const SuiteConfig *suite, const char *name_or_path, JobConfig **ret);
