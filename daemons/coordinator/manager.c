/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "manager.h"
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "base/signals.h"
#include "http-events.h"
#include "http-files.h"
#include "job.h"
#include "questions.h"
#include "sampler.h"

/* Relative to the runtime directory that systemd gives; it outlives a restart. */
#define WILL_FILE "/admin.json"

static const usec_t upkeep_pause_usec = 200 * USEC_PER_MSEC;

/* The job or worker that a unit is part of. */
#define CONTAINER_OF(member_pointer, type, member)                                                          \
        ((type *)((char *)(member_pointer) - offsetof(type, member)))
static Job *job_of(Unit *unit) {
        return CONTAINER_OF(unit, Job, unit);
}

static Worker *worker_of(Unit *unit) {
        return CONTAINER_OF(unit, Worker, unit);
}

Job *manager_find_job(const Manager *manager, const char *name) {
        for (size_t i = 0; i < manager->n_jobs; i++)
                if (strcmp(manager->jobs[i]->name, name) == 0)
                        return manager->jobs[i];
        return NULL;
}

int manager_add_job(Manager *manager, const char *name, Job **ret) {
        Job **jobs, *job;
        size_t at = 0;
        int r;

        jobs = reallocarray(manager->jobs, manager->n_jobs + 1, sizeof(Job *));
        if (!jobs)
                return -ENOMEM;
        manager->jobs = jobs;
        r = job_new(manager, name, &job);
        if (r < 0)
                return r;
        while (at < manager->n_jobs && strcmp(jobs[at]->name, name) < 0)
                at++;
        memmove(jobs + at + 1, jobs + at, (manager->n_jobs - at) * sizeof(Job *));
        jobs[at] = job;
        manager->n_jobs++;
        *ret = job;
        return 0;
}

void manager_drop_gone_jobs(Manager *manager) {
        size_t kept = 0;

        for (size_t i = 0; i < manager->n_jobs; i++) {
                if (job_is_gone(manager->jobs[i]))
                        job_free(manager->jobs[i]);
                else
                        manager->jobs[kept++] = manager->jobs[i];
        }
        manager->n_jobs = kept;
}

static Unit *find_job_unit(Manager *manager, const char *name, bool create) {
        Job *job = manager_find_job(manager, name);

        if (!job && (!create || manager_add_job(manager, name, &job) < 0))
                return NULL;
        return &job->unit;
}

/* A worker that runs and was not known counts as one of those that are to run: a coordinator that was
 * restarted goes on with what there is. */
static Unit *find_worker_unit(Manager *manager, const UnitName *name, bool create) {
        Unit *unit = find_job_unit(manager, name->job, create);
        Worker *worker = unit ? job_find_worker(job_of(unit), name->worker) : NULL;

        if (!unit || worker)
                return worker ? &worker->unit : NULL;
        if (!create || job_add_worker(job_of(unit), name->worker, &worker) < 0)
                return NULL;
        worker->held = true;
        return &worker->unit;
}

static Unit *on_find(const UnitName *name, bool create, void *userdata) {
        return name->kind == UNIT_JOB ? find_job_unit(userdata, name->job, create)
                                      : find_worker_unit(userdata, name, create);
}

static void on_each(void (*visit)(Unit *unit), void *userdata) {
        Manager *manager = userdata;

        for (size_t i = 0; i < manager->n_jobs; i++) {
                Job *job = manager->jobs[i];

                visit(&job->unit);
                for (size_t k = 0; k < job->n_workers; k++)
                        visit(&job->workers[k]->unit);
        }
}

static void on_changed(Unit *unit, void *userdata) {
        if (unit->name.kind == UNIT_JOB)
                job_unit_changed(job_of(unit));
        else
                worker_unit_changed(worker_of(unit));
        if (userdata)
                http_events_changed(userdata);
}

static void on_request_ended(Unit *unit, UnitRequest request, RequestOutcome outcome, const char *why,
                             void *userdata) {
        manager_note_outcome(userdata, outcome, why);
        if (unit->name.kind == UNIT_JOB)
                job_unit_request_ended(job_of(unit), request, outcome, why);
        else
                worker_request_ended(worker_of(unit), request, outcome, why);
}

static void on_admin_acted(Unit *unit, AdminMeaning meaning, void *userdata) {
        if (unit->name.kind == UNIT_JOB)
                job_unit_admin_acted(job_of(unit), meaning);
        else
                worker_admin_acted(worker_of(unit), meaning);
}

static void tell_changed(Unit *unit) {
        on_changed(unit, NULL);
}

/* A list that was read is news to every job and worker. */
static void on_ready_changed(void *userdata) {
        Manager *manager = userdata;

        if (units_may_act(manager->units))
                on_each(tell_changed, manager);
        manager_changed(manager);
}

static void on_files_changed(void *userdata) {
        Manager *manager = userdata;

        for (size_t i = 0; i < manager->n_jobs; i++) {
                manager->jobs[i]->masked = false;
                job_act(manager->jobs[i]);
        }
}

static const UnitsHandler units_handler = {
        .find = on_find,
        .each = on_each,
        .changed = on_changed,
        .request_ended = on_request_ended,
        .admin_acted = on_admin_acted,
        .ready_changed = on_ready_changed,
        .files_changed = on_files_changed,
};

void manager_note_outcome(Manager *manager, RequestOutcome outcome, const char *why) {
        bool was_denied = manager->denied;

        if (outcome != OUTCOME_DENIED && outcome != OUTCOME_DONE)
                return;
        free(manager->denied);
        manager->denied = outcome == OUTCOME_DENIED ? strdup(why) : NULL;
        if (outcome == OUTCOME_DENIED && !was_denied)
                log_message(LOG_ERR, MESSAGE_UNITS_DENIED, 0,
                            "polkit does not let the coordinator start and stop units (%s); is its rule "
                            "installed?",
                            why);
        else if (outcome == OUTCOME_DONE && was_denied)
                log_message(LOG_NOTICE, MESSAGE_UNITS_ALLOWED, 0,
                            "polkit lets the coordinator start and stop units again");
        manager_changed(manager);
}

static int on_upkeep(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Manager *manager = userdata;

        manager_drop_gone_jobs(manager);
        manager_send_status(manager);
        return 0;
}

void manager_changed(Manager *manager) {
        if (sd_event_source_get_enabled(manager->upkeep, NULL) > 0)
                return;
        (void)sd_event_source_set_time_relative(manager->upkeep, upkeep_pause_usec);
        (void)sd_event_source_set_enabled(manager->upkeep, SD_EVENT_ONESHOT);
}

static int open_will(Manager *manager) {
        const char *folder = getenv("RUNTIME_DIRECTORY");
        _cleanup_free_ char *path = NULL;
        int r;

        if (folder && asprintf(&path, "%s" WILL_FILE, folder) < 0)
                return -ENOMEM;
        r = admin_will_new(path, &manager->will);
        if (r != -EBADMSG)
                return r;
        log_message(LOG_WARNING, MESSAGE_WILL_FORGOTTEN, 0,
                    "%s is damaged; what was paused or stopped by hand is forgotten", path);
        return admin_will_new(NULL, &manager->will);
}

int manager_new(const char *config_path, Manager **ret) {
        _cleanup_(manager_freep) Manager *manager = new0(Manager, 1);
        int r;

        if (!manager)
                return log_oom();
        manager->started_usec = monotonic_usec();
        manager->started_realtime_usec = realtime_usec();
        manager->config_path = strdup(config_path);
        r = manager->config_path ? sd_event_default(&manager->event) : -ENOMEM;
        if (r >= 0)
                r = sd_event_add_time_relative(manager->event, &manager->upkeep, CLOCK_MONOTONIC, 0,
                                               USEC_PER_MSEC, on_upkeep, manager);
        if (r >= 0)
                r = open_will(manager);
        if (r >= 0)
                r = http_files_new(&manager->files);
        if (r >= 0)
                r = questions_new(manager->event, &manager->questions);
        if (r >= 0)
                r = sampler_start(manager);
        if (r >= 0)
                r = units_new(manager->event, &units_handler, manager, &manager->units);
        if (r < 0)
                return log_error_errno(r, "Cannot start: %m");
        r = manager_load_config(manager);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(manager);
        return 0;
}

Manager *manager_free(Manager *manager) {
        if (!manager)
                return NULL;
        for (size_t i = 0; i < manager->n_servers; i++)
                http_server_free(manager->servers[i]);
        manager->n_servers = 0;
        free(manager->servers);
        questions_free(manager->questions);
        http_files_free(manager->files);
        history_free(manager->history);
        sd_event_source_disable_unref(manager->sampler);
        for (size_t i = 0; i < manager->n_jobs; i++)
                job_free(manager->jobs[i]);
        free(manager->jobs);
        units_free(manager->units);
        admin_will_free(manager->will);
        suite_config_free(manager->suite);
        sd_event_source_disable_unref(manager->upkeep);
        sd_event_unref(manager->event);
        free(manager->config_path);
        free(manager->status_sent);
        free(manager->denied);
        free(manager->reload_failed);
        free(manager);
        return NULL;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        (void)sd_notify(0, "STOPPING=1\nSTATUS=Stopping; jobs and workers are stopped by systemd");
        return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        _cleanup_config_error_ ConfigError error = {};

        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_usec());
        (void)manager_reload(userdata, &error);
        (void)sd_notify(0, "READY=1");
        return 0;
}

int manager_watch(Manager *manager) {
        return signals_watch(manager->event, on_stop, on_reload, manager);
}

/* Takes over the socket. */
static void listen_on(Manager *manager, int fd, const char *name) {
        bool is_api = strcmp(name, "api") == 0;
        HttpServer **servers;
        int r;

        if (!is_api && strcmp(name, "http") != 0) {
                log_warning("systemd passed a socket named \"%s\"; expected api or http", name);
                close(fd);
                return;
        }
        servers = reallocarray(manager->servers, manager->n_servers + 1, sizeof(HttpServer *));
        if (servers)
                manager->servers = servers;
        r = servers ? http_server_new(manager, fd, is_api ? HTTP_READ_WRITE : HTTP_READ_ONLY,
                                      &servers[manager->n_servers])
                    : -ENOMEM;
        if (r < 0) {
                log_warning_errno(r, "Cannot serve the %s socket: %m", name);
                return;
        }
        manager->n_servers++;
        if (is_api)
                manager->has_api = true;
        else
                manager->has_http = true;
}

void manager_listen(Manager *manager) {
        char **names = NULL;
        int n;

        n = sd_listen_fds_with_names(/* unset_environment= */ true, &names);
        if (n < 0)
                log_warning_errno(n, "Cannot take the sockets from systemd: %m");
        for (int i = 0; i < n; i++) {
                listen_on(manager, SD_LISTEN_FDS_START + i, names[i]);
                free(names[i]);
        }
        free(names);
        if (!manager->has_http)
                log_message(LOG_WARNING, MESSAGE_NO_WEB_PAGE, 0,
                            "There is no web page: its port is taken or its socket is not enabled; see "
                            "systemctl status etl-coordinator-http.socket");
}
