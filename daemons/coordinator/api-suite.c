/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include "api-json.h"
#include "api.h"
#include "base/process.h"
#include "http-files.h"
#include "job.h"

json_object *api_jobs(const Manager *manager) {
        json_object *object = json_object_new_object(), *jobs = json_object_new_array();

        for (size_t i = 0; i < manager->n_jobs; i++)
                json_object_array_add(jobs, api_job_summary(manager->jobs[i]));
        json_add(object, "jobs", jobs);
        return object;
}

static json_object *problems(const Manager *manager) {
        json_object *array = json_object_new_array();
        char *text;

        for (size_t n = 0; (text = manager_problem(manager, n)); n++) {
                json_object_array_add(array, json_object_new_string(text));
                free(text);
        }
        return array;
}

json_object *api_status(const Manager *manager) {
        json_object *object = api_jobs(manager);
        usec_t uptime_usec = monotonic_usec() - manager->started_usec;
        ManagerTotals totals;

        manager_count(manager, &totals);
        json_add_text(object, "version", PACKAGE_VERSION);
        json_add_usec(object, "started_usec", manager->started_realtime_usec);
        json_add_usec(object, "uptime_usec", uptime_usec);
        json_add_count(object, "pid", (uint64_t)getpid());
        json_add_usec(object, "cpu_usec", process_cpu_usec());
        json_add_count(object, "rss_bytes", process_rss_bytes());
        json_add_count(object, "jobs_enabled", totals.jobs);
        json_add_count(object, "jobs_running", totals.jobs_running);
        json_add_count(object, "workers_running", totals.workers_running);
        json_add_count(object, "workers_wanted", totals.workers_wanted);
        json_add_rate(object, "arrival_per_sec", totals.arrival_per_sec);
        json_add_rate(object, "processed_per_sec", totals.records_per_sec);
        json_add_count(object, "backlog", totals.lag_records);
        json_add(object, "problems", problems(manager));
        return object;
}

void api_get_status(Request *request) {
        request_answer(request, api_status(request->manager));
}

void api_get_jobs(Request *request) {
        request_answer(request, api_jobs(request->manager));
}

void api_get_openapi(Request *request) {
        http_files_answer(request);
}

bool api_get_page(Request *request, Page *ret) {
        *ret = (Page){.limit = 100, .has_since = request_query(request, "since")};
        return request_query_number(request, "limit", 1, 1000, &ret->limit) &&
               request_query_number(request, "since", 0, INT64_MAX, &ret->since);
}
