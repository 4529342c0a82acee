/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/strv.h"
#include "configuration.h"
#include "plan/job-plan.h"
#include "verbs.h"

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

/* The suite's configuration and every job's, or only that of the file that is given. Needs no coordinator.
 */
int run_check(const Call *call) {
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        int r;

        r = load_suite(call->options->values[OPTION_CONFIG], &suite);
        if (r < 0)
                return r;
        return call->job ? check_job(suite, call->job) : check_all_jobs(suite);
}
