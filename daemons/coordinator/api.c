/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include "api.h"
#include "job.h"

static void add(json_object *object, const char *key, json_object *value) {
        (void)json_object_object_add(object, key, value);
}

static void add_text(json_object *object, const char *key, const char *text) {
        add(object, key, text && *text ? json_object_new_string(text) : NULL);
}

static void add_count(json_object *object, const char *key, uint64_t count) {
        add(object, key, json_object_new_uint64(count));
}

static void add_rate(json_object *object, const char *key, double per_sec) {
        add(object, key, json_object_new_double((double)(int64_t)(per_sec * 10 + 0.5) / 10));
}

static void add_flag(json_object *object, const char *key, bool flag) {
        add(object, key, json_object_new_boolean(flag));
}

/* Members of the job's own report, as they are. */
static void add_reported(json_object *object, const Job *job, const char *const *keys) {
        for (; *keys; keys++)
                add(object, *keys, json_object_get(job_load_member(&job->load, *keys)));
}

/* One word for what the job is doing. */
static const char *job_state(const Job *job) {
        const char *reported = job_load_text(&job->load, "state");

        if (job->unit.state == UNIT_ACTIVE && job_has_report(job, monotonic_usec()) && *reported)
                return reported;
        if (!job->config)
                return "removed";
        if (unit_is_down(&job->unit) && !job->config->enabled)
                return "disabled";
        if (unit_is_down(&job->unit) && (job->masked || job_is_stopped_by_admin(job)))
                return "stopped";
        return unit_state_to_text(job->unit.state);
}

static json_object *job_summary(const Job *job) {
        static const char *const reported[] = {
                "watermark_usec", "epoch",     "groups",  "state_bytes", "late",
                "future",         "removed",   "bad",     "pid",         "cpu_usec",
                "rss_bytes",      "processed", "arrived", NULL};
        json_object *object = json_object_new_object();

        add_text(object, "name", job->name);
        add_text(object, "state", job_state(job));
        add_text(object, "why", job_load_text(&job->load, "why"));
        add_text(object, "unit_state", unit_state_to_text(job->unit.state));
        add_flag(object, "paused", job_is_paused(job));
        add_flag(object, "stopped", job_is_stopped_by_admin(job));
        add_rate(object, "arrival_per_sec", rate_meter_per_sec(&job->arrived));
        add_rate(object, "processed_per_sec", rate_meter_per_sec(&job->processed));
        add_count(object, "backlog", job->load.sample.backlog_records);
        add_count(object, "workers_wanted", job_count_held(job));
        add_count(object, "workers_running", job_count_workers(job, UNIT_ACTIVE));
        add_count(object, "workers_min", job->config ? job->config->workers.min : 0);
        add_count(object, "workers_max", job->config ? job->config->workers.max : 0);
        add_reported(object, job, reported);
        return object;
}

json_object *api_jobs(const Manager *manager) {
        json_object *object = json_object_new_object(), *jobs = json_object_new_array();

        for (size_t i = 0; i < manager->n_jobs; i++)
                json_object_array_add(jobs, job_summary(manager->jobs[i]));
        add(object, "jobs", jobs);
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
        ManagerTotals totals;

        manager_count(manager, &totals);
        add_text(object, "version", PACKAGE_VERSION);
        add_count(object, "uptime_usec", monotonic_usec() - manager->started_usec);
        add_count(object, "jobs_enabled", totals.jobs);
        add_count(object, "jobs_running", totals.jobs_running);
        add_count(object, "workers_running", totals.workers_running);
        add_count(object, "workers_wanted", totals.workers_wanted);
        add_rate(object, "processed_per_sec", totals.records_per_sec);
        add_count(object, "backlog", totals.lag_records);
        add(object, "problems", problems(manager));
        return object;
}

json_object *api_job(const Job *job) {
        static const char *const reported[] = {"uptime_usec", "generation", "measured",
                                               "busy_usec",   "partitions", NULL};
        json_object *object = job_summary(job);

        add_reported(object, job, reported);
        add_text(object, "outlook", job->outlook.reason);
        return object;
}

static json_object *worker_object(const Job *job, const Worker *worker) {
        static const char *const reported[] = {"pid",      "since_usec", "records", "busy_usec",
                                               "cpu_usec", "rss_bytes",  "leases"};
        json_object *object = json_object_new_object();
        json_object *report =
                unit_is_down(&worker->unit) ? NULL : job_load_worker(&job->load, worker->unit.name.worker);

        add_text(object, "job", job->name);
        add_count(object, "number", worker->unit.name.worker);
        add_text(object, "state", unit_state_to_text(worker->unit.state));
        add_flag(object, "wanted", worker->held);
        add_count(object, "failures", worker->failures);
        for (size_t i = 0; i < ELEMENTSOF(reported); i++)
                add(object, reported[i],
                    report ? json_object_get(json_object_object_get(report, reported[i])) : NULL);
        return object;
}

/* Slots that are neither wanted nor running are history. */
static void add_workers(json_object *array, const Job *job) {
        for (size_t i = 0; i < job->n_workers; i++)
                if (job->workers[i]->held || !unit_is_down(&job->workers[i]->unit))
                        json_object_array_add(array, worker_object(job, job->workers[i]));
}

json_object *api_workers(const Manager *manager, const Job *job) {
        json_object *object = json_object_new_object(), *workers = json_object_new_array();

        for (size_t i = 0; i < manager->n_jobs; i++)
                if (!job || manager->jobs[i] == job)
                        add_workers(workers, manager->jobs[i]);
        add(object, "workers", workers);
        return object;
}

static json_object *decision_object(const Job *job, const Decision *decision) {
        const ScalingDecision *scaling = &decision->scaling;
        json_object *object = json_object_new_object();

        add_text(object, "job", job->name);
        add_count(object, "id", decision->id);
        add_count(object, "at_usec", decision->realtime_usec);
        add_count(object, "workers_now", scaling->workers_now);
        add_count(object, "workers_wanted", scaling->workers_wanted);
        add_text(object, "reason", scaling->reason);
        add_rate(object, "arrival_per_sec", scaling->arrival_per_sec);
        add_rate(object, "rate_per_worker_per_sec", scaling->rate_per_worker_per_sec);
        add_count(object, "backlog", scaling->backlog_records);
        add_count(object, "backlog_for_usec", scaling->backlog_for_usec);
        add(object, "ready_after_usec",
            decision->ready_after_usec == USEC_INFINITY
                    ? NULL
                    : json_object_new_uint64(decision->ready_after_usec));
        return object;
}

/* By time; decisions of one job come in their order. */
static int compare_decisions(const void *a, const void *b) {
        uint64_t x = json_object_get_uint64(json_object_object_get(*(json_object *const *)a, "at_usec"));
        uint64_t y = json_object_get_uint64(json_object_object_get(*(json_object *const *)b, "at_usec"));

        return x < y ? -1 : x > y;
}

json_object *api_decisions(const Manager *manager, const Job *job) {
        json_object *object = json_object_new_object(), *decisions = json_object_new_array();

        for (size_t i = 0; i < manager->n_jobs; i++) {
                const Decision *decision = NULL;

                if (job && manager->jobs[i] != job)
                        continue;
                while ((decision =
                                decisions_after(manager->jobs[i]->decisions, decision ? decision->id : 0)))
                        json_object_array_add(decisions, decision_object(manager->jobs[i], decision));
        }
        json_object_array_sort(decisions, compare_decisions);
        add(object, "decisions", decisions);
        return object;
}

json_object *api_results(const Job *job) {
        json_object *object = json_object_new_object();

        add_text(object, "job", job->name);
        add(object, "last_epoch", json_object_get(job->results));
        return object;
}
