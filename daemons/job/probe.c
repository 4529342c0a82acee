/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>

#include "credentials.h"
#include "probe.h"
#include "wire/control.h"

void probe_find(const char *check, ProbeStatus status, const char *mend, const char *format, ...) {
        static const char *const names[] = {
                [PROBE_OK] = "ok", [PROBE_WARNING] = "warning", [PROBE_PROBLEM] = "problem"};
        json_object *finding = json_object_new_object();
        char text[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        json_object_object_add(finding, "check", json_object_new_string(check));
        json_object_object_add(finding, "status", json_object_new_string(names[status]));
        json_object_object_add(finding, "text", json_object_new_string(text));
        json_object_object_add(finding, "mend", mend ? json_object_new_string(mend) : NULL);
        puts(json_object_to_json_string_ext(finding, JSON_C_TO_STRING_PLAIN));
        json_object_put(finding);
}

static int load(const char *job, const char *suite_path, JobConfig **ret, JobPlan **ret_plan) {
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *path = NULL, *text = NULL, *mend = NULL;
        int r;

        r = suite_config_load(suite_path, &suite, &error);
        if (r >= 0 && asprintf(&path, "%s/%s.conf", suite->jobs_folder, job) < 0) {
                path = NULL;
                r = -ENOMEM;
        }
        if (r >= 0)
                r = job_config_load(suite, path, &config, &error);
        if (r >= 0)
                r = credentials_insert(config, &error);
        if (r >= 0)
                r = job_plan_from_config(config, ret_plan, &error);
        if (r >= 0) {
                *ret = TAKE_PTR(config);
                return 0;
        }
        text = r == -EINVAL ? config_error_text(&error) : NULL;
        if (!path || asprintf(&mend, "${EDITOR:-vi} %s && etlctl doctor %s", path, job) < 0)
                mend = NULL;
        probe_find("configuration", PROBE_PROBLEM, mend ?: "etlctl check", "%s%s%s", text ? "" : path ?: suite_path,
                   text ? "" : ": ", text ?: strerror(-r));
        return r;
}

static int look(const char *job, const char *suite_path, const char *state_folder) {
        static void (*const probes[])(Probe *probe) = {
                probe_broker, probe_topics, probe_records, probe_sinks, probe_state,
        };
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        Probe probe = {.job = job, .suite_path = suite_path, .state_folder = state_folder};
        int r;

        r = load(job, suite_path, &config, &plan);
        if (r < 0)
                return r;
        probe.config = config;
        probe.plan = plan;
        for (size_t i = 0; i < ELEMENTSOF(probes); i++)
                probes[i](&probe);
        free(probe.topics);
        if (probe.metadata)
                rd_kafka_metadata_destroy(probe.metadata);
        if (probe.client)
                rd_kafka_destroy(probe.client);
        return 0;
}

int probe_job(const char *job, const char *suite_path, const char *state_folder) {
        int r = look(job, suite_path, state_folder);

        puts(PROBE_END);
        return fflush(stdout) == EOF ? -errno : r;
}
