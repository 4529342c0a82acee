/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "lease-model.h"
#include "wire/messages.h"

/* The job's bookkeeping of leases under random workers that join, leave, die, come back, report wherever
 * they are, and answer recalls late. What they send arrives in order, but later; what a dead one had sent
 * arrives too, at whoever has its number then. After each step every rule of the model must hold. */
enum { SIM_WORKERS_MAX = 5, SIM_LEASES_MAX = 24, SIM_QUEUE_MAX = 64, STEPS = 300, SEEDS = 60 };

typedef struct SimReport {
        uint64_t lease;
        uint32_t log;
        int64_t from, to;
        int64_t judged_by_usec, next_watermark_usec;
        bool final;
        bool leaving; /* not a report: LEAVING */
} SimReport;

/* A lease as the worker sees it. */
typedef struct SimLease {
        uint64_t id;
        uint32_t log;
        int64_t reported, end;
        int64_t watermark_usec, next_watermark_usec;
        bool recalled;
} SimLease;

typedef struct SimWorker {
        struct Simulation *simulation;
        LeaseWorker *handle; /* NULL: not running */
        bool leaving;
        SimLease leases[SIM_LEASES_MAX];
        size_t n_leases;
        SimReport sent[SIM_QUEUE_MAX]; /* and not yet read by the job */
        size_t n_sent;
        SimReport zombie[SIM_QUEUE_MAX]; /* of its predecessor with this number */
        size_t n_zombie;
} SimWorker;

typedef struct Simulation {
        Model model;
        SimWorker workers[SIM_WORKERS_MAX];
        unsigned recalls, deaths, zombies_refused;
} Simulation;

static void on_grant(Lease *lease, void *userdata) {
        SimWorker *worker = lease->worker->userdata;

        model_granted(&worker->simulation->model, lease);
        assert_true(worker->n_leases < SIM_LEASES_MAX);
        worker->leases[worker->n_leases++] = (SimLease){
                .id = lease->id,
                .log = lease->partition->index,
                .reported = lease->start,
                .end = lease->end,
                .watermark_usec = lease->watermark_usec,
                .next_watermark_usec = lease->watermark_usec,
        };
}

static SimLease *find_lease(SimWorker *worker, uint64_t id) {
        for (size_t i = 0; i < worker->n_leases; i++)
                if (worker->leases[i].id == id)
                        return &worker->leases[i];
        return NULL;
}

static void on_recall(Lease *lease, void *userdata) {
        SimWorker *worker = lease->worker->userdata;
        SimLease *known = find_lease(worker, lease->id);

        worker->simulation->recalls++;
        if (known) /* else its last report is under way */
                known->recalled = true;
}

static void schedule(Simulation *simulation) {
        const LeaseActions actions = {on_grant, on_recall, simulation};

        lease_table_schedule(simulation->model.table, &actions);
}

static void worker_join(Simulation *simulation, size_t i) {
        SimWorker *worker = &simulation->workers[i];

        if (worker->handle)
                return;
        worker->simulation = simulation;
        worker->leaving = false;
        assert_int_equal(
                lease_table_add_worker(simulation->model.table, (unsigned)i + 1, worker, &worker->handle),
                0);
        worker->handle->capacity_per_sec = (double)model_random(&simulation->model, 60);
}

static void worker_die(Simulation *simulation, SimWorker *worker) {
        Lease *lease;

        if (!worker->handle)
                return;
        TAILQ_FOREACH(lease, &worker->handle->leases, leases)
        model_released(&simulation->model, lease->partition->index, lease->position, lease->end);
        assert_int_equal(lease_table_remove_worker(simulation->model.table, worker->handle), 0);
        worker->handle = NULL;
        worker->n_leases = 0;
        simulation->deaths++;

        memcpy(worker->zombie, worker->sent, worker->n_sent * sizeof(SimReport));
        worker->n_zombie = worker->n_sent;
        worker->n_sent = 0;
}

/* Sends a report of the next n offsets, or of what the log has of them. */
static void worker_report(Simulation *simulation, SimWorker *worker, size_t index, int64_t n,
                          bool give_back) {
        SimLease *lease = &worker->leases[index];
        int64_t readable = MIN(lease->end, simulation->model.logs[lease->log].end);
        int64_t to = MAX(lease->reported, MIN(lease->reported + n, readable));
        SimReport report = {
                .lease = lease->id,
                .log = lease->log,
                .from = lease->reported,
                .to = to,
                .judged_by_usec = lease->watermark_usec,
                .next_watermark_usec = lease->next_watermark_usec,
                .final = give_back || to == lease->end,
        };

        if (worker->n_sent == SIM_QUEUE_MAX)
                return;
        worker->sent[worker->n_sent++] = report;
        lease->reported = to;
        lease->watermark_usec = lease->next_watermark_usec;
        if (report.final)
                *lease = worker->leases[--worker->n_leases];
}

static void worker_answer_recalls(Simulation *simulation, SimWorker *worker) {
        for (size_t i = worker->n_leases; i-- > 0;)
                if (worker->leases[i].recalled || worker->leaving)
                        worker_report(simulation, worker, i, (int64_t)model_random(&simulation->model, 4),
                                      true);
}

static void worker_leave(SimWorker *worker) {
        if (!worker->handle || worker->leaving || worker->n_sent == SIM_QUEUE_MAX)
                return;
        worker->leaving = true;
        worker->sent[worker->n_sent++] = (SimReport){.leaving = true};
}

/* The job reads one report. Whether it may be merged follows from who holds the offsets. */
static void job_read(Simulation *simulation, SimWorker *worker, const SimReport *report, bool expected) {
        Model *model = &simulation->model;
        SimLease *known;
        Lease *lease;
        int64_t end;

        if (report->leaving) {
                worker->handle->leaving = true;
                return;
        }
        lease = lease_table_accept(model->table, worker->handle, report->lease, report->from, report->to);
        CHECK_THAT(model, !!lease == expected, "a report was %s", lease ? "accepted" : "refused");
        if (!lease)
                return;
        end = lease->end;
        model_merged(model, report->log, report->lease, report->from, report->to, report->judged_by_usec);
        if (report->final)
                model_released(model, report->log, report->to, end);
        assert_int_equal(
                lease_table_merged(model->table, lease, report->to, report->final,
                                   model_max_event_time(model, report->log, report->from, report->to),
                                   report->next_watermark_usec, model->now_usec),
                0);
        known = find_lease(worker, report->lease);
        if (known)
                known->next_watermark_usec = model->table->watermark_usec;
}

static void job_read_next(Simulation *simulation, SimWorker *worker) {
        SimReport report;

        if (!worker->handle || worker->n_sent == 0)
                return;
        report = worker->sent[0];
        memmove(worker->sent, worker->sent + 1, --worker->n_sent * sizeof(SimReport));
        job_read(simulation, worker, &report, true);
}

static void job_read_zombie(Simulation *simulation, SimWorker *worker) {
        if (!worker->handle || worker->n_zombie == 0)
                return;
        worker->n_zombie--;
        if (worker->zombie[worker->n_zombie].leaving)
                return;
        job_read(simulation, worker, &worker->zombie[worker->n_zombie], false);
        simulation->zombies_refused++;
}

/* The same range under the same lease, but not where the last report ended. */
static void job_read_repeated(Simulation *simulation, SimWorker *worker) {
        SimReport report;
        Lease *lease;

        if (!worker->handle || TAILQ_EMPTY(&worker->handle->leases))
                return;
        lease = TAILQ_FIRST(&worker->handle->leases);
        report = (SimReport){.lease = lease->id, .from = lease->position + 1, .to = lease->end};
        job_read(simulation, worker, &report, false);
        report = (SimReport){.lease = lease->id, .from = lease->position, .to = lease->end + 1};
        job_read(simulation, worker, &report, false);
        if (lease->position > 0) {
                report = (SimReport){.lease = lease->id, .from = lease->position - 1, .to = lease->position};
                job_read(simulation, worker, &report, false);
        }
}

static void step(Simulation *simulation) {
        Model *model = &simulation->model;
        size_t i = model_random(model, SIM_WORKERS_MAX);
        SimWorker *worker = &simulation->workers[i];

        model->now_usec += model_random(model, USEC_PER_SEC);
        switch (model_random(model, 32)) {
        case 0 ... 1: worker_join(simulation, i); break;
        case 2:
                if (model_random(model, 2) == 0)
                        worker_die(simulation, worker);
                break;
        case 3:
                if (model_random(model, 2) == 0)
                        worker_leave(worker);
                break;
        case 4 ... 6:
                model_grow(model, model_random(model, model->n_logs), (int64_t)model_random(model, 60));
                break;
        case 7:
                if (worker->handle)
                        worker->handle->capacity_per_sec = (double)model_random(model, 60);
                break;
        case 8: job_read_zombie(simulation, worker); break;
        case 9: job_read_repeated(simulation, worker); break;
        case 10 ... 18:
                if (worker->n_leases > 0)
                        worker_report(simulation, worker, model_random(model, worker->n_leases),
                                      (int64_t)model_random(model, 30), model_random(model, 16) == 0);
                break;
        case 19 ... 20: worker_answer_recalls(simulation, worker); break;
        case 21: model_advance_watermark(model); break;
        default: job_read_next(simulation, worker); break;
        }
        /* A worker that left closes its socket when its last word is read. */
        if (worker->handle && worker->handle->leaving && worker->n_leases == 0 && worker->n_sent == 0)
                worker_die(simulation, worker);
        schedule(simulation);
        model_check(model);
}

static bool drained(const Model *model) {
        for (size_t i = 0; i < model->n_logs; i++)
                if (model->table->partitions[i]->position < model->logs[i].end)
                        return false;
        return true;
}

/* Everybody does what is asked of him, and nothing new comes. */
static void drain(Simulation *simulation) {
        Model *model = &simulation->model;

        worker_join(simulation, 0);
        for (unsigned round = 0; !drained(model); round++) {
                CHECK_THAT(model, round < 1000, "the logs are not read to their ends");
                for (size_t i = 0; i < SIM_WORKERS_MAX; i++) {
                        SimWorker *worker = &simulation->workers[i];

                        worker_answer_recalls(simulation, worker);
                        for (size_t j = worker->n_leases; j-- > 0;)
                                worker_report(simulation, worker, j, MODEL_OFFSETS, false);
                        while (worker->handle && worker->n_sent > 0)
                                job_read_next(simulation, worker);
                }
                model->step++;
                schedule(simulation);
                model_advance_watermark(model);
                model_check(model);
                if (simulation->workers[0].leaving) {
                        worker_die(simulation, &simulation->workers[0]);
                        worker_join(simulation, 0);
                }
        }
        model_check_drained(model);
}

/* All leases come back: what is left is what the log does not have yet. */
static void recall_everything(Simulation *simulation) {
        const LeaseActions actions = {on_grant, on_recall, simulation};
        Model *model = &simulation->model;

        lease_table_recall_all(model->table, &actions);
        for (size_t i = 0; i < SIM_WORKERS_MAX; i++) {
                worker_answer_recalls(simulation, &simulation->workers[i]);
                while (simulation->workers[i].handle && simulation->workers[i].n_sent > 0)
                        job_read_next(simulation, &simulation->workers[i]);
        }
        model_check(model);
        CHECK_THAT(model, !lease_table_has_leases(model->table), "a lease did not come back");
        for (size_t i = 0; i < model->n_logs; i++) {
                const Partition *partition = model->table->partitions[i];

                CHECK_THAT(model, partition->next == partition->position && partition->returned.n == 0,
                           "next %" PRIi64 ", position %" PRIi64, partition->next, partition->position);
        }
}

static void simulate(unsigned seed, usec_t disorder_usec, const WatermarkRule *rule, Simulation *ret) {
        _cleanup_free_ Simulation *simulation = new0(Simulation, 1);

        assert_non_null(simulation);
        model_init(&simulation->model, seed, 1 + seed % MODEL_PARTITIONS_MAX, disorder_usec, rule);
        for (; simulation->model.step < STEPS; simulation->model.step++)
                step(simulation);
        drain(simulation);
        recall_everything(simulation);
        model_done(&simulation->model);
        *ret = *simulation;
}

/* No partition is out of order by more than the delay, and none is skipped as idle: nothing is late. */
static void test_nothing_lost_nothing_twice_nothing_late(void **state) {
        const WatermarkRule rule = {.delay_usec = 15000, .idle_after_usec = USEC_INFINITY};
        unsigned recalls = 0, deaths = 0, zombies = 0;
        _cleanup_free_ Simulation *simulation = new0(Simulation, 1);

        assert_non_null(simulation);
        for (unsigned seed = 1; seed <= SEEDS; seed++) {
                simulate(seed, rule.delay_usec, &rule, simulation);
                assert_int_equal(simulation->model.late_records, 0);
                recalls += simulation->recalls;
                deaths += simulation->deaths;
                zombies += simulation->zombies_refused;
        }
        /* The simulation is worth something only if these happen. */
        assert_true(recalls > SEEDS && deaths > SEEDS && zombies > SEEDS / 4);
}

/* Records may be late: then each is a dead letter or in a window that is still there, never neither. */
static void test_late_or_in_a_window(void **state) {
        const WatermarkRule rule = {.delay_usec = 5000, .idle_after_usec = 2 * USEC_PER_SEC};
        _cleanup_free_ Simulation *simulation = new0(Simulation, 1);
        uint64_t late = 0, in_time = 0;

        assert_non_null(simulation);
        for (unsigned seed = 1; seed <= SEEDS; seed++) {
                simulate(seed, 40000, &rule, simulation);
                late += simulation->model.late_records;
                in_time += simulation->model.merged_records - simulation->model.late_records;
        }
        assert_true(late > SEEDS && in_time > SEEDS);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_lost_nothing_twice_nothing_late),
                cmocka_unit_test(test_late_or_in_a_window),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
