/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "job.h"
#include <sys/random.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "load.h"
#include "results.h"
#include "status.h"
#include "wire/control.h"
#include "worker.h"

static const usec_t silence_interval_usec = 500 * USEC_PER_MSEC;
/* A job that is not ready holds up every worker of every job (streametl-workers.target): a broker that does
 * not answer must not do that. */
static const usec_t ready_timeout_usec = 3 * USEC_PER_SEC;

LeasePolicy job_lease_policy(const JobConfig *config) {
        static const usec_t lease_usec = 500 * USEC_PER_MSEC;
        uint64_t limited = config->workers.rate_limit * lease_usec / USEC_PER_SEC;

        return (LeasePolicy){
                .lease_usec = lease_usec,
                .first_lease_records = config->workers.rate_limit > 0 ? MAX(limited, (uint64_t)1) : 20000,
                .lease_records_min = config->workers.rate_limit > 0 ? 1 : 1000,
                .max_ahead_usec = config->max_ahead_usec,
        };
}

uint64_t job_lag(const Job *job) {
        uint64_t lag = 0;

        for (size_t i = 0; i < job->leases->n_partitions; i++)
                lag += partition_lag(job->leases->partitions[i]);
        return lag;
}

usec_t job_busy_usec(const Job *job) {
        usec_t busy_usec = job->gone_busy_usec;

        for (size_t i = 0; i < job->n_workers; i++)
                busy_usec += job->workers[i]->heartbeat.busy_usec;
        return busy_usec;
}

static int on_scheduler(sd_event_source *source, void *userdata) {
        Job *job = userdata;

        if (!job->paused && !job->draining && !job_is_held_back(job))
                lease_table_schedule(job->leases, &worker_lease_actions);
        return 0;
}

void job_schedule_soon(Job *job) {
        (void)sd_event_source_set_enabled(job->scheduler, SD_EVENT_ONESHOT);
}

void job_set_paused(Job *job, bool paused) {
        if (job->paused == paused)
                return;
        job->paused = paused;
        log_info(paused ? "Paused: what is leased is given back" : "Resumed");
        if (paused)
                lease_table_recall_all(job->leases, &worker_lease_actions);
        else
                job_schedule_soon(job);
}

void job_be_ready(Job *job) {
        if (job->ready)
                return;
        job->ready = true;
        (void)sd_notify(0, "READY=1");
}

static int on_ready_timeout(sd_event_source *source, uint64_t at_usec, void *userdata) {
        job_be_ready(userdata);
        return 0;
}

static int on_silence(sd_event_source *source, uint64_t at_usec, void *userdata) {
        workers_check_silence(userdata, monotonic_usec());
        (void)sd_event_source_set_time_relative(source, silence_interval_usec);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_reporter(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Job *job = userdata;
        usec_t now_usec = monotonic_usec();

        (void)job_progress(job);
        if (now_usec - job->load_sent_usec >= LOAD_REPORT_INTERVAL_USEC)
                (void)load_send(job);
        status_send(job, now_usec);
        (void)sd_event_source_set_time_relative(source, LOAD_REPORT_INTERVAL_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int take_connection(Job *job, int fd, bool at_control) {
        int connection, r;

        connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection < 0) {
                if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                        log_warning_errno(errno, "Cannot accept a connection: %m");
                return 0;
        }
        r = caller_new(job, connection, at_control);
        if (r < 0)
                log_warning_errno(r, "Cannot take a connection: %m");
        return 0;
}

static int on_worker_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        return take_connection(userdata, fd, /* at_control= */ false);
}

static int on_control_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        return take_connection(userdata, fd, /* at_control= */ true);
}

static int listen_at_sockets(Job *job, const JobSockets *sockets) {
        int r;

        r = sd_event_add_io(job->event, &job->control_listener, sockets->control, EPOLLIN,
                            on_control_connection, job);
        if (r >= 0)
                r = sd_event_add_io(job->event, &job->worker_listener, sockets->workers, EPOLLIN,
                                    on_worker_connection, job);
        return r;
}

static int make_parts(Job *job) {
        const LeasePolicy policy = job_lease_policy(job->config);
        int r;

        job->status = status_new();
        if (!job->status)
                return -ENOMEM;
        if (getrandom(&job->generation, sizeof(job->generation), 0) < 0)
                return -errno;
        r = lease_table_new(job->generation, &policy, &job->leases);
        if (r >= 0)
                r = state_new(job->plan->query, job->config->output, &job->state);
        if (r >= 0)
                r = dead_letters_new(job->name, job->plan->query->source, &job->dead_letters);
        if (r >= 0)
                dead_letters_watch(job->dead_letters, load_send_dead_letter, job);
        if (r >= 0)
                r = topics_new(job->config, &job->topics);
        return r;
}

static int make_timers(Job *job) {
        const struct {
                sd_event_source **source;
                usec_t first_usec;
                sd_event_time_handler_t handler;
        } timers[] = {
                {&job->silence, silence_interval_usec, on_silence},
                {&job->reporter, LOAD_REPORT_INTERVAL_USEC, on_reporter},
                {&job->ready_timer, ready_timeout_usec, on_ready_timeout},
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(timers); i++)
                r = sd_event_add_time_relative(job->event, timers[i].source, CLOCK_MONOTONIC,
                                               timers[i].first_usec, USEC_PER_MSEC, timers[i].handler, job);
        if (r >= 0)
                r = sd_event_add_defer(job->event, &job->scheduler, on_scheduler, job);
        return r < 0 ? r : job_set_trigger(job);
}

int job_new(const char *name, const char *suite_path, const char *state_folder, JobConfig *config,
            JobPlan *plan, sd_event *event, const JobSockets *sockets, Job **ret) {
        _cleanup_(job_freep) Job *job = new0(Job, 1);
        int r;

        if (!job) {
                job_config_free(config);
                job_plan_free(plan);
                return log_oom();
        }
        job->config = config;
        job->plan = plan;
        job->event = sd_event_ref(event);
        job->started_usec = monotonic_usec();
        job->final_usec = job->epoch_at_usec = job->oldest_kafka_usec = TIME_NONE;
        job->watermark_rule = (WatermarkRule){config->source.watermark_usec, config->source.idle_after_usec};
        job->name = strdup(name);
        job->suite_path = strdup(suite_path);
        job->state_folder = strdup(state_folder);
        r = job->name && job->suite_path && job->state_folder ? make_parts(job) : -ENOMEM;
        if (r < 0)
                return log_error_errno(r, "Cannot start: %m");
        r = job_open_store(job);
        if (r >= 0)
                r = results_new(job, &job->results);
        if (r >= 0)
                r = job_count_from(job);
        if (r < 0)
                return r;
        r = make_timers(job);
        if (r >= 0)
                r = job_start_sinks(job);
        if (r >= 0)
                r = job_start_reading(job);
        if (r >= 0)
                r = job_watch_signals(job);
        if (r >= 0)
                r = listen_at_sockets(job, sockets);
        if (r < 0)
                return log_error_errno(r, "Cannot start: %m");
        *ret = TAKE_PTR(job);
        return 0;
}

static void free_sources(Job *job) {
        sd_event_source **const sources[] = {
                &job->worker_listener, &job->control_listener, &job->trigger,   &job->silence,
                &job->reporter,        &job->scheduler,        &job->watermark, &job->holder,
                &job->stopper,         &job->ready_timer,
        };

        for (size_t i = 0; i < ELEMENTSOF(sources); i++)
                sd_event_source_disable_unref(*sources[i]);
}

Job *job_free(Job *job) {
        if (!job)
                return NULL;
        free_sources(job);
        positions_free(job->positions);
        log_ends_free(job->log_ends);
        while (job->n_workers > 0)
                worker_free(job->workers[0]);
        while (job->n_callers > 0)
                caller_free(job->callers[0]);
        for (size_t i = 0; i < job->n_sinks; i++)
                sink_free(job->sinks[i]);
        free(job->workers);
        free(job->callers);
        free(job->sinks);
        known_sinks_done(&job->known_sinks);
        results_free(job->results);
        job_close_store(job);
        epoch_free(job->epoch);
        state_free(job->state);
        dead_letters_free(job->dead_letters);
        lease_table_free(job->leases);
        topics_free(job->topics);
        status_free(job->status);
        job_plan_free(job->plan);
        job_config_free(job->sinks_config);
        job_config_free(job->config);
        free(job->partition_starts);
        free(job->ends_error);
        free(job->reload_refused);
        free(job->suite_path);
        free(job->refused);
        free(job->state_folder);
        free(job->name);
        sd_event_unref(job->event);
        free(job);
        return NULL;
}
