/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "check.h"
#include <stdio.h>

#include "base/strv.h"
#include "plan/job-plan.h"

/* Prints it. Returns -EINVAL. */
static int complain(const ConfigError *error, const char *path, int code) {
        _cleanup_free_ char *text = code == -EINVAL ? config_error_text(error) : NULL;

        if (text)
                fprintf(stderr, "%s\n", text);
        else
                fprintf(stderr, "%s: %s\n", path, strerror(-code));
        return -EINVAL;
}

static int check_job(const SuiteConfig *suite, const char *path) {
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        _cleanup_config_error_ ConfigError error = {};
        int r;

        r = job_config_load(suite, path, &config, &error);
        if (r >= 0)
                r = job_plan_from_config(config, &plan, &error);
        return r < 0 ? complain(&error, path, r) : 0;
}

static int check_all_jobs(const SuiteConfig *suite) {
        _cleanup_strv_ char **names = NULL;
        _cleanup_config_error_ ConfigError error = {};
        int r, result = 0;

        r = job_config_list(suite->jobs_folder, &names, &error);
        if (r < 0)
                return complain(&error, suite->jobs_folder, r);
        for (size_t i = 0; names && names[i]; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s.conf", suite->jobs_folder, names[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = check_job(suite, path);
                if (r < 0)
                        result = r;
        }
        return result;
}

int check_configuration(const char *suite_path, const char *job_path) {
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        _cleanup_config_error_ ConfigError error = {};
        int r;

        r = suite_config_load(suite_path, &suite, &error);
        if (r < 0)
                return complain(&error, suite_path, r);
        return job_path ? check_job(suite, job_path) : check_all_jobs(suite);
}
