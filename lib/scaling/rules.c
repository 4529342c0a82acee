/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "scaling/reason.h"
#include "scaling/scaling-state.h"

/* Fifteen reports. */
#define STALE_USEC (3 * USEC_PER_SEC)
/* Until then more workers may follow those added last. */
#define SECOND_STEP_USEC (2 * USEC_PER_SEC)

/* A rule returns true if it settles the matter; then it has set workers_wanted and the reason. */
typedef bool (*Rule)(const Scaling *scaling, const Situation *at, ScalingDecision *decision);

static bool settle(ScalingDecision *decision, unsigned wanted) {
        decision->workers_wanted = wanted;
        return true;
}

static bool stay_within_limits(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        unsigned wanted = within_limits(scaling, at->workers);

        if (wanted == at->workers)
                return false;
        reason_set(decision, "%s %u %s configured", wanted > at->workers ? "at least" : "at most", wanted,
                   wanted == 1 ? "worker is" : "workers are");
        return settle(decision, wanted);
}

static bool hold_without_measurement(const Scaling *scaling, const Situation *at,
                                     ScalingDecision *decision) {
        if (scaling->load.any && at->load->measured &&
            usec_since(at->now_usec, at->load->at_usec) < STALE_USEC)
                return false;
        reason_set(decision, scaling->load.any && !at->load->measured
                                     ? "the ends of the log are not known; nothing changes until they are"
                                     : "the job does not report its load; nothing changes until it does");
        return settle(decision, at->workers);
}

static bool hold_while_paused(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        if (!at->load->paused)
                return false;
        reason_set(decision, "the job is paused");
        return settle(decision, at->workers);
}

static bool hold_for_sink(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        if (at->wished <= at->workers || scaling->sink_held_usec == USEC_INFINITY ||
            usec_since(at->now_usec, scaling->sink_held_usec) >= SINK_SETTLE_USEC)
                return false;
        reason_set(decision, "the sink or the state store holds the job back; more workers would not help");
        return settle(decision, at->workers);
}

static bool start_at_once(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        if (at->workers > 0 || at->load->backlog_records == 0 || at->wished == 0)
                return false;
        reason_set_load(decision, "no worker runs");
        return settle(decision, at->wished);
}

static bool wait_for_backlog(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        usec_t lasted_usec = usec_since(at->now_usec, scaling->backlog_since_usec);

        if (at->wished <= at->workers)
                return false;
        if (scaling->backlog_since_usec == USEC_INFINITY) {
                reason_set_load(decision, "the present workers keep up");
                return settle(decision, at->workers);
        }
        if (lasted_usec >= scaling->limits.backlog_timeout_usec)
                return false;
        reason_set_load(decision, "waiting whether the backlog lasts");
        return settle(decision, at->workers);
}

static bool wait_for_starting_workers(const Scaling *scaling, const Situation *at,
                                      ScalingDecision *decision) {
        bool all_run = scaling->short_since_usec == USEC_INFINITY;

        if (at->wished <= at->workers)
                return false;
        if (!all_run && usec_since(at->now_usec, scaling->short_since_usec) >= START_PATIENCE_USEC) {
                reason_set(decision, "only %u of %u workers run; more are not started before these do",
                           at->load->workers_running, at->workers);
                return settle(decision, at->workers);
        }
        if (planned_rate(scaling) == 0 &&
            (!all_run || usec_since(at->now_usec, scaling->all_run_since_usec) < FIRST_REPORTS_USEC)) {
                reason_set(decision, "waiting for the first reports of %u worker%s", at->workers,
                           at->workers == 1 ? "" : "s");
                return settle(decision, at->workers);
        }
        return false;
}

/* A backlog that grows during a trial asks for one worker after the other, none of which would be judged. A
 * load that has just changed may take a second step at once, and one that asks for twice as many at any
 * time. */
static bool wait_for_trial(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        const Trial *trial = &scaling->trial;

        if (at->wished <= at->workers || !trial->active || trial->since_usec == 0 ||
            usec_since(at->now_usec, trial->since_usec) < SECOND_STEP_USEC || at->wished / 2 >= at->workers)
                return false;
        reason_set_load(decision, "waiting whether the workers added last help");
        return settle(decision, at->workers);
}

static unsigned useful_limit(const Scaling *scaling, usec_t now_usec) {
        return now_usec < scaling->useless_until_usec ? scaling->useless_from : UINT32_MAX;
}

static bool hold_what_does_not_help(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        if (at->wished <= at->workers || useful_limit(scaling, at->now_usec) > at->workers)
                return false;
        reason_set(decision, "the last workers that were added brought no more records per second; "
                             "something else is the bottleneck");
        return settle(decision, at->workers);
}

static bool add_workers(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        if (at->wished <= at->workers)
                return false;
        reason_set_load(decision, NULL);
        return settle(decision, MIN(at->wished, useful_limit(scaling, at->now_usec)));
}

static bool hold_at_maximum(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        if (at->workers < scaling->limits.max || decision->desired <= at->workers * TOLERANCE ||
            scaling->backlog_since_usec == USEC_INFINITY)
                return false;
        reason_set_load(decision, "%.0f workers would be needed, %u are allowed", ceil(decision->desired),
                        at->workers);
        return settle(decision, at->workers);
}

static bool stop_when_idle(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        usec_t idle_usec = usec_since(at->now_usec, scaling->in_use_usec);
        char text[REASON_DURATION_MAX];

        if (at->workers == scaling->limits.min || at->load->backlog_records > 0 ||
            idle_usec < scaling->limits.idle_timeout_usec)
                return false;
        reason_set(decision, "nothing arrived for %s and nothing is left to read",
                   reason_duration(text, idle_usec));
        return settle(decision, scaling->limits.min);
}

static bool remove_workers(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        usec_t timeout_usec = scaling->limits.idle_timeout_usec;
        char text[REASON_DURATION_MAX];
        unsigned enough;

        if (usec_since(at->now_usec, scaling->watched_since_usec) < timeout_usec)
                return false;
        enough = recent_wishes_greatest(&scaling->wishes, at->now_usec - timeout_usec);
        enough = within_limits(scaling, MAX(enough, 1U));
        if (enough >= at->workers)
                return false;
        if (has_backlog(scaling, at->workers)) {
                reason_set_load(decision, "catching up");
                return settle(decision, at->workers);
        }
        reason_set_load(decision, "no more than %u %s needed for %s", enough, enough == 1 ? "was" : "were",
                        reason_duration(text, timeout_usec));
        return settle(decision, enough);
}

static bool leave_as_is(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        reason_set_load(decision, at->workers == 0 ? "nothing to read" : "the present workers suffice");
        return settle(decision, at->workers);
}

/* In this order; the last one always settles. */
static const Rule rules[] = {
        stay_within_limits,
        hold_without_measurement,
        hold_while_paused,
        hold_for_sink,
        start_at_once,
        wait_for_backlog,
        wait_for_starting_workers,
        wait_for_trial,
        hold_what_does_not_help,
        add_workers,
        hold_at_maximum,
        stop_when_idle,
        remove_workers,
        leave_as_is,
};

void apply_rules(const Scaling *scaling, const Situation *at, ScalingDecision *decision) {
        for (size_t i = 0; i < ELEMENTSOF(rules); i++)
                if (rules[i](scaling, at, decision))
                        return;
}
