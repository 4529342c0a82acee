/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "scaling/scaling-state.h"

/* What the present workers do in this time is on its way and no backlog: reports come every 100 ms, ends of
 * the log every 200 ms. */
#define ON_ITS_WAY_SEC 0.3
/* What is not known yet is given more time before it asks for more workers. */
#define ON_ITS_WAY_UNKNOWN_SEC 1.0
/* Idle and catch-up times below some reports would measure chance. */
#define SHORTEST_TIME_USEC USEC_PER_SEC
/* How long no more workers are added after some did not help; doubled each time it is so again. */
#define USELESS_FIRST_USEC (5 * USEC_PER_MINUTE)
#define USELESS_LAST_USEC (240 * USEC_PER_MINUTE)

int scaling_new(const ScalingLimits *limits, Scaling **ret) {
        Scaling *scaling = new0(Scaling, 1);

        if (!scaling)
                return -ENOMEM;
        scaling->backlog_since_usec = scaling->short_since_usec = scaling->sink_held_usec = USEC_INFINITY;
        scaling->useless_for_usec = USELESS_FIRST_USEC;
        scaling_set_limits(scaling, limits);
        *ret = scaling;
        return 0;
}

Scaling *scaling_free(Scaling *scaling) {
        free(scaling);
        return NULL;
}

void scaling_set_limits(Scaling *scaling, const ScalingLimits *limits) {
        scaling->limits = *limits;
        scaling->limits.idle_timeout_usec = MAX(limits->idle_timeout_usec, SHORTEST_TIME_USEC);
        scaling->limits.catch_up_time_usec = MAX(limits->catch_up_time_usec, SHORTEST_TIME_USEC);
        scaling->limits.target_utilisation = fmin(fmax(limits->target_utilisation, 0.01), 1);
}

unsigned within_limits(const Scaling *scaling, unsigned workers) {
        return MAX(scaling->limits.min, MIN(workers, scaling->limits.max));
}

/* Records a second of one worker; 0: not known. */
double worker_rate(const Scaling *scaling) {
        double rate = load_history_rate(&scaling->load), limit = scaling->limits.rate_limit_per_sec;

        return limit > 0 && (rate == 0 || rate > limit) ? limit : rate;
}

/* What is not read yet though nothing is wrong. */
static uint64_t on_its_way(const Scaling *scaling, unsigned workers) {
        double rate = worker_rate(scaling);

        if (workers == 0)
                return 0;
        return rate > 0 ? (uint64_t)(rate * workers * ON_ITS_WAY_SEC)
                        : (uint64_t)(load_history_arrival(&scaling->load) * ON_ITS_WAY_UNKNOWN_SEC);
}

bool has_backlog(const Scaling *scaling, unsigned workers) {
        return scaling->load.last.backlog_records > on_its_way(scaling, workers);
}

/* The rate that is planned with. Workers that were added a moment ago may slow the others down; as long as
 * it is not known whether they help all the same, more are not to follow just because of that. */
double planned_rate(const Scaling *scaling) {
        double rate = worker_rate(scaling);

        return scaling->trial.active ? fmax(rate, scaling->trial.rate_before) : rate;
}

static double needed_workers(const Scaling *scaling) {
        double arriving = load_history_arrival(&scaling->load) / scaling->limits.target_utilisation,
               catching_up = (double)scaling->load.last.backlog_records * USEC_PER_SEC /
                             (double)scaling->limits.catch_up_time_usec;

        return (arriving + catching_up) / planned_rate(scaling);
}

/* How many workers the load asks for, before delays. */
static unsigned wished_workers(const Scaling *scaling, unsigned workers) {
        unsigned max = scaling->limits.max;

        if (scaling->load.last.backlog_records == 0 && load_history_arrival(&scaling->load) == 0)
                return 0;
        if (planned_rate(scaling) > 0)
                return (unsigned)fmin(fmax(ceil(needed_workers(scaling) / TOLERANCE), 1), max);
        /* Not yet known: more as long as these do not suffice. */
        return has_backlog(scaling, workers) && workers > 0 ? MIN(workers > max / 2 ? max : workers * 2, max)
                                                            : 1;
}

static void observe_backlog(Scaling *scaling, const LoadSample *sample) {
        if (sample->sink_holds_back)
                scaling->sink_held_usec = sample->at_usec;
        if (sample->sink_holds_back || sample->paused || !has_backlog(scaling, scaling->workers_now)) {
                scaling->backlog_since_usec = USEC_INFINITY;
                trial_end(&scaling->trial);
        } else if (scaling->backlog_since_usec == USEC_INFINITY) {
                scaling->backlog_since_usec = sample->at_usec;
                scaling->backlog_since_records = sample->processed_records;
        }
}

static void observe_trial(Scaling *scaling, const LoadSample *sample) {
        unsigned to = scaling->trial.to;

        switch (trial_observe(&scaling->trial, sample)) {
        case TRIAL_OPEN: break;
        case TRIAL_HELPED: scaling->useless_for_usec = USELESS_FIRST_USEC; break;
        case TRIAL_USELESS:
                scaling->useless_from = to;
                scaling->useless_until_usec = sample->at_usec + scaling->useless_for_usec;
                scaling->useless_for_usec = MIN(scaling->useless_for_usec * 2, USELESS_LAST_USEC);
                break;
        }
}

void scaling_observe(Scaling *scaling, const LoadSample *sample) {
        bool first = !scaling->load.any;

        if (load_history_add(&scaling->load, sample) || first) {
                scaling->watched_since_usec = scaling->in_use_usec = sample->at_usec;
                scaling->backlog_since_usec = USEC_INFINITY;
                trial_end(&scaling->trial);
        }
        if (first) {
                scaling->workers_now = sample->workers_running;
                scaling->all_run_since_usec = sample->at_usec;
        }
        if (!sample->measured) {
                /* What is not known does not speak for fewer workers. */
                recent_wishes_add(&scaling->wishes, sample->at_usec, scaling->workers_now);
                scaling->in_use_usec = sample->at_usec;
                trial_end(&scaling->trial);
                return;
        }

        if (sample->backlog_records > 0)
                scaling->in_use_usec = sample->at_usec;
        scaling->in_use_usec = MAX(scaling->in_use_usec, scaling->load.last_arrival_usec);
        observe_backlog(scaling, sample);
        observe_trial(scaling, sample);
        recent_wishes_add(&scaling->wishes, sample->at_usec, wished_workers(scaling, scaling->workers_now));
}

static void note_workers(Scaling *scaling, usec_t now_usec, unsigned workers_now) {
        bool all_run = scaling->load.last.workers_running >= workers_now;

        trial_set_workers(&scaling->trial, workers_now);
        if (workers_now != scaling->workers_now || !all_run)
                scaling->all_run_since_usec = now_usec;
        if (all_run)
                scaling->short_since_usec = USEC_INFINITY;
        else if (scaling->short_since_usec == USEC_INFINITY)
                scaling->short_since_usec = now_usec;
        scaling->workers_now = workers_now;
}

/* Compares with what the present workers did since the backlog began. */
static void begin_trial(Scaling *scaling, unsigned from, unsigned to) {
        const LoadSample *last = &scaling->load.last;
        usec_t lasted_usec = usec_since(last->at_usec, scaling->backlog_since_usec);

        if (from == 0 || scaling->backlog_since_usec == USEC_INFINITY || lasted_usec == 0)
                return;
        trial_begin(&scaling->trial, from, to, worker_rate(scaling),
                    (double)(last->processed_records - scaling->backlog_since_records) * USEC_PER_SEC /
                            (double)lasted_usec);
}

bool scaling_decide(Scaling *scaling, usec_t now_usec, unsigned workers_now, ScalingDecision *ret) {
        const LoadSample *load = &scaling->load.last;
        Situation at = {.now_usec = now_usec, .workers = workers_now, .load = load};

        note_workers(scaling, now_usec, workers_now);
        recent_wishes_expire(&scaling->wishes, usec_since(now_usec, scaling->limits.idle_timeout_usec));
        at.wished = within_limits(scaling, wished_workers(scaling, workers_now));
        *ret = (ScalingDecision){
                .at_usec = now_usec,
                .workers_now = workers_now,
                .arrival_per_sec = load_history_arrival(&scaling->load),
                .rate_per_worker_per_sec = worker_rate(scaling),
                .backlog_records = load->measured ? load->backlog_records : 0,
                .backlog_for_usec = usec_since(now_usec, scaling->backlog_since_usec),
                .desired = planned_rate(scaling) > 0 ? needed_workers(scaling) : at.wished,
        };
        apply_rules(scaling, &at, ret);
        if (ret->workers_wanted > workers_now)
                begin_trial(scaling, workers_now, ret->workers_wanted);
        return ret->workers_wanted != workers_now;
}

usec_t scaling_next_usec(const Scaling *scaling, usec_t now_usec) {
        const struct {
                usec_t from_usec, after_usec;
        } dates[] = {
                {scaling->backlog_since_usec, scaling->limits.backlog_timeout_usec},
                {scaling->sink_held_usec, SINK_SETTLE_USEC},
                {scaling->all_run_since_usec, FIRST_REPORTS_USEC},
                {scaling->short_since_usec, START_PATIENCE_USEC},
                {scaling->useless_until_usec, 0},
                {scaling->in_use_usec, scaling->limits.idle_timeout_usec},
                {scaling->watched_since_usec, scaling->limits.idle_timeout_usec},
                {scaling->wishes.n_items > 0 ? scaling->wishes.items[0].at_usec : USEC_INFINITY,
                 scaling->limits.idle_timeout_usec},
        };
        usec_t next_usec = USEC_INFINITY, date_usec;

        for (size_t i = 0; i < ELEMENTSOF(dates); i++)
                if (!__builtin_add_overflow(dates[i].from_usec, dates[i].after_usec, &date_usec) &&
                    date_usec > now_usec)
                        next_usec = MIN(next_usec, date_usec);
        return next_usec;
}
