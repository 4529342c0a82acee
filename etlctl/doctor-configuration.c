/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/strv.h"
#include "doctor.h"
#include "plan/job-plan.h"

/* Are the files right. What is right is kept for the checks that follow. */

static void refuse(Doctor *doctor, const char *path, int code, const ConfigError *error) {
        _cleanup_free_ char *text = code == -EINVAL ? config_error_text(error) : NULL;
        char mend[MEND_MAX];

        mend_text(mend, "${EDITOR:-vi} %s && etlctl check", path);
        doctor_find(doctor, HEALTH_PROBLEM, "configuration", code == -EACCES ? "sudo etlctl doctor" : mend,
                    "%s%s%s", text ? "" : path, text ? "" : ": ", text ?: strerror(-code));
}

static JobConfig *load(Doctor *doctor, const char *name) {
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        _cleanup_config_error_ ConfigError error = {};
        char path[4096];
        int r;

        snprintf(path, sizeof(path), "%s/%s.conf", doctor->suite->jobs_folder, name);
        r = job_config_load(doctor->suite, path, &config, &error);
        if (r >= 0)
                r = job_plan_from_config(config, &plan, &error);
        if (r < 0) {
                refuse(doctor, path, r, &error);
                return NULL;
        }
        doctor_find(doctor, HEALTH_OK, "configuration", NULL, "%s is right%s", path,
                    config->enabled ? "" : "; the job is not enabled");
        return TAKE_PTR(config);
}

void check_suite_configuration(Doctor *doctor) {
        const char *path = doctor->call->options->values[OPTION_CONFIG];
        _cleanup_strv_ char **names = NULL;
        _cleanup_config_error_ ConfigError error = {};
        int r;

        r = suite_config_load(path, &doctor->suite, &error);
        if (r < 0) {
                refuse(doctor, path, r, &error);
                return;
        }
        doctor_find(doctor, HEALTH_OK, "configuration", NULL, "%s is right", path);
        r = job_config_list(doctor->suite->jobs_folder, &names, &error);
        if (r < 0) {
                refuse(doctor, doctor->suite->jobs_folder, r, &error);
                return;
        }
        doctor->jobs = new0(DoctorJob, strv_length(names) + 1);
        for (size_t i = 0; doctor->jobs && names && names[i]; i++) {
                if (doctor->call->job && strcmp(names[i], doctor->call->job) != 0)
                        continue;
                doctor->jobs[doctor->n_jobs++] =
                        (DoctorJob){.name = strdup(names[i]), .config = load(doctor, names[i])};
        }
        if (doctor->n_jobs == 0)
                doctor_find(doctor, doctor->call->job ? HEALTH_PROBLEM : HEALTH_WARNING, "configuration",
                            "man streametl-job  # EXAMPLES", "there is no job %s%sin %s",
                            doctor->call->job ?: "", doctor->call->job ? " " : "",
                            doctor->suite->jobs_folder);
}
