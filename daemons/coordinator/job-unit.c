/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Keeps a job's own unit as the configuration and the admin want it. A crash is systemd's to repair
 * (Restart=); this starts what is down and systemd has not got in hand. */

#include "base/log.h"
#include "base/message-ids.h"
#include "job.h"

/* Ran as long as this: what goes wrong next is a new story. */
#define HEALTHY_USEC USEC_PER_MINUTE

static void set_stopped(Job *job, bool stopped) {
        int r;

        if (job_is_stopped_by_admin(job) == stopped)
                return;
        r = admin_will_set(job->manager->will, WILL_STOPPED, job->name, stopped);
        if (r < 0)
                log_warning_errno(r, "Cannot remember over a restart that job %s is %s: %m", job->name,
                                  stopped ? "stopped" : "started");
        if (stopped)
                log_job(job, LOG_NOTICE, MESSAGE_JOB_STOPPED, 0,
                        "Job %s was stopped by hand and stays so until etl-job@%s.service is started",
                        job->name, job->name);
        else
                log_job(job, LOG_NOTICE, MESSAGE_JOB_UNSTOPPED, 0, "Job %s was started by hand", job->name);
}

static void ask(Job *job, UnitRequest request, usec_t now) {
        int r;

        r = units_request(job->manager->units, &job->unit, request);
        if (r < 0) {
                job->not_before_usec = now + backoff_next(&job->pauses);
                log_job(job, LOG_WARNING, MESSAGE_UNIT_TROUBLE, r,
                        "Cannot ask systemd to %s etl-job@%s.service: %m",
                        request == REQUEST_START ? "start" : "stop", job->name);
        }
}

void job_run_unit(Job *job, usec_t now_usec) {
        bool down = unit_is_down(&job->unit);

        if (!unit_is_settled(&job->unit) || now_usec < job->not_before_usec)
                return;
        if (!job->config || job->stop_wanted) {
                if (!down && job->unit.state != UNIT_DEACTIVATING)
                        ask(job, REQUEST_STOP, now_usec);
                return;
        }
        if (down && job->config->enabled && !job->masked && !job->failed && !job_is_stopped_by_admin(job))
                ask(job, REQUEST_START, now_usec);
}

static void came_up(Job *job) {
        job->unit.up = true;
        job->up_since_usec = monotonic_usec();
        job->failed = false;
        /* It is never us who starts a job that the admin has stopped. */
        if (!job->stop_wanted)
                set_stopped(job, false);
}

static void went_down(Job *job) {
        usec_t now = monotonic_usec();

        job->unit.up = false;
        if (now - job->up_since_usec >= HEALTHY_USEC)
                backoff_reset(&job->pauses);
        job->not_before_usec = now + backoff_next(&job->pauses);
        job->failed = job->unit.state == UNIT_FAILED;
        if (job->failed)
                log_job(job, LOG_ERR, MESSAGE_JOB_FAILED, 0,
                        "Job %s has failed and is not started again before the next reload; see "
                        "journalctl -u "
                        "etl-job@%s.service",
                        job->name, job->name);
}

void job_drain(Job *job) {
        set_stopped(job, true);
        job->stop_wanted = !unit_is_down(&job->unit);
        job->not_before_usec = 0;
        job_act(job);
}

void job_start(Job *job) {
        set_stopped(job, false);
        job->stop_wanted = false;
        job->failed = false;
        job->not_before_usec = 0;
        backoff_reset(&job->pauses);
        job_act(job);
}

void job_restart(Job *job) {
        job_start(job);
        job->stop_wanted = !unit_is_down(&job->unit);
        job_act(job);
}

void job_unit_changed(Job *job) {
        if (job->unit.state == UNIT_ACTIVE && !job->unit.up)
                came_up(job);
        else if (unit_is_down(&job->unit) && job->unit.up && unit_is_settled(&job->unit))
                went_down(job); /* by itself: the end of a systemd job is told apart */
        if (unit_is_down(&job->unit))
                job->stop_wanted = false;
        job_act(job);
}

static void start_ended(Job *job, RequestOutcome outcome, const char *why) {
        usec_t now = monotonic_usec();

        switch (outcome) {
        case OUTCOME_DONE: break;
        case OUTCOME_MASKED:
                job->masked = true;
                log_job(job, LOG_NOTICE, MESSAGE_JOB_STOPPED, 0, "Job %s is masked: it stays stopped",
                        job->name);
                break;
        case OUTCOME_DENIED: job->not_before_usec = now + DENIED_PAUSE_USEC; break;
        case OUTCOME_CONFLICT: job->not_before_usec = now + backoff_next(&job->pauses); break;
        case OUTCOME_FAILED:
                if (unit_is_down(&job->unit))
                        went_down(job);
                log_job(job, LOG_WARNING, MESSAGE_UNIT_TROUBLE, 0, "Job %s did not start: %s", job->name,
                        why);
                break;
        }
}

static void stop_ended(Job *job, RequestOutcome outcome, const char *why) {
        if (outcome == OUTCOME_DONE) {
                job->unit.up = false;
                job->stop_wanted = false;
                return;
        }
        job->not_before_usec = monotonic_usec() +
                               (outcome == OUTCOME_DENIED ? DENIED_PAUSE_USEC : backoff_next(&job->pauses));
        log_job(job, LOG_WARNING, MESSAGE_UNIT_TROUBLE, 0, "Job %s did not stop: %s", job->name, why);
}

void job_unit_request_ended(Job *job, UnitRequest request, RequestOutcome outcome, const char *why) {
        if (request == REQUEST_START)
                start_ended(job, outcome, why);
        else
                stop_ended(job, outcome, why);
        job_act(job);
}

void job_unit_admin_acted(Job *job, AdminMeaning meaning) {
        if (meaning == ADMIN_STOPPED && job->config)
                set_stopped(job, true);
        else if (meaning == ADMIN_STARTED)
                set_stopped(job, false);
        if (unit_is_down(&job->unit))
                job->unit.up = false;
        job_act(job);
}
