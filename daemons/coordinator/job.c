/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "job.h"
#include "base/log.h"
#include "http-events.h"
#include "wire/control.h"

/* A timer that names a time already past must not spin. */
enum { MIN_TICK_USEC = 5 * 1000, IDLE_TICK_USEC = 1000 * 1000 };

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        job_act(userdata);
        return 0;
}

static int add_tick(Job *job) {
        int r;

        r = sd_event_add_time(job->manager->event, &job->tick, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_MSEC,
                              on_tick, job);
        if (r < 0)
                return r;
        return sd_event_source_set_description(job->tick, "a job's next step");
}

int job_new(Manager *manager, const char *name, Job **ret) {
        _cleanup_(job_freep) Job *job = NULL;
        int r;

        job = new (Job, 1);
        if (!job)
                return -ENOMEM;
        *job = (Job){
                .manager = manager,
                .name = strdup(name),
                .unit.name.kind = UNIT_JOB,
                .pauses = {.min_usec = 200 * USEC_PER_MSEC, .max_usec = 30 * USEC_PER_SEC},
        };
        if (!job->name)
                return -ENOMEM;
        strncpy(job->unit.name.job, name, JOB_NAME_MAX);
        r = decisions_new(&job->decisions);
        if (r >= 0)
                r = history_new(&job->history);
        if (r >= 0)
                r = dead_letter_samples_new(&job->dead_letters);
        if (r < 0)
                return r;
        r = job_link_new(manager->event, name, &job_link_handler, job, &job->link);
        if (r < 0)
                return r;
        r = add_tick(job);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(job);
        return 0;
}

Job *job_free(Job *job) {
        if (!job)
                return NULL;
        sd_event_source_disable_unref(job->tick);
        job_link_free(job->link);
        unit_done(&job->unit);
        for (size_t i = 0; i < job->n_workers; i++)
                worker_free(job->workers[i]);
        free(job->workers);
        decisions_free(job->decisions);
        scaling_free(job->scaling);
        history_free(job->history);
        dead_letter_samples_free(job->dead_letters);
        json_object_put(job->results);
        job_load_done(&job->load);
        job_config_free(job->config);
        job_plan_free(job->plan);
        free(job->name);
        free(job);
        return NULL;
}

int job_set_config(Job *job, JobConfig *config, JobPlan *plan) {
        bool was_enabled = job->config && job->config->enabled;
        int r;

        if (config) {
                r = job_set_limits(job, &config->workers);
                if (r < 0) {
                        job_config_free(config);
                        job_plan_free(plan);
                        return r;
                }
        }
        job_config_free(job->config);
        job_plan_free(job->plan);
        job->config = config;
        job->plan = plan;
        job->stop_wanted = was_enabled && config && !config->enabled;
        /* The reason of the failure may be repaired. */
        job->failed = false;
        job->not_before_usec = 0;
        backoff_reset(&job->pauses);
        return 0;
}

static void set_tick(Job *job, usec_t now) {
        usec_t next = MIN(now + IDLE_TICK_USEC, job_next_worker_usec(job));

        if (job->scaling && job->unit.state == UNIT_ACTIVE)
                next = MIN(next, scaling_next_usec(job->scaling, now));
        if (unit_is_down(&job->unit) && job->not_before_usec > now)
                next = MIN(next, job->not_before_usec);
        (void)sd_event_source_set_time(job->tick, MAX(next, now + MIN_TICK_USEC));
        (void)sd_event_source_set_enabled(job->tick, SD_EVENT_ONESHOT);
}

void job_act(Job *job) {
        usec_t now = monotonic_usec();

        job_link_set_wanted(job->link, !unit_is_down(&job->unit));
        job_watch_reports(job, now);
        if (units_may_act(job->manager->units)) {
                job_run_unit(job, now);
                job_scale(job, now);
                job_run_workers(job, now);
        }
        set_tick(job, now);
        manager_changed(job->manager);
}

bool job_is_gone(const Job *job) {
        if (job->config || !unit_is_down(&job->unit) || !unit_is_settled(&job->unit))
                return false;
        for (size_t i = 0; i < job->n_workers; i++)
                if (!unit_is_down(&job->workers[i]->unit) || !unit_is_settled(&job->workers[i]->unit))
                        return false;
        return true;
}

void job_send_pause(Job *job) {
        json_object *message = json_object_new_object();

        (void)json_object_object_add(message, "paused", json_object_new_boolean(job_is_paused(job)));
        (void)job_link_send(job->link, CONTROL_PAUSE, message);
        json_object_put(message);
}

int job_tell(Job *job, uint32_t type) {
        json_object *message = json_object_new_object();
        int r;

        r = job_link_send(job->link, type, message);
        json_object_put(message);
        return r;
}

int job_set_paused(Job *job, bool paused) {
        int r;

        r = admin_will_set(job->manager->will, WILL_PAUSED, job->name, paused);
        job_send_pause(job); /* without a connection: when there is one */
        job_act(job);
        http_events_changed(job->manager);
        return r;
}

bool job_is_paused(const Job *job) {
        return admin_will_has(job->manager->will, WILL_PAUSED, job->name);
}

bool job_is_stopped_by_admin(const Job *job) {
        return admin_will_has(job->manager->will, WILL_STOPPED, job->name);
}
