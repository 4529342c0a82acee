/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/strv.h"
#include "config/config-error.h"
#include "config/suite-config.h"

JobDefaults *job_defaults_free(JobDefaults *defaults) {
        if (!defaults)
                return NULL;
        config_file_free(defaults->file);
        free(defaults);
        return NULL;
}

SuiteConfig *suite_config_free(SuiteConfig *config) {
        if (!config)
                return NULL;
        job_defaults_free(config->defaults);
        strv_free(config->kafka_properties);
        free(config->bootstrap_servers);
        free(config->jobs_folder);
        free(config->path);
        free(config);
        return NULL;
}

int job_defaults_set(const JobDefaults *defaults, ConfigTarget *target, ConfigError *error) {
        static const char *const sink[] = {"sink", NULL};

        if (target->table == &config_job_table && defaults->group)
                return config_target_set(target, defaults->file, defaults->group, "", CONFIG_DEFAULT, sink,
                                         error);
        if (target->table == &config_sink_table && defaults->sink)
                return config_target_set(target, defaults->file, defaults->sink, "sink", CONFIG_DEFAULT,
                                         NULL, error);
        return 0;
}

/* NULL in *ret if the group has no such member. */
static int find_group(const ConfigFile *file, const config_setting_t *parent, const char *name,
                      const config_setting_t **ret, ConfigError *error) {
        const config_setting_t *group = parent ? config_setting_get_member(parent, name) : NULL;

        if (group && !config_setting_is_group(group))
                return config_file_error(file, config_file_value_token(group), error,
                                         "%s is a group; write %s : { ... };", name, name);
        *ret = group;
        return 0;
}

/* A mistake in the defaults is one of the suite's file, whether or not there is a job. */
static int check_defaults(const JobDefaults *defaults, ConfigError *error) {
        JobConfig job = {};
        _cleanup_(sink_config_done) SinkConfig sink = {};
        ConfigTarget job_target = {.table = &config_job_table, .object = &job};
        ConfigTarget sink_target = {.table = &config_sink_table, .object = &sink};
        int r;

        r = config_target_set_defaults(&job_target, error);
        if (r == 0)
                r = job_defaults_set(defaults, &job_target, error);
        if (r == 0 && defaults->group)
                r = config_target_check_order(&job_target, defaults->file, defaults->group, error);
        if (r == 0)
                r = job_defaults_set(defaults, &sink_target, error);
        return r;
}

static int load_defaults(ConfigFile *file, JobDefaults *defaults, ConfigError *error) {
        int r;

        r = find_group(file, config_root_setting(&file->config), "defaults", &defaults->group, error);
        if (r < 0)
                return r;
        r = find_group(file, defaults->group, "sink", &defaults->sink, error);
        if (r < 0)
                return r;
        return check_defaults(defaults, error);
}

/* The folder beside the file: /etc/streametl.d for /etc/streametl.conf. */
static char *jobs_folder_of(const char *path) {
        size_t size = strlen(path);
        char *folder;

        if (size > 5 && strcmp(path + size - 5, ".conf") == 0)
                size -= 5;
        return asprintf(&folder, "%.*s.d", (int)size, path) < 0 ? NULL : folder;
}

static int add_bootstrap_servers(SuiteConfig *suite) {
        _cleanup_free_ char *property = NULL;
        _cleanup_strv_ char **all = NULL;
        int r;

        if (asprintf(&property, "bootstrap.servers=%s", suite->bootstrap_servers) < 0) {
                property = NULL;
                return -ENOMEM;
        }
        r = strv_extend(&all, property);
        if (r < 0)
                return r;
        r = strv_extend_all(&all, suite->kafka_properties);
        if (r < 0)
                return r;
        strv_free(suite->kafka_properties);
        suite->kafka_properties = TAKE_PTR(all);
        return 0;
}

int suite_config_load(const char *path, SuiteConfig **ret, ConfigError *error) {
        static const char *const defaults[] = {"defaults", NULL};
        _cleanup_(suite_config_freep) SuiteConfig *suite = new0(SuiteConfig, 1);
        ConfigTarget target = {.table = &config_suite_table, .object = suite};
        ConfigFile *file;
        int r;

        if (!suite)
                return -ENOMEM;
        suite->defaults = new0(JobDefaults, 1);
        suite->path = strdup(path);
        suite->jobs_folder = jobs_folder_of(path);
        if (!suite->defaults || !suite->path || !suite->jobs_folder)
                return -ENOMEM;

        r = config_file_read(path, &suite->defaults->file, error);
        if (r == -ENOENT)
                r = config_file_parse(path, "", &suite->defaults->file, error);
        if (r < 0)
                return r;
        file = suite->defaults->file;
        r = config_target_set_defaults(&target, error);
        if (r < 0)
                return r;
        r = config_target_set(&target, file, config_root_setting(&file->config), "", CONFIG_SUITE, defaults,
                              error);
        if (r < 0)
                return r;
        r = load_defaults(file, suite->defaults, error);
        if (r < 0)
                return r;
        r = add_bootstrap_servers(suite);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(suite);
        return 0;
}
