/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config-file.h"
#include "config/config-target.h"

/* What the suite's file says under defaults stays a file: it is read into each job's struct before the job's
 * own, so that nothing must know how to copy a value. */
typedef struct JobDefaults {
        ConfigFile *file;
        const config_setting_t *group; /* weak; NULL: no such group */
        const config_setting_t *sink;  /* weak; defaults.sink */
} JobDefaults;

JobDefaults *job_defaults_free(JobDefaults *defaults);

/* Into the struct of the target, whose table is the job's or the sink's. */
int job_defaults_set(const JobDefaults *defaults, ConfigTarget *target, ConfigError *error);
