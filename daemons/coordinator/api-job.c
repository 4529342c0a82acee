/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api-json.h"
#include "api.h"
#include "base/strv.h"
#include "http-error.h"
#include "job.h"
#include "plan/plan-text.h"

/* Members of the job's own report, as they are. */
static void add_reported(json_object *object, const Job *job, const char *const *keys) {
        for (; *keys; keys++)
                json_add(object, *keys, json_object_get(job_load_member(&job->load, *keys)));
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

/* How many seconds of arrivals are unread: the backlog at the arrival rate of the last minute. */
static json_object *lag_usec(const Job *job) {
        static const size_t points = 60;
        double backlog = (double)job->load.sample.backlog_records,
               per_sec = history_arrival_per_sec(job->history, points);

        if (!job->load.report || !job->load.sample.measured || (backlog > 0 && per_sec <= 0))
                return NULL;
        return json_object_new_uint64(backlog > 0 ? (uint64_t)(backlog / per_sec * USEC_PER_SEC) : 0);
}

static void add_limits(json_object *object, const Job *job) {
        WorkerLimits set = admin_will_limits(job->manager->will, job->name), limits = {};

        if (job->config)
                limits = job_limits(job, &job->config->workers);
        json_add_count(object, "workers_min", limits.min);
        json_add_count(object, "workers_max", limits.max);
        json_add_flag(object, "limits_overridden",
                      set.min != WORKER_LIMIT_NONE || set.max != WORKER_LIMIT_NONE);
}

static void add_process(json_object *object, const Job *job) {
        static const char *const keys[] = {"pid", "cpu_usec", "rss_bytes", NULL};

        for (const char *const *key = keys; *key; key++)
                json_add(object, *key,
                         unit_is_down(&job->unit) ? NULL
                                                  : json_object_get(job_load_member(&job->load, *key)));
        json_add_count(object, "restarts", job->restarts);
}

/* What it waits for, or why it has failed. */
static const char *job_why(const Job *job) {
        return job->unit.state == UNIT_FAILED ? job->unit.last_status ?: ""
                                              : job_load_text(&job->load, "why");
}

json_object *api_job_summary(const Job *job) {
        static const char *const reported[] = {"watermark_usec",
                                               "epoch",
                                               "epoch_at_usec",
                                               "groups",
                                               "state_bytes",
                                               "store_bytes",
                                               "late",
                                               "future",
                                               "removed",
                                               "bad",
                                               "processed",
                                               "arrived",
                                               NULL};
        json_object *object = json_object_new_object();
        char unit[UNIT_NAME_MAX];

        json_add_text(object, "name", job->name);
        json_add_text(object, "state", job_state(job));
        json_add_text(object, "why", job_why(job));
        json_add_text(object, "reload_refused", job_reload_refused(job));
        json_add_text(object, "unit", unit_name_format(unit, &job->unit.name));
        json_add_text(object, "unit_state", unit_state_to_text(job->unit.state));
        json_add_flag(object, "paused", job_is_paused(job));
        json_add_flag(object, "stopped", job_is_stopped_by_admin(job));
        json_add_rate(object, "arrival_per_sec", rate_meter_per_sec(&job->arrived));
        json_add_rate(object, "processed_per_sec", rate_meter_per_sec(&job->processed));
        json_add_count(object, "backlog", job->load.sample.backlog_records);
        json_add(object, "lag_usec", lag_usec(job));
        json_add_count(object, "workers_wanted", job_count_held(job));
        json_add_count(object, "workers_running", job_count_workers(job, UNIT_ACTIVE));
        add_limits(object, job);
        add_reported(object, job, reported);
        add_process(object, job);
        return object;
}

json_object *api_job(const Job *job) {
        static const char *const reported[] = {"uptime_usec", "generation", "measured",       "busy_usec",
                                               "sinks",       "latency",    "epoch_duration", NULL};
        json_object *object = api_job_summary(job);

        add_reported(object, job, reported);
        json_add_text(object, "outlook", job->outlook.reason);
        json_add(object, "partitions", api_partitions(job));
        return object;
}

void api_get_job(Request *request) {
        request_answer(request, api_job(request->job));
}

static json_object *columns_object(const Query *query) {
        json_object *columns = json_object_new_array();

        for (size_t i = 0; i < query->n_outputs; i++) {
                json_object *column = json_object_new_object();

                json_add_text(column, "name", query->outputs[i].name);
                json_add_text(column, "type", value_type_name(expr_type(query->outputs[i].expr)));
                json_add_text(column, "role", query->outputs[i].is_key ? "key" : "value");
                json_object_array_add(columns, column);
        }
        return columns;
}

static json_object *plan_object(const JobPlan *plan, const JobConfig *config) {
        _cleanup_strv_ char **lines = NULL;
        json_object *array;

        if (plan_describe(plan, config, &lines) < 0)
                return NULL;
        array = json_object_new_array();
        for (char **line = lines; line && *line; line++)
                json_object_array_add(array, json_object_new_string(*line));
        return array;
}

static const char *output_name(OutputMode output) {
        static const char *const names[] = {
                [OUTPUT_UPDATE] = "update", [OUTPUT_APPEND] = "append", [OUTPUT_COMPLETE] = "complete"};

        return names[output];
}

void api_get_query(Request *request) {
        const JobConfig *config = request->job->config;
        const JobPlan *plan = request->job->plan;
        json_object *object;

        if (!config) {
                request_fail(request, MHD_HTTP_NOT_FOUND, "the file of job \"%s\" is gone",
                             request->job->name);
                return;
        }
        object = json_object_new_object();
        json_add_text(object, "job", request->job->name);
        json_add_text(object, "query", config->query_text);
        json_add(object, "plan", plan_object(plan, config));
        json_add(object, "columns", columns_object(plan->query));
        json_add_text(object, "event_time", config->source.event_time);
        json_add_usec(object, "watermark_delay_usec", config->source.watermark_usec);
        json_add_text(object, "output", output_name(config->output));
        json_add_usec(object, "trigger_usec", config->trigger_usec);
        request_answer(request, object);
}
