/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config/config-target.h"
#include "config/suite-config.h"
#include "configuration.h"
#include "simulate.h"

/* Options are settings of a job's file, so they are read, checked and refused as these are. */
static int settings_text(const Options *options, char **ret) {
        static const struct {
                OptionId option;
                const char *key;
                bool text;
        } settings[] = {
                {OPTION_MIN, "min", false},
                {OPTION_MAX, "max", false},
                {OPTION_BACKLOG_TIMEOUT, "backlog_timeout", true},
                {OPTION_IDLE_TIMEOUT, "idle_timeout", true},
                {OPTION_CATCH_UP_TIME, "catch_up_time", true},
                {OPTION_TARGET_UTILISATION, "target_utilisation", false},
                {OPTION_RATE_LIMIT, "rate_limit", false},
        };
        _cleanup_buffer_ Buffer buffer = {};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(settings); i++) {
                const char *value = options->values[settings[i].option];

                if (!option_is_given(options, settings[i].option))
                        continue;
                if (*value == '\0' ||
                    value[strspn(value, settings[i].text ? "0123456789. abcdefghijklmnopqrstuvwxyz"
                                                         : "0123456789.")]) {
                        fprintf(stderr, "etlctl: %s: \"%s\" is no %s\n", option_name(settings[i].option),
                                value, settings[i].text ? "duration" : "number");
                        return -EINVAL;
                }
                r = buffer_append_format(&buffer, settings[i].text ? "%s = \"%s\"; " : "%s = %s; ",
                                         settings[i].key, value);
        }
        if (r < 0)
                return r;
        return asprintf(ret, "workers : { %.*s};", (int)buffer.size, (const char *)buffer.data) < 0 ? -ENOMEM
                                                                                                    : 0;
}

/* Over the values that *config has. */
static int apply_options(const Options *options, JobConfig *config) {
        ConfigTarget target = {.table = &config_job_table, .object = config};
        _cleanup_(config_file_freep) ConfigFile *file = NULL;
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *text = NULL;
        const config_setting_t *root;
        int r;

        r = settings_text(options, &text);
        if (r < 0)
                return r;
        r = config_file_parse("options", text, &file, &error);
        if (r >= 0) {
                root = config_root_setting(&file->config);
                r = config_target_set(&target, file, root, "", CONFIG_JOB, NULL, &error);
                if (r >= 0)
                        r = config_target_check_order(&target, file, root, &error);
        }
        if (r == -EINVAL)
                fprintf(stderr, "etlctl: %s\n", error.message);
        return r;
}

int simulate_settings(const Call *call, JobConfig **ret) {
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_config_error_ ConfigError error = {};
        int r;

        r = load_suite(call->options->values[OPTION_CONFIG], &suite);
        if (r < 0)
                return r;
        if (option_is_given(call->options, OPTION_JOB))
                r = load_job(suite, call->options->values[OPTION_JOB], &config);
        else {
                ConfigTarget target = {.table = &config_job_table};

                config = target.object = new0(JobConfig, 1);
                r = config ? config_target_set_defaults(&target, &error) : -ENOMEM;
                if (r >= 0)
                        r = job_defaults_set(suite->defaults, &target, &error);
        }
        if (r >= 0)
                r = apply_options(call->options, config);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(config);
        return 0;
}
