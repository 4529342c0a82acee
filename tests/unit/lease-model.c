/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "lease-model.h"
#include "window/tumbling.h"
#include "wire/messages.h"

static const LeasePolicy policy = {
        .lease_usec = USEC_PER_SEC,
        .first_lease_records = 20,
        .lease_records_min = 5,
        .max_ahead_usec = 2 * USEC_PER_SEC,
};

/* xorshift: the same on every machine, unlike rand(). */
uint64_t model_random(Model *model, uint64_t n) {
        static uint64_t state;

        if (n == 0) {
                state = model->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
                return 0;
        }
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (state >> 11) % n;
}

static void log_fill(Model *model, ModelLog *log, usec_t disorder_usec) {
        int64_t time = (int64_t)model_random(model, 1000) * 1000;
        uint64_t pace = 1 + model_random(model, 5000);

        log->start = log->end = log->next = (int64_t)model_random(model, 40);
        for (int64_t i = 0; i < MODEL_OFFSETS; i++) {
                time += (int64_t)model_random(model, pace);
                log->offsets[i] = (ModelOffset){
                        .is_record = model_random(model, 8) > 0,
                        .event_time_usec = time - (int64_t)model_random(model, disorder_usec),
                        .value = 1 + model_random(model, 1000000),
                };
        }
}

void model_init(Model *model, unsigned seed, size_t n_logs, usec_t disorder_usec,
                const WatermarkRule *rule) {
        *model = (Model){
                .seed = seed,
                .rule = *rule,
                .now_usec = USEC_PER_SEC,
                .window_usec = 10000,
                .n_logs = n_logs,
                .watermark_usec = TIME_NONE,
                .final_usec = TIME_NONE,
        };
        model_random(model, 0);
        assert_int_equal(lease_table_new(seed, &policy, &model->table), 0);
        model->logs = new0(ModelLog, n_logs);
        assert_non_null(model->logs);
        for (size_t i = 0; i < n_logs; i++) {
                log_fill(model, &model->logs[i], disorder_usec);
                assert_int_equal(lease_table_add_partition(model->table, NULL, 0, model->logs[i].start), 0);
        }
}

void model_done(Model *model) {
        lease_table_free(model->table);
        free(model->logs);
}

void model_grow(Model *model, size_t log, int64_t by) {
        ModelLog *to = &model->logs[log];

        to->end = MIN(to->end + by, (int64_t)MODEL_LOG_MAX);
        partition_set_end(model->table->partitions[log], to->end, model->now_usec);
}

void model_granted(Model *model, const Lease *lease) {
        ModelLog *log = &model->logs[lease->partition->index];

        CHECK_THAT(model, lease->start < lease->end, "an empty lease");
        CHECK_THAT(model, lease->end <= MODEL_OFFSETS, "the lease ends at %" PRIi64, lease->end);
        CHECK_THAT(model, lease->id >> 32 == model->seed, "a lease of another generation");
        CHECK_THAT(model, !lease->worker->leaving, "a lease for a worker that leaves");
        for (int64_t i = lease->start; i < lease->end; i++) {
                ModelOffset *offset = &log->offsets[i];

                CHECK_THAT(model, !offset->merged, "offset %" PRIi64 " leased, but merged", i);
                CHECK_THAT(model, offset->lease == 0, "offset %" PRIi64 " leased twice", i);
                offset->lease = lease->id;
        }
        log->next = MAX(log->next, lease->end);
}

void model_released(Model *model, size_t log, int64_t from, int64_t to) {
        for (int64_t i = from; i < to; i++)
                model->logs[log].offsets[i].lease = 0;
}

void model_merged(Model *model, size_t log, uint64_t lease, int64_t from, int64_t to,
                  int64_t judged_by_usec) {
        for (int64_t i = from; i < to; i++) {
                ModelOffset *offset = &model->logs[log].offsets[i];
                int64_t window_end = tumbling_window_start(offset->event_time_usec, model->window_usec) +
                                     (int64_t)model->window_usec;

                CHECK_THAT(model, offset->lease == lease, "offset %" PRIi64 " of another's lease", i);
                CHECK_THAT(model, !offset->merged, "offset %" PRIi64 " merged twice", i);
                offset->merged = true;
                offset->lease = 0;
                if (!offset->is_record)
                        continue;
                model->merged_records++;
                model->merged_sum += offset->value;
                if (window_end <= judged_by_usec)
                        model->late_records++; /* to the dead letters */
                else
                        CHECK_THAT(model, window_end > model->final_usec,
                                   "offset %" PRIi64 " goes into a window that is gone", i);
        }
}

int64_t model_max_event_time(const Model *model, size_t log, int64_t from, int64_t to) {
        int64_t greatest = TIME_NONE;

        for (int64_t i = from; i < to; i++)
                if (model->logs[log].offsets[i].is_record)
                        greatest = MAX(greatest, model->logs[log].offsets[i].event_time_usec);
        return greatest;
}

void model_advance_watermark(Model *model) {
        LeaseTable *table = model->table;

        table->watermark_usec = watermark_advance(table->watermark_usec, table->partitions,
                                                  table->n_partitions, &model->rule, model->now_usec);
        model->final_usec = MAX(model->final_usec, lease_table_final_usec(table));
}

static void check_list(Model *model, const RangeList *list, const char *name) {
        for (size_t i = 0; i < list->n; i++) {
                CHECK_THAT(model, list->ranges[i].from < list->ranges[i].to, "%s: an empty range", name);
                if (i > 0)
                        CHECK_THAT(model, list->ranges[i - 1].to < list->ranges[i].from,
                                   "%s: ranges that touch, overlap or are out of order", name);
        }
}

static bool list_has(const RangeList *list, int64_t offset) {
        for (size_t i = 0; i < list->n; i++)
                if (list->ranges[i].from <= offset && offset < list->ranges[i].to)
                        return true;
        return false;
}

/* The partition's ranges say of every offset what the model says. */
static void check_partition(Model *model, size_t number) {
        const Partition *partition = model->table->partitions[number];
        const ModelLog *log = &model->logs[number];
        uint64_t lag = 0;

        check_list(model, &partition->ahead, "ahead");
        check_list(model, &partition->returned, "returned");
        CHECK_THAT(model, partition->next <= log->next, "next is %" PRIi64, partition->next);
        CHECK_THAT(model,
                   partition->max_event_time_usec ==
                           model_max_event_time(model, number, log->start, partition->position),
                   "the greatest event time below the position is wrong");
        for (int64_t i = log->start; i < MODEL_OFFSETS; i++) {
                const ModelOffset *offset = &log->offsets[i];
                bool merged = i < partition->position || list_has(&partition->ahead, i);
                bool free_to_lease = i >= partition->next || list_has(&partition->returned, i);

                CHECK_THAT(model, merged == offset->merged, "offset %" PRIi64 " of %zu", i, number);
                CHECK_THAT(model, free_to_lease == (!offset->merged && offset->lease == 0),
                           "offset %" PRIi64 " of %zu", i, number);
                lag += i < log->end && !offset->merged;
        }
        CHECK_THAT(model, partition_lag(partition) == (partition->end_known ? lag : 0),
                   "lag %" PRIu64 ", expected %" PRIu64, partition_lag(partition), lag);
}

static void check_leases(Model *model) {
        LeaseWorker *worker;
        Lease *lease;

        TAILQ_FOREACH(worker, &model->table->workers, workers)
        TAILQ_FOREACH(lease, &worker->leases, leases) {
                ModelOffset *offsets = model->logs[lease->partition->index].offsets;

                CHECK_THAT(model, lease->position < lease->end, "a lease that is at its end");
                CHECK_THAT(model, lease->watermark_usec >= model->final_usec,
                           "a lease whose records may fall into a window that is gone");
                for (int64_t i = lease->position; i < lease->end; i++)
                        CHECK_THAT(model, offsets[i].lease == lease->id, "offset %" PRIi64, i);
        }
}

void model_check(Model *model) {
        int64_t final_usec = lease_table_final_usec(model->table);

        for (size_t i = 0; i < model->n_logs; i++)
                check_partition(model, i);
        check_leases(model);

        CHECK_THAT(model, model->table->watermark_usec >= model->watermark_usec, "the watermark went back");
        model->watermark_usec = model->table->watermark_usec;
        CHECK_THAT(model, final_usec <= model->watermark_usec, "final windows above the watermark");
        CHECK_THAT(model, final_usec >= model->final_usec, "final windows come back");
}

void model_check_drained(Model *model) {
        uint64_t sum = 0, records = 0;

        for (size_t i = 0; i < model->n_logs; i++) {
                const Partition *partition = model->table->partitions[i];
                const ModelLog *log = &model->logs[i];

                CHECK_THAT(model, partition->position == log->end, "position %" PRIi64 ", end %" PRIi64,
                           partition->position, log->end);
                for (int64_t offset = log->start; offset < log->end; offset++)
                        if (log->offsets[offset].is_record) {
                                sum += log->offsets[offset].value;
                                records++;
                        }
        }
        CHECK_THAT(model, model->merged_records == records, "%" PRIu64 " records merged of %" PRIu64,
                   model->merged_records, records);
        CHECK_THAT(model, model->merged_sum == sum, "sum %" PRIu64 ", expected %" PRIu64, model->merged_sum,
                   sum);
}
