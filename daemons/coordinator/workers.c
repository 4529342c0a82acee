/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Which workers of a job run. Scaling says how many: a slot is "held" if it is to run, and everything else
 * follows from comparing that with what systemd says of its unit. */

#include <stdio.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "job.h"

/* Ran as long as this: the next failure is a new story and gets a short pause again. */
#define HEALTHY_USEC USEC_PER_MINUTE

Worker *job_find_worker(const Job *job, unsigned number) {
        for (size_t i = 0; i < job->n_workers; i++)
                if (job->workers[i]->unit.name.worker == number)
                        return job->workers[i];
        return NULL;
}

Worker *worker_free(Worker *worker) {
        if (!worker)
                return NULL;
        unit_done(&worker->unit);
        free(worker);
        return NULL;
}

int job_add_worker(Job *job, unsigned number, Worker **ret) {
        Worker **workers, *worker;
        size_t i;

        workers = reallocarray(job->workers, job->n_workers + 1, sizeof(Worker *));
        if (!workers)
                return -ENOMEM;
        job->workers = workers;
        worker = new (Worker, 1);
        if (!worker)
                return -ENOMEM;
        *worker = (Worker){
                .unit.name = {.kind = UNIT_WORKER, .worker = number},
                .job = job,
                .pauses = {.min_usec = 200 * USEC_PER_MSEC, .max_usec = 30 * USEC_PER_SEC},
        };
        strcpy(worker->unit.name.job, job->unit.name.job);
        for (i = job->n_workers++; i > 0 && workers[i - 1]->unit.name.worker > number; i--)
                workers[i] = workers[i - 1];
        *ret = workers[i] = worker;
        return 0;
}

unsigned job_count_held(const Job *job) {
        unsigned n = 0;

        for (size_t i = 0; i < job->n_workers; i++)
                n += job->workers[i]->held;
        return n;
}

unsigned job_count_workers(const Job *job, UnitState state) {
        unsigned n = 0;

        for (size_t i = 0; i < job->n_workers; i++)
                n += job->workers[i]->unit.state == state;
        return n;
}

/* Its number can be given to a new worker now: the last one's stop is through. */
static bool is_free(const Worker *worker) {
        return !worker->held && unit_is_down(&worker->unit) && unit_is_settled(&worker->unit);
}

static int find_free(Job *job, Worker **ret) {
        unsigned number = 1;

        for (size_t i = 0; i < job->n_workers && job->workers[i]->unit.name.worker == number; i++, number++)
                if (is_free(job->workers[i])) {
                        *ret = job->workers[i];
                        return 0;
                }
        return number <= WORKER_NUMBER_MAX ? job_add_worker(job, number, ret) : -ERANGE;
}

int job_hold_workers(Job *job, unsigned n, uint64_t decision) {
        while (n-- > 0) {
                Worker *worker;
                int r;

                r = find_free(job, &worker);
                if (r < 0)
                        return r;
                worker->held = true;
                worker->decision = decision;
                decisions_await(job->decisions, decision);
        }
        return 0;
}

static void forget_decision(Worker *worker) {
        decisions_worker_gone(worker->job->decisions, worker->decision);
        worker->decision = 0;
}

static void release(Worker *worker) {
        worker->held = false;
        forget_decision(worker);
}

void job_release_workers(Job *job, unsigned n) {
        for (size_t i = job->n_workers; i-- > 0 && n > 0;)
                if (job->workers[i]->held) {
                        release(job->workers[i]);
                        n--;
                }
}

/* What to ask systemd for to bring the unit to where it should be. */
static UnitRequest next_request(const Worker *worker, usec_t now) {
        if (!unit_is_settled(&worker->unit) || now < worker->not_before_usec)
                return REQUEST_NONE;
        if (worker->held)
                return unit_is_down(&worker->unit) ? REQUEST_START : REQUEST_NONE;
        return unit_is_down(&worker->unit) || worker->unit.state == UNIT_DEACTIVATING ? REQUEST_NONE
                                                                                      : REQUEST_STOP;
}

void job_run_workers(Job *job, usec_t now_usec) {
        for (size_t i = 0; i < job->n_workers; i++) {
                Worker *worker = job->workers[i];
                UnitRequest request = next_request(worker, now_usec);
                int r;

                /* A job that is not up gets no new workers: they could not connect. */
                if (request == REQUEST_NONE || (request == REQUEST_START && job->unit.state != UNIT_ACTIVE))
                        continue;
                r = units_request(job->manager->units, &worker->unit, request);
                if (r < 0) {
                        worker->not_before_usec = now_usec + backoff_next(&worker->pauses);
                        log_job(job, LOG_WARNING, MESSAGE_UNIT_TROUBLE, r,
                                "Cannot ask systemd to %s worker %u of job %s: %m",
                                request == REQUEST_START ? "start" : "stop", worker->unit.name.worker,
                                job->name);
                }
        }
}

usec_t job_next_worker_usec(const Job *job) {
        usec_t next = USEC_INFINITY;

        for (size_t i = 0; i < job->n_workers; i++)
                if (next_request(job->workers[i], USEC_INFINITY) != REQUEST_NONE)
                        next = MIN(next, job->workers[i]->not_before_usec);
        return next;
}

static void came_up(Worker *worker) {
        worker->unit.up = true;
        worker->up_since_usec = monotonic_usec();
}

static void went_down(Worker *worker, const char *what, const char *why) {
        char text[UNIT_TEXT_MAX];
        usec_t now = monotonic_usec(), pause;

        if (worker->unit.up && now - worker->up_since_usec >= HEALTHY_USEC)
                backoff_reset(&worker->pauses);
        worker->unit.up = false;
        worker->failures++;
        forget_decision(worker);
        pause = backoff_next(&worker->pauses);
        worker->not_before_usec = now + pause;

        log_message_fields(LOG_WARNING, MESSAGE_WORKER_FAILED, 0,
                           LOG_FIELDS(FIELD_TEXT("STREAMETL_JOB", worker->job->name),
                                      FIELD_NUMBER("STREAMETL_WORKER", worker->unit.name.worker)),
                           "Worker %u of job %s %s (%s); %s %s", worker->unit.name.worker, worker->job->name,
                           what, why, worker->held ? "it is started again after" : "its number rests for",
                           format_duration(text, pause));
}

void worker_unit_changed(Worker *worker) {
        Unit *unit = &worker->unit;

        if (unit->state == UNIT_ACTIVE && !unit->up)
                came_up(worker);
        else if (unit->up && unit_is_down(unit) && unit_is_settled(unit)) {
                /* By itself: the end of a systemd job is told apart. */
                if (worker->held)
                        went_down(worker, "exited by itself", unit_state_to_text(unit->state));
                unit->up = false;
        }
        job_act(worker->job);
}

static void start_ended(Worker *worker, RequestOutcome outcome, const char *why) {
        usec_t now = monotonic_usec();

        switch (outcome) {
        case OUTCOME_DONE:
                decisions_worker_ready(worker->job->decisions, worker->decision, now);
                worker->decision = 0;
                break;
        case OUTCOME_DENIED:
        case OUTCOME_MASKED: worker->not_before_usec = now + DENIED_PAUSE_USEC; break;
        case OUTCOME_CONFLICT: worker->not_before_usec = now + backoff_next(&worker->pauses); break;
        case OUTCOME_FAILED: went_down(worker, "did not start", why); break;
        }
}

void worker_request_ended(Worker *worker, UnitRequest request, RequestOutcome outcome, const char *why) {
        if (request == REQUEST_START)
                start_ended(worker, outcome, why);
        else if (outcome == OUTCOME_DONE)
                worker->unit.up = false;
        else
                worker->not_before_usec =
                        monotonic_usec() +
                        (outcome == OUTCOME_DENIED ? DENIED_PAUSE_USEC : backoff_next(&worker->pauses));
        job_act(worker->job);
}

void worker_admin_acted(Worker *worker, AdminMeaning meaning) {
        /* By hand: it counts from now on, or no longer; scaling then says whether one is missing or too
         * many. */
        if (meaning == ADMIN_STARTED)
                worker->held = true;
        else if (unit_is_down(&worker->unit) && worker->unit.up) {
                release(worker);
                worker->unit.up = false;
        }
        job_act(worker->job);
}
