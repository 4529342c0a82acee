/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../bench/scaling-simulator-scenarios.h"
#include "scaling/load-history.h"
#include "scaling/recent-wishes.h"
#include "scaling/trial.h"

/* What each scenario must come to, in virtual time. The scenarios are what users of other systems complain
 * about, and the demonstration. */
typedef struct Bounds {
        const char *name;
        double reaction_sec;                 /* at most; -1: not asked */
        double release_min_sec, release_sec; /* at least and at most; -1: not asked */
        unsigned changes, greatest, least;   /* at most, at most, at least */
        unsigned last;                       /* exactly */
        uint64_t backlog;                    /* at most; 0: not asked */
} Bounds;

static const Bounds bounds[] = {
        {"demonstration", 2, 10, 15, 6, 4, 0, 0, 60},
        {"demonstration-stop", 1, 10, 11, 2, 1, 0, 0, 10},
        {"demonstration-steady", 1, -1, -1, 1, 1, 0, 1, 10},
        {"borderline", 1, -1, -1, 5, 2, 0, 1, 20},
        {"burst-from-zero", 2, 10, 11, 4, 4, 0, 0, 1500000},
        {"burst-again", 2, 10, 11, 9, 4, 0, 0, 1500000},
        {"deep-backlog", 2, 10, 16, 6, 4, 0, 0, 0},
        {"small-backlog", 0, 7, 12, 2, 1, 0, 0, 0},
        {"step", 2, 10, 15, 4, 3, 0, 1, 700000},
        {"ramp", 115, 10, 11, 12, 6, 0, 0, 700000},
        {"short-sawtooth", 6, -1, -1, 3, 3, 0, 3, 500000},
        {"long-sawtooth", -1, -1, -1, 19, 3, 0, 3, 500000},
        {"low-traffic", 1, -1, -1, 1, 1, 0, 1, 200000},
        {"now-and-then", 21, -1, -1, 18, 1, 0, 0, 1},
        {"bursty-measurement", 7, -1, -1, 3, 2, 0, 2, 600000},
        {"hot-partition", 2, -1, -1, 3, 4, 0, 3, 0},
        {"full-machine", 2, -1, -1, 7, 14, 0, 13, 0},
        {"saturated-sink", 1, -1, -1, 1, 1, 0, 1, 0},
        {"measurement-fails", 2, -1, -1, 3, 3, 0, 3, 600000},
        {"no-reports", 2, -1, -1, 3, 3, 0, 3, 600000},
        {"job-restarts", 2, -1, -1, 3, 3, 0, 3, 600000},
        {"crashing-workers", 1, -1, -1, 2, 2, 0, 2, 0},
        {"slow-start", 2, -1, -1, 5, 4, 0, 3, 2500000},
        {"stall-after-change", 2, -1, -1, 3, 3, 0, 3, 1500000},
        {"pause", 2, -1, -1, 7, 5, 0, 2, 0},
        {"catching-up", 2, 20, 22, 6, 4, 0, 0, 0},
        {"fixed-number", 0, 0, 0, 0, 2, 2, 2, 0},
};

static void check_most(const char *scenario, const char *what, double value, double most) {
        if (value < 0 || value > most)
                fail_msg("%s: %s is %g, more than %g", scenario, what, value, most);
}

static void test_scenarios(void **state) {
        _cleanup_free_ Outcome *outcome = new0(Outcome, 1);
        size_t n = 0;

        for (; scenarios[n].name; n++)
                ;
        assert_int_equal(n, ELEMENTSOF(bounds));
        for (size_t i = 0; i < ELEMENTSOF(bounds); i++) {
                const Bounds *most = &bounds[i];
                const Scenario *scenario = scenario_find(most->name);

                assert_non_null(scenario);
                assert_int_equal(scenario_run(scenario, NULL, NULL, outcome), 0);
                if (most->reaction_sec >= 0)
                        check_most(most->name, "the reaction", outcome->reaction_sec, most->reaction_sec);
                if (most->release_sec >= 0)
                        check_most(most->name, "the release", outcome->release_sec, most->release_sec);
                if (most->release_min_sec >= 0 && outcome->release_sec < most->release_min_sec)
                        fail_msg("%s: released after %g", most->name, outcome->release_sec);
                check_most(most->name, "the number of changes", outcome->changes, most->changes);
                check_most(most->name, "the number of workers", outcome->greatest, most->greatest);
                if (most->backlog > 0)
                        check_most(most->name, "the backlog", (double)outcome->max_backlog,
                                   (double)most->backlog);
                if (outcome->last != most->last || outcome->least < most->least)
                        fail_msg("%s: %u workers in the end, %u at least", most->name, outcome->last,
                                 outcome->least);
        }
}

/* The simulation is the same every time. */
static void test_simulation_is_deterministic(void **state) {
        _cleanup_free_ Outcome *first = new0(Outcome, 1), *second = new0(Outcome, 1);
        const Scenario *scenario = scenario_find("demonstration");

        assert_int_equal(scenario_run(scenario, NULL, NULL, first), 0);
        assert_int_equal(scenario_run(scenario, NULL, NULL, second), 0);
        assert_int_equal(first->changes, second->changes);
        assert_int_equal(first->max_backlog, second->max_backlog);
        assert_true(first->worker_sec == second->worker_sec);
}

static const ScalingLimits usual = {
        .min = 0,
        .max = 10,
        .backlog_timeout_usec = USEC_PER_SEC,
        .idle_timeout_usec = 10 * USEC_PER_SEC,
        .catch_up_time_usec = 10 * USEC_PER_SEC,
        .target_utilisation = 0.8,
};

/* A job under the policy, sample by sample. */
typedef struct Job {
        Scaling *scaling;
        LoadSample sample;
        unsigned workers;
        bool obeys; /* workers come and go as decided */
        ScalingDecision decision;
} Job;

static Job job_with(const ScalingLimits *limits, unsigned workers) {
        Job job = {.workers = workers,
                   .sample = {.at_usec = 1000 * USEC_PER_SEC, .measured = true, .workers_running = workers}};

        assert_int_equal(scaling_new(limits, &job.scaling), 0);
        return job;
}

static void job_done(Job *job) {
        scaling_free(job->scaling);
}

static bool decide(Job *job) {
        return scaling_decide(job->scaling, job->sample.at_usec, job->workers, &job->decision);
}

/* Lets time pass: records arrive and are processed at these rates, all workers are busy to this share. */
static void pass(Job *job, double sec, double arriving, double processing, double busy) {
        LoadSample *sample = &job->sample;

        for (int i = 0; i < (int)round(sec * 5); i++) {
                uint64_t arrived = (uint64_t)(arriving / 5), processed = (uint64_t)(processing / 5);

                sample->at_usec += USEC_PER_SEC / 5;
                sample->arrived_records += arrived;
                sample->processed_records += processed;
                sample->backlog_records += arrived;
                sample->backlog_records -= MIN(processed, sample->backlog_records);
                sample->busy_usec += (usec_t)(busy * job->workers * USEC_PER_SEC / 5);
                sample->workers_running = job->workers;
                scaling_observe(job->scaling, sample);
                if (decide(job) && job->obeys)
                        job->workers = job->decision.workers_wanted;
        }
}

static void check_wanted(Job *job, unsigned wanted, const char *reason) {
        (void)decide(job);
        assert_int_equal(job->decision.workers_wanted, wanted);
        if (reason)
                assert_string_equal(job->decision.reason, reason);
}

static void test_limits_come_first(void **state) {
        ScalingLimits limits = usual;
        Job job;

        limits.min = 2;
        limits.max = 3;
        job = job_with(&limits, 0);
        check_wanted(&job, 2, "at least 2 workers are configured");
        job.workers = 5;
        check_wanted(&job, 3, "at most 3 workers are configured");
        limits.max = 2;
        scaling_set_limits(job.scaling, &limits);
        job.workers = 2;
        pass(&job, 60, 0, 0, 0);
        check_wanted(&job, 2, NULL);
        job.sample.backlog_records = 100000000;
        pass(&job, 10, 0, 1000, 1);
        check_wanted(&job, 2, NULL);
        limits.max = 1;
        limits.min = 0;
        scaling_set_limits(job.scaling, &limits);
        check_wanted(&job, 1, "at most 1 worker is configured");
        job_done(&job);
}

static void test_nothing_without_reports(void **state) {
        Job job = job_with(&usual, 3);

        check_wanted(&job, 3, "the job does not report its load; nothing changes until it does");
        pass(&job, 1, 1000, 1000, 0.5);
        job.sample.at_usec += 4 * USEC_PER_SEC;
        check_wanted(&job, 3, "the job does not report its load; nothing changes until it does");
        job_done(&job);
}

/* A failed measurement must not look like no load, neither while it lasts nor after it. */
static void test_unmeasured_holds(void **state) {
        Job job = job_with(&usual, 3);

        pass(&job, 20, 100000, 100000, 0.8);
        job.sample.measured = false;
        pass(&job, 60, 0, 100000, 0.8);
        check_wanted(&job, 3, "the ends of the log are not known; nothing changes until they are");
        job.sample.measured = true;
        job.sample.arrived_records += 6000000;
        pass(&job, 9, 0, 0, 0);
        check_wanted(&job, 3, NULL);
        pass(&job, 10, 0, 0, 0);
        check_wanted(&job, 0, NULL);
        job_done(&job);
}

static void test_low_load_after_unmeasured(void **state) {
        Job job = job_with(&usual, 3);

        pass(&job, 20, 100000, 100000, 1);
        job.sample.measured = false;
        pass(&job, 60, 0, 100000, 1);
        job.sample.measured = true;
        pass(&job, 9, 10, 10, 0);
        check_wanted(&job, 3, NULL);
        pass(&job, 1.2, 10, 10, 0);
        check_wanted(&job, 1, NULL);
        job_done(&job);
}

static void test_from_zero_at_once(void **state) {
        static const struct {
                bool measured, paused, sink_holds_back;
                uint64_t backlog;
                unsigned wanted;
        } cases[] = {
                {true, false, false, 0, 0}, {true, false, false, 1, 1}, {false, false, false, 1, 0},
                {true, true, false, 1, 0},  {true, false, true, 1, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Job job = job_with(&usual, 0);

                job.sample.measured = cases[i].measured;
                job.sample.paused = cases[i].paused;
                job.sample.sink_holds_back = cases[i].sink_holds_back;
                job.sample.backlog_records = cases[i].backlog;
                scaling_observe(job.scaling, &job.sample);
                check_wanted(&job, cases[i].wanted, NULL);
                job_done(&job);
        }
}

/* What is known of the workers outlives the time without any. */
static void test_rate_is_remembered(void **state) {
        Job job = job_with(&usual, 1);

        pass(&job, 10, 1000, 1000, 1);
        job.workers = 0;
        pass(&job, 3600, 0, 0, 0);
        job.sample.backlog_records = 38000;
        pass(&job, 0.2, 0, 0, 0);
        assert_int_equal((int)round(job.decision.rate_per_worker_per_sec), 1000);
        check_wanted(&job, 4,
                     "backlog of 38,000 records; 0/s arrive, a worker does 1,000/s: no worker runs");
        job_done(&job);
}

static void test_formula(void **state) {
        Job job = job_with(&usual, 5);

        pass(&job, 10, 4000, 4000, 0.8);
        job.sample.backlog_records = 5000;
        pass(&job, 0.2, 4000, 4000, 0.8);
        /* (4000 / 0.8 + 5000 / 10) / 1000 */
        assert_true(fabs(job.decision.arrival_per_sec - 4000) < 1);
        assert_true(fabs(job.decision.rate_per_worker_per_sec - 1000) < 1);
        assert_true(fabs(job.decision.desired - 5.5) < 0.01);
        job_done(&job);
}

static void test_rate_limit(void **state) {
        static const struct {
                double limit, measured, expected; /* measured 0: not yet */
        } cases[] = {{0, 1000, 1000}, {8, 1000, 8}, {5000, 1000, 1000}, {8, 0, 8}, {0, 0, 0}};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ScalingLimits limits = usual;
                Job job;

                limits.rate_limit_per_sec = cases[i].limit;
                job = job_with(&limits, 1);
                pass(&job, 5, cases[i].measured, cases[i].measured, cases[i].measured > 0);
                assert_int_equal((int)round(job.decision.rate_per_worker_per_sec), (int)cases[i].expected);
                job_done(&job);
        }
}

/* A record now and then, each with much work around it, says little about a full load (a low rate would ask
 * for all workers at the next burst). */
static void test_rate_is_that_of_busy_workers(void **state) {
        Job job = job_with(&usual, 1);

        pass(&job, 10, 100000, 100000, 1);
        pass(&job, 600, 5, 5, 0.02); /* 250 records per second of work */
        assert_true(job.decision.rate_per_worker_per_sec > 90000);
        pass(&job, 10, 50000, 50000, 1); /* but workers that are really slower show it soon */
        assert_true(job.decision.rate_per_worker_per_sec < 65000);
        job_done(&job);
}

static void test_up_after_backlog_timeout(void **state) {
        Job job = job_with(&usual, 1);
        usec_t next_usec;

        pass(&job, 20, 800, 800, 0.8);
        pass(&job, 0.2, 10000, 1000, 1);
        check_wanted(&job, 1, NULL);
        pass(&job, 0.6, 10000, 1000, 1);
        check_wanted(&job, 1, NULL);

        /* At the time that it names it decides without another report. */
        next_usec = scaling_next_usec(job.scaling, job.sample.at_usec);
        assert_int_equal(next_usec, job.sample.at_usec + USEC_PER_SEC * 2 / 5);
        assert_false(scaling_decide(job.scaling, next_usec - 1, 1, &job.decision));
        assert_true(scaling_decide(job.scaling, next_usec, 1, &job.decision));
        assert_true(job.decision.workers_wanted > 3);
        job_done(&job);
}

static void test_backlog_that_goes_away_adds_none(void **state) {
        Job job = job_with(&usual, 1);

        pass(&job, 20, 500, 500, 0.5);
        for (int i = 0; i < 30; i++) {
                pass(&job, 0.8, 2000, 1000, 1);
                check_wanted(&job, 1, NULL);
                job.sample.backlog_records = 0;
                pass(&job, 0.8, 0, 0, 0);
                check_wanted(&job, 1, NULL);
        }
        job_done(&job);
}

/* A lag that never goes (others count commit markers as records) is no reason to add workers. */
static void test_stuck_lag_of_one(void **state) {
        Job job = job_with(&usual, 1);

        pass(&job, 5, 1000, 1000, 0.5);
        job.sample.backlog_records = 1;
        pass(&job, 600, 0, 0, 0);
        check_wanted(&job, 1, NULL);
        job_done(&job);
}

static void test_sink_adds_none(void **state) {
        Job job = job_with(&usual, 1);

        pass(&job, 10, 1000, 1000, 0.9);
        job.sample.sink_holds_back = true;
        pass(&job, 60, 5000, 500, 0.5);
        check_wanted(&job, 1, "the sink or the state store holds the job back; more workers would not help");

        /* Let go for a moment after each epoch. */
        for (int i = 0; i < 20; i++) {
                job.sample.sink_holds_back = false;
                pass(&job, 0.8, 5000, 1000, 1);
                check_wanted(&job, 1, NULL);
                job.sample.sink_holds_back = true;
                pass(&job, 2, 5000, 500, 0.5);
        }
        job.sample.sink_holds_back = false;
        pass(&job, 3, 5000, 1000, 1);
        assert_true(job.decision.workers_wanted > 1);
        job_done(&job);
}

static void test_pause_changes_nothing(void **state) {
        Job job = job_with(&usual, 2);

        pass(&job, 20, 2000, 2000, 0.9);
        job.sample.paused = true;
        pass(&job, 60, 2000, 0, 0);
        check_wanted(&job, 2, "the job is paused");
        job_done(&job);
}

static void test_down_to_the_greatest_recent_wish(void **state) {
        Job job = job_with(&usual, 4);

        pass(&job, 20, 3200, 3200, 0.8);
        check_wanted(&job, 4, NULL);
        pass(&job, 6, 1600, 1600, 0.4); /* two are enough */
        check_wanted(&job, 4, NULL);
        pass(&job, 4, 800, 800, 0.2); /* and then one */
        check_wanted(&job, 4, NULL);
        pass(&job, 4, 800, 800, 0.2);
        check_wanted(&job, 2,
                     "no backlog; 800/s arrive, a worker does 1,000/s: no more than 2 were needed for 10s");
        job_done(&job);
}

static void test_not_down_while_catching_up(void **state) {
        ScalingLimits limits = usual;
        Job job;

        limits.catch_up_time_usec = 3600 * USEC_PER_SEC; /* so that the backlog asks for no worker */
        job = job_with(&limits, 4);
        pass(&job, 20, 4000, 4000, 1);
        job.sample.backlog_records = 100000;
        pass(&job, 20, 100, 4000, 1);
        check_wanted(&job, 4, NULL);
        assert_non_null(strstr(job.decision.reason, "catching up"));
        pass(&job, 20, 100, 4000, 0.025);
        check_wanted(&job, 1, NULL);
        job_done(&job);
}

static void test_to_zero_only_when_all_is_read(void **state) {
        Job job = job_with(&usual, 1);

        pass(&job, 5, 1000, 1000, 1);
        job.sample.backlog_records = 1;
        pass(&job, 30, 0, 0, 0);
        check_wanted(&job, 1, NULL);
        job.sample.backlog_records = 0;
        pass(&job, 9.8, 0, 0, 0);
        check_wanted(&job, 1, NULL);
        pass(&job, 0.4, 0, 0, 0);
        check_wanted(&job, 0, "nothing arrived for 10s and nothing is left to read");
        job_done(&job);
}

/* As long as nothing is known of the workers, twice as many; but not before these had their chance, and not
 * while they do not even run. */
static void test_unknown_rate_doubles(void **state) {
        Job job = job_with(&usual, 1);

        job.sample.backlog_records = 1000000;
        pass(&job, 2.8, 0, 0, 0);
        check_wanted(&job, 1, "waiting for the first reports of 1 worker");
        pass(&job, 0.4, 0, 0, 0);
        check_wanted(&job, 2, NULL);
        job.workers = 2;
        pass(&job, 3.4, 0, 0, 0);
        check_wanted(&job, 4, NULL);
        job.workers = 8;
        pass(&job, 6, 0, 0, 0);
        check_wanted(&job, 10, NULL);
        job_done(&job);
}

/* A few records a second, of which some are always on their way, while too little is done to know a rate. */
static void test_unknown_rate_of_low_traffic(void **state) {
        Job job = job_with(&usual, 1);

        job.sample.backlog_records = 4;
        pass(&job, 60, 5, 5, 0);
        assert_int_equal(job.sample.backlog_records, 4);
        check_wanted(&job, 1, NULL);
        job_done(&job);
}

static void test_workers_that_do_not_start_get_no_more(void **state) {
        Job job = job_with(&usual, 1);

        pass(&job, 10, 1000, 1000, 1);
        pass(&job, 2, 9000, 1000, 1);
        assert_true(job.decision.workers_wanted > 3);
        for (int i = 0; i < 60; i++) {
                /* the caller started three more, which crash */
                job.sample.at_usec += USEC_PER_SEC / 5;
                job.sample.arrived_records += 1800;
                job.sample.backlog_records += 1600;
                job.sample.processed_records += 200;
                job.sample.busy_usec += USEC_PER_SEC / 5;
                job.workers = 4;
                job.sample.workers_running = 1;
                scaling_observe(job.scaling, &job.sample);
                (void)decide(&job);
        }
        check_wanted(&job, 4, "only 1 of 4 workers run; more are not started before these do");
        job_done(&job);
}

/* Workers that bring nothing are found out, said so, and not tried again for some minutes. */
static void test_useless_workers_are_noticed(void **state) {
        Job job = job_with(&usual, 1);
        unsigned workers;

        job.obeys = true;
        pass(&job, 10, 800, 800, 0.8);
        pass(&job, 10, 2000, 1000, 1);
        workers = job.workers;
        assert_in_range(workers, 2, 4);
        check_wanted(
                &job, workers,
                "the last workers that were added brought no more records per second; something else is the "
                "bottleneck");
        pass(&job, 280, 2000, 1000, 1);
        check_wanted(&job, workers, NULL);
        pass(&job, 20, 2000, 1000, 1);
        assert_true(job.workers > workers);
        job_done(&job);
}

static void test_useful_workers_may_be_more(void **state) {
        Job job = job_with(&usual, 1);

        job.obeys = true;
        pass(&job, 10, 800, 800, 0.8);
        pass(&job, 2, 3000, 1000, 1);
        assert_in_range(job.workers, 2, 6);
        pass(&job, 10, 8000, 1000 * job.workers, 1);
        assert_true(job.workers > 6);
        job_done(&job);
}

static void test_reasons(void **state) {
        ScalingLimits limits = usual;
        Job job;

        limits.rate_limit_per_sec = 8;
        limits.max = 4;
        job = job_with(&limits, 1);
        job.sample.backlog_records = 1200;
        pass(&job, 0.2, 0, 0, 0);
        check_wanted(&job, 1,
                     "backlog of 1,200 records; 0/s arrive, a worker does 8/s: waiting whether the backlog "
                     "lasts");
        pass(&job, 1.2, 30, 0, 0);
        check_wanted(&job, 4, "backlog of 1,236 records for 1.2s; 30/s arrive, a worker does 8/s");
        job.workers = 4;
        pass(&job, 1, 30, 30, 0);
        check_wanted(&job, 4,
                     "backlog of 1,236 records for 2.2s; 30/s arrive, a worker does 8/s: 21 workers would "
                     "be needed, 4 are "
                     "allowed");
        job_done(&job);

        job = job_with(&usual, 0);
        pass(&job, 1, 0, 0, 0);
        check_wanted(&job, 0,
                     "no backlog; 0/s arrive, what a worker does is not known yet: nothing to read");
        job_done(&job);
}

/* The rate at which records arrive, whatever the rhythm in which they become known. */
static void test_arrival_rate(void **state) {
        static const struct {
                unsigned every_samples; /* of 200 ms */
                uint64_t records;       /* each time */
                double sec, expected, tolerance;
        } cases[] = {
                {1, 20000, 10, 100000, 1},       /* steady */
                {5, 100000, 10, 100000, 1},      /* known once a second */
                {10, 200000, 20, 100000, 25000}, /* every two seconds: a step more or less in the window */
                {1, 1, 10, 5, 0.01},
                {5, 1, 10, 1, 0.25},
                {50, 1, 100, 0, 0.3}, /* one in ten seconds */
                {1, 0, 10, 0, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                LoadHistory history = {};
                LoadSample sample = {.measured = true};
                double rate;

                for (unsigned n = 1; n <= cases[i].sec * 5; n++) {
                        sample.at_usec = n * USEC_PER_SEC / 5;
                        sample.arrived_records += n % cases[i].every_samples == 0 ? cases[i].records : 0;
                        assert_false(load_history_add(&history, &sample));
                }
                rate = load_history_arrival(&history);
                if (fabs(rate - cases[i].expected) > cases[i].tolerance)
                        fail_msg("case %zu: %g a second", i, rate);
        }
}

static void test_arrival_rate_follows_a_step(void **state) {
        LoadHistory history = {};
        LoadSample sample = {.measured = true};

        for (unsigned n = 1; n <= 100; n++) {
                sample.at_usec = n * USEC_PER_SEC / 5;
                sample.arrived_records += n <= 50 ? 200 : 2000;
                (void)load_history_add(&history, &sample);
                if (n == 57)
                        assert_true(load_history_arrival(&history) > 6000); /* after 1.4 s */
                if (n >= 61)
                        assert_true(fabs(load_history_arrival(&history) - 10000) < 1);
        }
        for (unsigned n = 101; n <= 130; n++) {
                sample.at_usec = n * USEC_PER_SEC / 5;
                (void)load_history_add(&history, &sample);
        }
        assert_true(load_history_arrival(&history) == 0); /* nothing for 6 s */
}

/* Reports in quick succession neither push older ones out nor count as time. */
static void test_many_reports(void **state) {
        LoadHistory history = {};
        LoadSample sample = {.measured = true};

        for (unsigned n = 1; n <= 20000; n++) {
                sample.at_usec = n * USEC_PER_MSEC;
                sample.arrived_records += 10;
                (void)load_history_add(&history, &sample);
        }
        assert_true(fabs(load_history_arrival(&history) - 10000) < 100);
}

static void test_restart_of_the_job_is_noticed(void **state) {
        LoadHistory history = {};
        LoadSample sample = {.measured = true, .arrived_records = 1000, .processed_records = 1000};

        assert_false(load_history_add(&history, &sample));
        sample.at_usec += USEC_PER_SEC;
        sample.arrived_records = 5;
        assert_true(load_history_add(&history, &sample));
        sample.at_usec += USEC_PER_SEC;
        sample.processed_records = 10;
        assert_true(load_history_add(&history, &sample));
        sample.at_usec += USEC_PER_SEC;
        sample.arrived_records += 10;
        assert_false(load_history_add(&history, &sample));
        assert_true(fabs(load_history_arrival(&history) - 10) < 0.01);
}

/* Against a plain list. */
static void test_recent_wishes(void **state) {
        RecentWishes wishes = {};
        unsigned list[400];
        uint64_t seed = 3;

        for (usec_t now = 0; now < ELEMENTSOF(list); now++) {
                unsigned greatest = 0;

                seed = seed * UINT64_C(6364136223846793005) + 1;
                list[now] = (unsigned)(seed >> 60);
                recent_wishes_add(&wishes, now, list[now]);
                for (usec_t i = now >= 20 ? now - 19 : 0; i <= now; i++)
                        greatest = MAX(greatest, list[i]);
                if (now >= 20) {
                        assert_int_equal(recent_wishes_greatest(&wishes, now - 20), greatest);
                        recent_wishes_expire(&wishes, now - 20);
                        assert_int_equal(recent_wishes_greatest(&wishes, now - 20), greatest);
                }
        }
        assert_int_equal(recent_wishes_greatest(&wishes, ELEMENTSOF(list)), 0);

        /* A staircase down with more steps than fit: never too few. */
        wishes = (RecentWishes){};
        for (unsigned i = 0; i < 200; i++) {
                recent_wishes_add(&wishes, i, 1000 - i);
                assert_true(recent_wishes_greatest(&wishes, i > 0 ? i - 1 : 0) >= (i > 0 ? 1000 - i : 0));
        }
}

static void test_trial(void **state) {
        static const struct {
                double before, after;
                unsigned from, to;
                TrialResult result;
        } cases[] = {
                {1000, 1000, 1, 4, TRIAL_USELESS}, {1000, 1500, 1, 4, TRIAL_USELESS},
                {1000, 1700, 1, 4, TRIAL_HELPED},  {1000, 2000, 1, 2, TRIAL_HELPED},
                {1000, 900, 1, 2, TRIAL_USELESS},  {0, 0, 1, 2, TRIAL_HELPED}, /* nothing to compare with */
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                LoadSample sample = {.measured = true, .at_usec = 1, .workers_running = cases[i].to};
                TrialResult result = TRIAL_OPEN;
                Trial trial = {};

                trial_begin(&trial, cases[i].from, cases[i].to, 0, cases[i].before);
                for (int n = 0; n <= 25; n++) {
                        assert_int_equal(result, TRIAL_OPEN);
                        result = trial_observe(&trial, &sample);
                        sample.at_usec += USEC_PER_SEC / 5;
                        sample.processed_records += (uint64_t)(cases[i].after / 5);
                }
                if (result != cases[i].result)
                        fail_msg("case %zu: %d", i, (int)result);
                assert_false(trial.active);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_scenarios),
                cmocka_unit_test(test_simulation_is_deterministic),
                cmocka_unit_test(test_limits_come_first),
                cmocka_unit_test(test_nothing_without_reports),
                cmocka_unit_test(test_unmeasured_holds),
                cmocka_unit_test(test_low_load_after_unmeasured),
                cmocka_unit_test(test_from_zero_at_once),
                cmocka_unit_test(test_rate_is_remembered),
                cmocka_unit_test(test_formula),
                cmocka_unit_test(test_rate_limit),
                cmocka_unit_test(test_rate_is_that_of_busy_workers),
                cmocka_unit_test(test_up_after_backlog_timeout),
                cmocka_unit_test(test_backlog_that_goes_away_adds_none),
                cmocka_unit_test(test_stuck_lag_of_one),
                cmocka_unit_test(test_sink_adds_none),
                cmocka_unit_test(test_pause_changes_nothing),
                cmocka_unit_test(test_down_to_the_greatest_recent_wish),
                cmocka_unit_test(test_not_down_while_catching_up),
                cmocka_unit_test(test_to_zero_only_when_all_is_read),
                cmocka_unit_test(test_unknown_rate_doubles),
                cmocka_unit_test(test_unknown_rate_of_low_traffic),
                cmocka_unit_test(test_workers_that_do_not_start_get_no_more),
                cmocka_unit_test(test_useless_workers_are_noticed),
                cmocka_unit_test(test_useful_workers_may_be_more),
                cmocka_unit_test(test_reasons),
                cmocka_unit_test(test_arrival_rate),
                cmocka_unit_test(test_arrival_rate_follows_a_step),
                cmocka_unit_test(test_many_reports),
                cmocka_unit_test(test_restart_of_the_job_is_noticed),
                cmocka_unit_test(test_recent_wishes),
                cmocka_unit_test(test_trial),
        };

        return cmocka_run_group_tests_name("scaling", tests, NULL, NULL);
}
