/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "base/strv.h"
#include "http-events.h"
#include "http-files.h"
#include "job.h"
#include "plan/job-plan.h"
#include "wire/control.h"

/* All that the files say, read and checked before any of it takes effect. */
typedef struct NewConfig {
        SuiteConfig *suite;
        char **names;
        JobConfig **jobs; /* as many as names */
        JobPlan **plans;  /* likewise */
} NewConfig;

static void new_config_done(NewConfig *new_config) {
        for (size_t i = 0; new_config->jobs && new_config->names[i]; i++)
                job_config_free(new_config->jobs[i]);
        for (size_t i = 0; new_config->plans && new_config->names[i]; i++)
                job_plan_free(new_config->plans[i]);
        free(new_config->jobs);
        free(new_config->plans);
        strv_free(new_config->names);
        suite_config_free(new_config->suite);
}

/* The query, too: a job that cannot run must fail here, where the admin looks. */
static int read_job(NewConfig *new_config, size_t index, ConfigError *error) {
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s/%s.conf", new_config->suite->jobs_folder, new_config->names[index]) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = job_config_load(new_config->suite, path, &new_config->jobs[index], error);
        return r < 0 ? r : job_plan_from_config(new_config->jobs[index], &new_config->plans[index], error);
}

static int read_all(const char *path, NewConfig *ret, ConfigError *error) {
        int r;

        r = suite_config_load(path, &ret->suite, error);
        if (r >= 0)
                r = job_config_list(ret->suite->jobs_folder, &ret->names, error);
        if (r < 0)
                return r;
        ret->jobs = new0(JobConfig *, strv_length(ret->names) + 1);
        ret->plans = new0(JobPlan *, strv_length(ret->names) + 1);
        if (!ret->jobs || !ret->plans)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && ret->names && ret->names[i]; i++)
                r = read_job(ret, i, error);
        return r;
}

static bool has_name(char *const *names, const char *name) {
        for (; names && *names; names++)
                if (strcmp(*names, name) == 0)
                        return true;
        return false;
}

static int apply_job(Manager *manager, const char *name, JobConfig *config, JobPlan *plan) {
        Job *job = manager_find_job(manager, name);
        int r;

        if (!job) {
                r = manager_add_job(manager, name, &job);
                if (r < 0)
                        return r;
        }
        return job_set_config(job, config, plan);
}

static int apply(Manager *manager, NewConfig *new_config) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < manager->n_jobs; i++)
                if (!has_name(new_config->names, manager->jobs[i]->name))
                        r = job_set_config(manager->jobs[i], NULL, NULL);
        for (size_t i = 0; r >= 0 && new_config->names && new_config->names[i]; i++)
                r = apply_job(manager, new_config->names[i], TAKE_PTR(new_config->jobs[i]),
                              TAKE_PTR(new_config->plans[i]));
        suite_config_free(manager->suite);
        manager->suite = TAKE_PTR(new_config->suite);
        for (size_t i = 0; i < manager->n_jobs; i++)
                job_act(manager->jobs[i]);
        return r;
}

/* *ret_why: one sentence, if the result is negative. */
static int load(Manager *manager, ConfigError *error, char **ret_why) {
        _cleanup_(new_config_done) NewConfig new_config = {};
        int r;

        r = read_all(manager->config_path, &new_config, error);
        if (r >= 0)
                r = apply(manager, &new_config);
        if (r < 0)
                *ret_why = r == -EINVAL ? config_error_text(error) : strdup(strerror(-r));
        return r;
}

int manager_load_config(Manager *manager) {
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *why = NULL;
        int r;

        r = load(manager, &error, &why);
        if (r >= 0)
                return 0;
        manager_send_last_status(why ?: "Out of memory");
        return log_message(LOG_ERR, MESSAGE_CONFIG_BROKEN, r, "%s", why ?: "Out of memory");
}

int manager_reload(Manager *manager, ConfigError *error) {
        int r;

        free(TAKE_PTR(manager->reload_failed));
        r = load(manager, error, &manager->reload_failed);
        if (r < 0)
                return log_message(LOG_ERR, MESSAGE_RELOAD_REFUSED, r,
                                   "The old configuration stays in force: %s",
                                   manager->reload_failed ?: "out of memory");
        http_files_load(manager->files);
        http_events_changed(manager);
        log_message(LOG_INFO, MESSAGE_CONFIG_TAKEN, 0, "Configuration read again: %zu job%s",
                    manager->n_jobs, manager->n_jobs == 1 ? "" : "s");
        return 0;
}

void manager_reload_jobs(Manager *manager) {
        for (size_t i = 0; i < manager->n_jobs; i++)
                (void)job_tell(manager->jobs[i],
                               CONTROL_RELOAD); /* one that does not run reads them anyway */
}
