/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "scaling/simulation.h"

#define STEP_USEC (10 * USEC_PER_MSEC)
#define STEP_SEC 0.01
#define REPORT_USEC (100 * USEC_PER_MSEC) /* a worker's to the job */
#define LOAD_USEC (200 * USEC_PER_MSEC)   /* the job's to the coordinator */
#define START_SEC 0.3
#define RESTART_SEC 1.0 /* pause before a crashed worker is started again */

enum { WORKERS_MAX = 256 };

typedef struct Worker {
        usec_t ready_usec;
} Worker;

typedef struct Simulation {
        const Scenario *scenario;
        Scaling *scaling;
        Outcome *outcome;
        DecisionCallback callback;
        void *userdata;
        usec_t now_usec;
        const LoadPoint *load; /* the last point that was reached */
        uint64_t seed;
        Worker workers[WORKERS_MAX];
        unsigned n_workers;
        double arriving, working; /* fractions of a record */
        uint64_t arrived, read, delivered, second_arrived;
        double delivering;
        usec_t busy_usec, report_busy_usec;
        uint64_t known_end, reported, reported_before;
        usec_t reported_busy_usec, stalled_until_usec, decide_usec;
        uint64_t lost_records, lost_arrived; /* what the totals of an earlier process said */
        usec_t lost_busy_usec;
        bool sink_holds_back;
} Simulation;

static double seconds(usec_t usec) {
        return (double)usec / USEC_PER_SEC;
}

static bool is_within(const Simulation *sim, double from_sec, double to_sec) {
        double now = seconds(sim->now_usec);

        return now >= from_sec && now < to_sec;
}

static double random_fraction(Simulation *sim) {
        sim->seed = sim->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (double)(sim->seed >> 11) / (double)(UINT64_C(1) << 53);
}

static double load_now(Simulation *sim) {
        const Scenario *scenario = sim->scenario;
        const LoadPoint *point = sim->load;
        double sec = seconds(sim->now_usec);

        if (scenario->repeat_sec > 0)
                sec = fmod(sec, scenario->repeat_sec);
        if (sec < point->at_sec)
                point = scenario->load; /* they start again */
        while (point[1].at_sec > 0 && point[1].at_sec <= sec)
                point++;
        sim->load = point;
        if (point[1].at_sec == 0)
                return point->per_sec;
        return point->per_sec + (point[1].per_sec - point->per_sec) * (sec - point->at_sec) /
                                        (point[1].at_sec - point->at_sec);
}

static void arrive(Simulation *sim) {
        double records = load_now(sim) * STEP_SEC;
        uint64_t whole;

        sim->arriving += records * (1 + sim->scenario->jitter * (2 * random_fraction(sim) - 1));
        whole = (uint64_t)sim->arriving;
        sim->arriving -= (double)whole;
        sim->arrived += whole;
}

static unsigned count_running(const Simulation *sim) {
        unsigned n = 0;

        for (unsigned i = 0; i < sim->n_workers; i++)
                n += sim->workers[i].ready_usec <= sim->now_usec;
        return n;
}

static void crash(Simulation *sim) {
        usec_t life_usec = (usec_t)(sim->scenario->crash_after_sec * USEC_PER_SEC);

        for (unsigned i = 0; life_usec > 0 && i < sim->n_workers; i++)
                if (sim->workers[i].ready_usec + life_usec <= sim->now_usec)
                        sim->workers[i].ready_usec = sim->now_usec + (usec_t)(RESTART_SEC * USEC_PER_SEC);
}

/* A sink holds the job back when it is a second behind, and until it has caught up. */
static void deliver(Simulation *sim) {
        double rate = sim->scenario->sink_per_sec;
        uint64_t behind = sim->read - sim->delivered, whole;

        if (rate == 0)
                return;
        sim->delivering = fmin(sim->delivering + rate * STEP_SEC, (double)behind);
        whole = (uint64_t)sim->delivering;
        sim->delivering -= (double)whole;
        sim->delivered += whole;
        behind -= whole;
        if ((double)behind > rate)
                sim->sink_holds_back = true;
        else if (behind == 0)
                sim->sink_holds_back = false;
}

static void work(Simulation *sim, unsigned running) {
        const Scenario *scenario = sim->scenario;
        unsigned useful = scenario->workers_of_use > 0 ? MIN(running, scenario->workers_of_use) : running;
        double limit = scenario->limits.rate_limit_per_sec, each = scenario->worker_per_sec, room, busy_sec;
        uint64_t left = sim->arrived - sim->read, whole;

        if (useful == 0 || sim->sink_holds_back || sim->now_usec < sim->stalled_until_usec ||
            is_within(sim, scenario->paused_from_sec, scenario->paused_to_sec))
                return;
        if (scenario->all_workers_per_sec > 0)
                each = fmin(each, scenario->all_workers_per_sec / useful);
        room = useful * (limit > 0 ? fmin(each, limit) : each) * STEP_SEC;

        /* Time that was not used does not come back. */
        sim->working = fmin(sim->working + room, (double)left + 1);
        whole = MIN((uint64_t)sim->working, left);
        sim->working = left == whole ? fmin(sim->working - (double)whole, 1) : sim->working - (double)whole;
        sim->read += whole;
        busy_sec = fmin((double)whole / each, useful * STEP_SEC);
        sim->busy_usec += (usec_t)(busy_sec * USEC_PER_SEC);
}

static void report(Simulation *sim) {
        if (sim->read > sim->reported)
                sim->busy_usec += (usec_t)(sim->scenario->busy_sec_per_report * USEC_PER_SEC);
        sim->reported = sim->read;
        sim->reported_busy_usec = sim->busy_usec;
}

static void observe(Simulation *sim) {
        const Scenario *scenario = sim->scenario;
        usec_t ends_usec = MAX((usec_t)(scenario->ends_every_sec * USEC_PER_SEC), LOAD_USEC);

        if (scenario->restart_at_sec > 0 && sim->lost_records == 0 &&
            seconds(sim->now_usec) >= scenario->restart_at_sec) {
                sim->lost_records = sim->reported;
                sim->lost_arrived = sim->arrived;
                sim->lost_busy_usec = sim->reported_busy_usec;
        }
        if (sim->now_usec % ends_usec == 0)
                sim->known_end = sim->arrived;
        if (is_within(sim, scenario->gone_from_sec, scenario->gone_to_sec))
                return;
        scaling_observe(
                sim->scaling,
                &(LoadSample){
                        .at_usec = sim->now_usec,
                        .measured =
                                !is_within(sim, scenario->unmeasured_from_sec, scenario->unmeasured_to_sec),
                        .arrived_records = MAX(sim->known_end, sim->lost_arrived) - sim->lost_arrived,
                        .backlog_records = MAX(sim->known_end, sim->reported) - sim->reported,
                        .processed_records = sim->reported - sim->lost_records,
                        .busy_usec = sim->reported_busy_usec - sim->lost_busy_usec,
                        .workers_running = count_running(sim),
                        .sink_holds_back = sim->sink_holds_back,
                        .paused = is_within(sim, scenario->paused_from_sec, scenario->paused_to_sec),
                });
        sim->decide_usec = sim->now_usec;
}

static void set_workers(Simulation *sim, unsigned n) {
        double start_sec = sim->scenario->start_sec > 0 ? sim->scenario->start_sec : START_SEC;

        for (; sim->n_workers < MIN(n, (unsigned)WORKERS_MAX); sim->n_workers++)
                sim->workers[sim->n_workers].ready_usec = sim->now_usec + (usec_t)(start_sec * USEC_PER_SEC);
        sim->n_workers = MIN(sim->n_workers, n);
        sim->stalled_until_usec = sim->now_usec + (usec_t)(sim->scenario->rebalance_sec * USEC_PER_SEC);
}

static void decide(Simulation *sim) {
        Outcome *outcome = sim->outcome;
        double now = seconds(sim->now_usec);
        unsigned wanted;

        if (sim->now_usec < sim->decide_usec)
                return;
        if (scaling_decide(sim->scaling, sim->now_usec, sim->n_workers, &outcome->decision)) {
                outcome->changes++;
                if (sim->callback)
                        sim->callback(&outcome->decision, sim->userdata);
                set_workers(sim, outcome->decision.workers_wanted);
        }
        sim->decide_usec = scaling_next_usec(sim->scaling, sim->now_usec);

        wanted = sim->n_workers;
        outcome->greatest = MAX(outcome->greatest, wanted);
        outcome->least = MIN(outcome->least, wanted);
        if (outcome->reaction_sec < 0 && now >= sim->scenario->rise_at_sec &&
            wanted >= sim->scenario->rise_to)
                outcome->reaction_sec = now - sim->scenario->rise_at_sec;
        if (now >= sim->scenario->fall_at_sec && wanted > sim->scenario->fall_to)
                outcome->release_sec = -1; /* not for good */
        else if (outcome->release_sec < 0 && now >= sim->scenario->fall_at_sec)
                outcome->release_sec = now - sim->scenario->fall_at_sec;
}

static void keep_second(Simulation *sim, unsigned running) {
        Outcome *outcome = sim->outcome;

        if (outcome->n_seconds == SIMULATED_SEC_MAX)
                return;
        outcome->seconds[outcome->n_seconds++] = (Second){
                .arrived_per_sec = (double)(sim->arrived - sim->second_arrived),
                .backlog = sim->arrived - sim->read,
                .wanted = sim->n_workers,
                .running = running,
        };
        sim->second_arrived = sim->arrived;
}

int scenario_run(const Scenario *scenario, DecisionCallback callback, void *userdata, Outcome *ret) {
        _cleanup_(scaling_freep) Scaling *scaling = NULL;
        usec_t end_usec = (usec_t)(scenario->duration_sec * USEC_PER_SEC);
        Outcome *outcome = ret;
        Simulation sim;
        int r;

        r = scaling_new(&scenario->limits, &scaling);
        if (r < 0)
                return r;
        *outcome = (Outcome){.reaction_sec = -1, .release_sec = -1, .least = scenario->workers_at_start};
        sim = (Simulation){
                .scenario = scenario,
                .scaling = scaling,
                .outcome = outcome,
                .callback = callback,
                .userdata = userdata,
                .load = scenario->load,
                .seed = 1,
                .n_workers = scenario->workers_at_start,
                .arrived = scenario->backlog_at_start,
                .second_arrived = scenario->backlog_at_start,
        };
        for (; sim.now_usec < end_usec; sim.now_usec += STEP_USEC) {
                unsigned running;

                crash(&sim);
                running = count_running(&sim);
                arrive(&sim);
                work(&sim, running);
                deliver(&sim);
                if (sim.now_usec % REPORT_USEC == 0)
                        report(&sim);
                if (sim.now_usec % LOAD_USEC == 0)
                        observe(&sim);
                decide(&sim);
                outcome->max_backlog = MAX(outcome->max_backlog, sim.arrived - sim.read);
                outcome->worker_sec += sim.n_workers * STEP_SEC;
                if (sim.now_usec % USEC_PER_SEC == 0)
                        keep_second(&sim, running);
        }
        outcome->last = sim.n_workers;
        outcome->last_backlog = sim.arrived - sim.read;
        return 0;
}
