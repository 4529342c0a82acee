/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* How many workers: asks the policy (lib/scaling) and records what it says. */

#include <stdio.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "http-events.h"
#include "job.h"

WorkerLimits job_limits(const Job *job, const WorkersConfig *config) {
        WorkerLimits set = admin_will_limits(job->manager->will, job->name), limits;

        limits.min = set.min == WORKER_LIMIT_NONE ? config->min : set.min;
        limits.max = set.max == WORKER_LIMIT_NONE ? config->max : set.max;
        /* The file may have changed since. */
        if (limits.min > limits.max && set.max == WORKER_LIMIT_NONE)
                limits.max = limits.min;
        else if (limits.min > limits.max)
                limits.min = limits.max;
        return limits;
}

int job_set_limits(Job *job, const WorkersConfig *config) {
        WorkerLimits in_force = job_limits(job, config);
        ScalingLimits limits = {
                .min = in_force.min,
                .max = in_force.max,
                .backlog_timeout_usec = config->backlog_timeout_usec,
                .idle_timeout_usec = config->idle_timeout_usec,
                .catch_up_time_usec = config->catch_up_time_usec,
                .target_utilisation = config->target_utilisation,
                .rate_limit_per_sec = (double)config->rate_limit,
        };

        if (!job->scaling)
                return scaling_new(&limits, &job->scaling);
        scaling_set_limits(job->scaling, &limits);
        return 0;
}

static void log_decision(const Job *job, const ScalingDecision *decision) {
        log_message_fields(LOG_INFO, MESSAGE_WORKERS_WANTED, 0,
                           LOG_FIELDS(FIELD_TEXT("STREAMETL_JOB", job->name),
                                      FIELD_NUMBER("STREAMETL_WORKERS", decision->workers_wanted),
                                      FIELD_NUMBER("STREAMETL_WORKERS_BEFORE", decision->workers_now)),
                           "Job %s: %u -> %u worker%s: %s", job->name, decision->workers_now,
                           decision->workers_wanted, decision->workers_wanted == 1 ? "" : "s",
                           decision->reason);
}

static void carry_out(Job *job, const ScalingDecision *decision) {
        uint64_t id = ++job->manager->last_decision;
        int r;

        log_decision(job, decision);
        decisions_add(job->decisions, id, decision, realtime_usec());
        http_events_decision(job, decisions_last(job->decisions));
        if (decision->workers_wanted < decision->workers_now) {
                job->n_decisions_down++;
                job_release_workers(job, decision->workers_now - decision->workers_wanted);
                return;
        }
        job->n_decisions_up++;
        r = job_hold_workers(job, decision->workers_wanted - decision->workers_now, id);
        if (r < 0)
                log_error_errno(r, "Job %s: cannot add workers: %m", job->name);
}

/* Why no worker is to run whatever the load, or NULL. */
static const char *reason_for_none(const Job *job) {
        if (!job->scaling || unit_is_down(&job->unit))
                return "the job is not running";
        return job_is_paused(job) ? "the job is paused" : NULL;
}

void job_scale(Job *job, usec_t now_usec) {
        unsigned held = job_count_held(job);
        const char *none = reason_for_none(job);

        if (none) {
                ScalingDecision decision = job->outlook;

                decision.at_usec = now_usec;
                decision.workers_now = held;
                decision.workers_wanted = 0;
                snprintf(decision.reason, sizeof(decision.reason), "%s", none);
                job->outlook = decision;
                if (held > 0)
                        carry_out(job, &decision);
                return;
        }
        /* A job that starts, drains or crashed a moment ago keeps the workers it has: they wait for it. */
        if (job->unit.state != UNIT_ACTIVE)
                return;
        if (scaling_decide(job->scaling, now_usec, held, &job->outlook))
                carry_out(job, &job->outlook);
}
