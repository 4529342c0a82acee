/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What changes something. Each is idempotent and says what is then so; what takes a while (a stop, a start)
 * is only begun: 202. */

#include <stdio.h>

#include "api-json.h"
#include "api.h"
#include "base/log.h"
#include "http-error.h"
#include "http-peer.h"
#include "job.h"
#include "wire/control.h"

enum { WORKERS_MAX = 256 }; /* of workers.max in config-table.c */

static void log_change(const Request *request, const char *what) {
        char text[160];

        (void)snprintf(text, sizeof(text), "job %s: %s", request->job->name, what);
        http_log_change(request, text);
}

static void set_paused(Request *request, bool paused) {
        Job *job = request->job;
        int r;

        log_change(request, paused ? "pause" : "resume");
        r = job_set_paused(job, paused);
        if (r < 0)
                log_warning_errno(r, "Cannot remember over a restart that job %s is %s: %m", job->name,
                                  paused ? "paused" : "resumed");
        request_answer(request, api_job(job));
}

void api_pause(Request *request) {
        set_paused(request, true);
}

void api_resume(Request *request) {
        set_paused(request, false);
}

/* Whether systemd can be asked, and the job may run at all. */
static bool check_startable(Request *request) {
        const Job *job = request->job;
        const char *problem = units_problem(job->manager->units);

        if (!units_may_act(job->manager->units))
                request_fail(request, MHD_HTTP_CONFLICT, "nothing can be asked of systemd now: %s",
                             problem ?: "the coordinator itself is being started or stopped");
        else if (!job->config)
                request_fail(request, MHD_HTTP_CONFLICT,
                             "the file of job \"%s\" is gone: it cannot be started", job->name);
        else if (!job->config->enabled)
                request_fail(request, MHD_HTTP_CONFLICT,
                             "%s says enabled = false; remove that, then \"etlctl reload\"",
                             job->config->path);
        else if (job->masked)
                request_fail(request, MHD_HTTP_CONFLICT,
                             "the unit is masked; \"systemctl unmask etl-job@%s.service\"", job->name);
        return !request->response;
}

static void change_unit(Request *request, const char *what, void (*change)(Job *job)) {
        log_change(request, what);
        change(request->job);
        request_answer_status(request, MHD_HTTP_ACCEPTED, api_job(request->job));
}

void api_drain(Request *request) {
        change_unit(request, "drain", job_drain);
}

void api_start(Request *request) {
        if (check_startable(request))
                change_unit(request, "start", job_start);
}

void api_restart(Request *request) {
        if (check_startable(request))
                change_unit(request, "restart", job_restart);
}

/* Answers and returns false if the body has a member that is not among the names. */
static bool check_members(Request *request, const char *first, const char *second) {
        json_object_object_foreach(request->arguments, key, value) {
                (void)value;
                if (strcmp(key, first) == 0 || (second && strcmp(key, second) == 0))
                        continue;
                request_fail(request, MHD_HTTP_BAD_REQUEST, "the body has \"%.40s\", and takes %s%s%s", key,
                             first, second ? " and " : "", second ?: "");
                return false;
        }
        return true;
}

void api_reset(Request *request) {
        Job *job = request->job;
        json_object *confirm = json_object_object_get(request->arguments, "confirm");

        if (!check_members(request, "confirm", NULL))
                return;
        if (!json_object_is_type(confirm, json_type_string) ||
            strcmp(json_object_get_string(confirm), job->name) != 0) {
                request_fail(
                        request, MHD_HTTP_BAD_REQUEST,
                        "a reset drops the job's state for good; to confirm it, send {\"confirm\": \"%s\"}",
                        job->name);
                return;
        }
        if (job->unit.state != UNIT_ACTIVE || job_tell(job, CONTROL_RESET) < 0) {
                request_fail(request, MHD_HTTP_CONFLICT,
                             "the job does not run; then \"etlctl reset %s\" drops its state", job->name);
                return;
        }
        log_change(request, "reset");
        request_answer_status(request, MHD_HTTP_ACCEPTED, api_job(job));
}

/* A limit that the body sets, or leaves as it is. Returns false if the request is answered. */
static bool take_limit(Request *request, const char *key, unsigned least, unsigned *limit) {
        json_object *value;
        int64_t number;

        if (!json_object_object_get_ex(request->arguments, key, &value))
                return true;
        if (!value) {
                *limit = WORKER_LIMIT_NONE;
                return true;
        }
        number = json_object_get_int64(value);
        if (!json_object_is_type(value, json_type_int) || number < least || number > WORKERS_MAX) {
                request_fail(request, MHD_HTTP_BAD_REQUEST,
                             "%s takes an integer from %u to %d, or null for what the job's file says", key,
                             least, WORKERS_MAX);
                return false;
        }
        *limit = (unsigned)number;
        return true;
}

static bool check_limits(Request *request, WorkerLimits set) {
        const WorkersConfig *config = &request->job->config->workers;
        unsigned min = set.min == WORKER_LIMIT_NONE ? config->min : set.min;
        unsigned max = set.max == WORKER_LIMIT_NONE ? config->max : set.max;

        if (min > max)
                request_fail(request, MHD_HTTP_BAD_REQUEST, "min would be %u and max %u", min, max);
        return min <= max;
}

static void set_limits(Request *request, WorkerLimits limits) {
        Job *job = request->job;
        int r;

        r = admin_will_set_limits(job->manager->will, job->name, limits);
        if (r < 0)
                log_warning_errno(r, "Cannot remember over a restart how many workers job %s may have: %m",
                                  job->name);
        r = job_set_limits(job, &job->config->workers);
        if (r < 0)
                log_warning_errno(r, "Job %s: cannot change the number of workers: %m", job->name);
        job_act(job);
}

void api_scale(Request *request) {
        Job *job = request->job;
        WorkerLimits limits = admin_will_limits(job->manager->will, job->name);
        char text[96];

        if (!job->config) {
                request_fail(request, MHD_HTTP_CONFLICT, "the file of job \"%s\" is gone", job->name);
                return;
        }
        if (!check_members(request, "min", "max") || !take_limit(request, "min", 0, &limits.min) ||
            !take_limit(request, "max", 1, &limits.max) || !check_limits(request, limits))
                return;
        set_limits(request, limits);
        limits = job_limits(job, &job->config->workers);
        (void)snprintf(text, sizeof(text), "%u to %u workers", limits.min, limits.max);
        log_change(request, text);
        request_answer(request, api_job(job));
}

static void refuse_config(Request *request, int r, const ConfigError *error) {
        json_object *members = json_object_new_object();

        if (r != -EINVAL) {
                json_object_put(members);
                request_fail(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "the configuration cannot be read: %s",
                             strerror(-r));
                return;
        }
        json_add_text(members, "file", error->file);
        json_add(members, "line", error->line > 0 ? json_object_new_uint64(error->line) : NULL);
        json_add(members, "column", error->column > 0 ? json_object_new_uint64(error->column) : NULL);
        request_fail_with(request, MHD_HTTP_UNPROCESSABLE_CONTENT, members, error->message);
}

void api_reload(Request *request) {
        _cleanup_config_error_ ConfigError error = {};
        int r;

        http_log_change(request, "reload");
        r = manager_reload(request->manager, &error);
        if (r < 0) {
                refuse_config(request, r, &error);
                return;
        }
        manager_reload_jobs(request->manager);
        request_answer(request, api_jobs(request->manager));
}
