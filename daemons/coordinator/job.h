/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "backoff.h"
#include "bad-share.h"
#include "base/log.h"
#include "base/message-ids.h"
#include "config/config.h"
#include "dead-letter-samples.h"
#include "decisions.h"
#include "history.h"
#include "job-link.h"
#include "job-load.h"
#include "manager.h"
#include "plan/job-plan.h"
#include "rate-meter.h"
#include "scaling/scaling.h"
#include "unit.h"

/* polkit or the like refused: only a person can help, so asking again is no hurry. */
#define DENIED_PAUSE_USEC (30 * USEC_PER_SEC)

typedef struct Worker {
        Unit unit;
        Job *job;               /* weak */
        bool held;              /* it is to run */
        usec_t not_before_usec; /* monotonic: no request before that */
        usec_t up_since_usec;   /* monotonic */
        Backoff pauses;
        RateMeter records, busy; /* busy: microseconds */
        uint64_t failures;
        uint64_t decision; /* that started it and waits for its READY; 0: none */
} Worker;

struct Job {
        Manager *manager; /* weak */
        char *name;
        JobConfig *config; /* NULL: its file is gone; it is stopped and then dropped */
        bool stop_wanted;  /* its file was disabled: stop it, once */
        bool masked;
        bool failed; /* systemd has given it up; tried again when the configuration is read again */
        Unit unit;
        usec_t not_before_usec;
        usec_t up_since_usec;
        Backoff pauses;

        JobPlan *plan; /* of its configuration; NULL without one */

        JobLink *link;
        JobLoad load;         /* the last report */
        json_object *results; /* the last CONTROL_EPOCH, with received_at_usec */
        RateMeter arrived, processed;
        BadShare bad;
        History *history;
        uint64_t latency_epoch; /* whose latency the history has */
        DeadLetterSamples *dead_letters;
        uint64_t generation; /* of its process; 0: none was heard of */
        usec_t started_usec; /* realtime: when that process started */
        uint64_t restarts;   /* processes of it after the first that was heard of */

        Worker **workers; /* by number, sorted; a slot once made stays */
        size_t n_workers;
        Scaling *scaling;
        ScalingDecision outlook; /* what was last computed, decision or not */
        Decisions *decisions;
        uint64_t n_decisions_up, n_decisions_down;
        usec_t unmeasured_at_usec; /* when scaling was last told that there is no report */
        sd_event_source *tick;
};

/* A line about a job, as log_message(). */
#define log_job(job, level, message_id, error, ...)                                                         \
        log_message_fields(level, message_id, error, LOG_FIELDS(FIELD_TEXT("STREAMETL_JOB", (job)->name)),  \
                           __VA_ARGS__)

int job_new(Manager *manager, const char *name, Job **ret);
Job *job_free(Job *job);
DEFINE_CLEANUP(Job *, job_free);

/* Takes config and its plan (consumed), NULL if the file is gone. */
int job_set_config(Job *job, JobConfig *config, JobPlan *plan);
/* Does what can be done now, and sets the timer for what cannot. The one place that starts and stops units.
 */
void job_act(Job *job);
/* Neither configured nor running. */
bool job_is_gone(const Job *job);

int job_set_paused(Job *job, bool paused);
void job_send_pause(Job *job);
/* A message without members (wire/control.h). Returns 0, -ENOTCONN, or what link_send() says. */
int job_tell(Job *job, uint32_t type);
bool job_is_paused(const Job *job);
bool job_is_stopped_by_admin(const Job *job);

/* job-unit.c: the job's own unit */
void job_run_unit(Job *job, usec_t now_usec);
/* As the admin wishes, who says so to us and not to systemd: stopped until it is started; started; stopped
 * and started. */
void job_drain(Job *job);
void job_start(Job *job);
void job_restart(Job *job);
void job_unit_changed(Job *job);
void job_unit_request_ended(Job *job, UnitRequest request, RequestOutcome outcome, const char *why);
void job_unit_admin_acted(Job *job, AdminMeaning meaning);

/* job-problems.c: what somebody should look at */
/* The n-th line, NULL behind the last one. The caller frees; also NULL without memory. */
char *job_problem(const Job *job, size_t n);
/* Why it goes on with its old configuration; "" if it does not. */
const char *job_reload_refused(const Job *job);

/* job-reports.c: what the job's daemon tells */
extern const JobLinkHandler job_link_handler;
/* Tells scaling once a second that there is no report, for as long as that is so. */
void job_watch_reports(Job *job, usec_t now_usec);
/* There is a report and it is fresh. */
bool job_has_report(const Job *job, usec_t now_usec);

/* job-scaling.c: how many workers */
int job_set_limits(Job *job, const WorkersConfig *config);
/* What counts: those of the file, or what the admin has set instead. */
WorkerLimits job_limits(const Job *job, const WorkersConfig *config);
void job_scale(Job *job, usec_t now_usec);

/* workers.c: which workers */
Worker *job_find_worker(const Job *job, unsigned number);
int job_add_worker(Job *job, unsigned number, Worker **ret);
Worker *worker_free(Worker *worker);
unsigned job_count_held(const Job *job);
unsigned job_count_workers(const Job *job, UnitState state);
/* Holds n more, lowest free numbers first; releases n, highest numbers first. */
int job_hold_workers(Job *job, unsigned n, uint64_t decision);
void job_release_workers(Job *job, unsigned n);
/* Starts what is held and stops what is not. */
void job_run_workers(Job *job, usec_t now_usec);
/* When job_run_workers() has something to do next; USEC_INFINITY: when systemd speaks. */
usec_t job_next_worker_usec(const Job *job);
void worker_unit_changed(Worker *worker);
void worker_request_ended(Worker *worker, UnitRequest request, RequestOutcome outcome, const char *why);
void worker_admin_acted(Worker *worker, AdminMeaning meaning);
