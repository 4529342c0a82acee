/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "pipeline.h"
#include "columns/rows.h"
#include "expression/build.h"
#include "window/tumbling.h"

struct Pipeline {
        const Query *query;         /* weak */
        size_t event_time;          /* column of the batch that queries call event_time */
        bool event_time_is_derived; /* and not read from the record under this name */
        Expr *event_time_expr;      /* from the column that the source names */
        PipelineLimits limits;
        RecordReader *reader;
        Batch *batch;
        Arena arena; /* of one batch */
        Vector *keys, *values;
        uint16_t record_of_row[BATCH_ROWS_MAX];
        uint16_t selection[BATCH_ROWS_MAX];
};

/* What is being done to one batch. */
typedef struct Step {
        Pipeline *pipeline;
        const Record *records;
        Partials *partials;
        const Vector *event_times;
        size_t n_selected; /* of pipeline->selection */
} Step;

/* The derived column is no column of the record: its values come from event_time_expr. */
static int make_reader(Pipeline *pipeline, const JobPlan *plan) {
        const Schema *source = plan->query->source;
        _cleanup_free_ bool *used = new0(bool, source->n_columns);
        int r;

        if (!used)
                return -ENOMEM;
        memcpy(used, plan->query->used, source->n_columns * sizeof(bool));
        if (pipeline->event_time_is_derived)
                used[pipeline->event_time] = false;
        used[plan->event_time_source] = true;
        r = record_reader_new(source, used, &pipeline->reader);
        if (r >= 0)
                record_reader_set_nulls_for_faults(pipeline->reader, pipeline->limits.nulls_for_faults);
        return r < 0 ? r : batch_new(source, used, &pipeline->batch);
}

int pipeline_new(const JobPlan *plan, const PipelineLimits *limits, Pipeline **ret) {
        _cleanup_(pipeline_freep) Pipeline *pipeline = new0(Pipeline, 1);
        const Query *query = plan->query;
        Expr *column;
        int r;

        if (!pipeline)
                return -ENOMEM;
        pipeline->query = query;
        pipeline->limits = *limits;
        pipeline->event_time = query_event_time_column(query);
        pipeline->event_time_is_derived = pipeline->event_time != plan->event_time_source;
        column = expr_new_column(plan->event_time_source,
                                 query->source->columns[plan->event_time_source].type);
        pipeline->event_time_expr = column ? expr_new_cast(column, TYPE_TIMESTAMP) : NULL;
        pipeline->keys = new0(Vector, query->n_keys + 1);
        pipeline->values = new0(Vector, MAX(query->n_aggregates, query->n_outputs) + 1);
        if (!pipeline->event_time_expr || !pipeline->keys || !pipeline->values)
                return -ENOMEM;
        r = make_reader(pipeline, plan);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(pipeline);
        return 0;
}

Pipeline *pipeline_free(Pipeline *pipeline) {
        if (!pipeline)
                return NULL;
        expr_free(pipeline->event_time_expr);
        record_reader_free(pipeline->reader);
        batch_free(pipeline->batch);
        arena_done(&pipeline->arena);
        free(pipeline->keys);
        free(pipeline->values);
        free(pipeline);
        return NULL;
}

/* dead: why; the rest is filled in here. */
static int bury(const Step *step, const Record *record, DeadRecord dead) {
        RecordHeaders headers = step->pipeline->limits.headers;
        _cleanup_buffer_ Buffer encoded = {};
        int r;

        dead.offset = record->offset;
        dead.kafka_time_msec = record->kafka_time_msec;
        dead.full_size = record->size;
        dead.data = record->data;
        dead.size = MIN(record->size, (size_t)DEAD_RECORD_BYTES_MAX);
        dead.has_key = record->key;
        dead.key = record->key;
        dead.key_size = MIN(record->key_size, (size_t)DEAD_RECORD_BYTES_MAX);
        r = headers ? headers(record->message, &encoded) : 0;
        if (r < 0)
                return r;
        dead.headers = encoded.data;
        dead.headers_size = encoded.size;
        return partials_add_dead(step->partials, &dead);
}

static int bury_faulty(const Step *step, const Record *record, RecordFault fault, size_t column) {
        return bury(step, record,
                    (DeadRecord){
                            .fault = fault,
                            .column = column == SIZE_MAX ? UINT32_MAX : (uint32_t)column,
                            .event_time_usec = TIME_NONE,
                            .window_start_usec = TIME_NONE,
                            .window_end_usec = TIME_NONE,
                            .watermark_usec = TIME_NONE,
                    });
}

static int read_records(Step *step, size_t n) {
        Pipeline *pipeline = step->pipeline;
        Batch *batch = pipeline->batch;

        batch_reset(batch);
        for (size_t i = 0; i < n; i++) {
                const Record *record = &step->records[i];
                size_t column = SIZE_MAX;
                RecordFault fault;
                int r;

                pipeline->record_of_row[batch->n_rows] = (uint16_t)i;
                fault = unlikely(record->size > pipeline->limits.record_max_bytes)
                                ? RECORD_TOO_LARGE
                                : record_reader_read(pipeline->reader, record->data, record->size, batch,
                                                     &column);
                if (likely(fault == RECORD_OK))
                        continue;
                if (fault == RECORD_NO_MEMORY)
                        return -ENOMEM;
                r = bury_faulty(step, record, fault, column);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Rows without an event time are buried, whatever the query would make of them: nobody can say which
 * watermark they belong below. */
static int check_event_times(Step *step, int64_t future_usec) {
        Pipeline *pipeline = step->pipeline;
        const Vector *times = step->event_times;
        int64_t latest = TIME_NONE;
        uint64_t future = 0;

        for (size_t row = 0; row < pipeline->batch->n_rows; row++) {
                if (unlikely(!times->valid[row])) {
                        int r = bury_faulty(step, &step->records[pipeline->record_of_row[row]],
                                            RECORD_NO_EVENT_TIME, SIZE_MAX);

                        if (r < 0)
                                return r;
                } else if (unlikely(times->timestamps[row] > future_usec))
                        future++;
                else
                        latest = MAX(latest, times->timestamps[row]);
        }
        step->partials->future += future;
        step->partials->max_event_time_usec = MAX(step->partials->max_event_time_usec, latest);
        return 0;
}

/* WHERE, among the rows that have an event time. */
static int select_rows(Step *step) {
        Pipeline *pipeline = step->pipeline;
        uint16_t *selection = pipeline->selection;
        size_t n, kept = 0;
        int r;

        r = expr_select(pipeline->query->where, pipeline->batch, &pipeline->arena, selection, &n);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++) {
                selection[kept] = selection[i];
                kept += step->event_times->valid[selection[i]];
        }
        step->n_selected = kept;
        return 0;
}

/* The window's key: from the event times to the starts of their windows. */
static int make_windows(Step *step, const Vector *times, Vector *ret) {
        Pipeline *pipeline = step->pipeline;
        usec_t size_usec = pipeline->query->window.size_usec;
        int r;

        r = vector_new(&pipeline->arena, TYPE_TIMESTAMP, pipeline->batch->n_rows, ret);
        if (r < 0)
                return r;
        memcpy(ret->valid, times->valid, pipeline->batch->n_rows);
        for (size_t i = 0; i < step->n_selected; i++) {
                size_t row = pipeline->selection[i];

                ret->timestamps[row] = tumbling_window_start(times->timestamps[row], size_usec);
        }
        return 0;
}

/* Buries the rows whose window is final. */
static int drop_late(Step *step, const Vector *windows, int64_t watermark_usec) {
        Pipeline *pipeline = step->pipeline;
        uint16_t *selection = pipeline->selection;
        size_t kept = 0;
        int64_t last_start; /* of a window that is final */
        int r;

        if (__builtin_sub_overflow(watermark_usec, (int64_t)pipeline->query->window.size_usec, &last_start))
                return 0;
        for (size_t i = 0; i < step->n_selected; i++) {
                size_t row = selection[i];

                selection[kept] = selection[i];
                if (likely(windows->timestamps[row] > last_start)) {
                        kept++;
                        continue;
                }
                r = bury(step, &step->records[pipeline->record_of_row[row]],
                         (DeadRecord){
                                 .fault = RECORD_OK,
                                 .column = UINT32_MAX,
                                 .event_time_usec = step->event_times->timestamps[row],
                                 .window_start_usec = windows->timestamps[row],
                                 .window_end_usec = windows->timestamps[row] +
                                                    (int64_t)pipeline->query->window.size_usec,
                                 .watermark_usec = watermark_usec,
                         });
                if (r < 0)
                        return r;
        }
        step->n_selected = kept;
        return 0;
}

static int evaluate_keys(Step *step, int64_t watermark_usec) {
        Pipeline *pipeline = step->pipeline;
        const Query *query = pipeline->query;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < query->n_keys; i++) {
                Vector *key = &pipeline->keys[i];

                r = expr_evaluate(query->keys[i], pipeline->batch, &pipeline->arena, key);
                if (r < 0 || query->window.kind == WINDOW_NONE || query->window.key_index != i)
                        continue;
                r = make_windows(step, &(Vector){.valid = key->valid, .timestamps = key->timestamps}, key);
                if (r >= 0)
                        r = drop_late(step, key, watermark_usec);
        }
        return r;
}

static int add_groups(Step *step, int64_t watermark_usec) {
        Pipeline *pipeline = step->pipeline;
        const Query *query = pipeline->query;
        int r;

        r = evaluate_keys(step, watermark_usec);
        for (size_t i = 0; r >= 0 && i < query->n_aggregates; i++)
                if (query->aggregates[i].input)
                        r = expr_evaluate(query->aggregates[i].input, pipeline->batch, &pipeline->arena,
                                          &pipeline->values[i]);
        if (r < 0)
                return r;
        return group_table_add(step->partials->groups, pipeline->keys, pipeline->values, pipeline->selection,
                               step->n_selected);
}

/* What is read from a topic by key can be written to another by the same. */
static int make_record_keys(Step *step, Vector *ret) {
        Pipeline *pipeline = step->pipeline;
        int r;

        r = vector_new(&pipeline->arena, TYPE_STRING, pipeline->batch->n_rows, ret);
        for (size_t row = 0; r >= 0 && row < pipeline->batch->n_rows; row++) {
                const Record *record = &step->records[pipeline->record_of_row[row]];

                ret->valid[row] = record->key != NULL;
                ret->texts[row] = (Text){record->key, record->key_size};
        }
        return r;
}

static int add_rows(Step *step) {
        Pipeline *pipeline = step->pipeline;
        const Query *query = pipeline->query;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < query->n_outputs; i++)
                r = expr_evaluate(query->outputs[i].expr, pipeline->batch, &pipeline->arena,
                                  &pipeline->values[i]);
        if (r >= 0)
                r = make_record_keys(step, &pipeline->values[query->n_outputs]);
        for (size_t i = 0; r >= 0 && i < step->n_selected; i++)
                r = row_encode(pipeline->values, query->n_outputs + 1, pipeline->selection[i],
                               &step->partials->rows);
        if (r >= 0)
                step->partials->n_rows += (uint32_t)step->n_selected;
        return r;
}

static int add_batch(Step *step, int64_t watermark_usec, int64_t future_usec) {
        int r;

        r = check_event_times(step, future_usec);
        if (r >= 0)
                r = select_rows(step);
        if (r < 0 || step->n_selected == 0)
                return r;
        return step->partials->groups ? add_groups(step, watermark_usec) : add_rows(step);
}

static void note_oldest(const Record *records, size_t n, Partials *partials) {
        int64_t oldest = INT64_MAX;

        for (size_t i = 0; i < n; i++)
                if (records[i].kafka_time_msec >= KAFKA_TIME_FIRST_MSEC)
                        oldest = MIN(oldest, records[i].kafka_time_msec);
        if (oldest == INT64_MAX)
                return;
        partials->oldest_kafka_msec =
                partials->oldest_kafka_msec == TIME_NONE ? oldest : MIN(partials->oldest_kafka_msec, oldest);
}

int pipeline_add(Pipeline *pipeline, const Record *records, size_t n, int64_t watermark_usec,
                 int64_t future_usec, Partials *partials) {
        Vector event_times, *derived = &pipeline->batch->columns[pipeline->event_time];
        Step step = {pipeline, records, partials, &event_times, 0};
        int r;

        arena_reset(&pipeline->arena);
        r = read_records(&step, n);
        if (r >= 0)
                r = expr_evaluate(pipeline->event_time_expr, pipeline->batch, &pipeline->arena,
                                  &event_times);
        if (r < 0)
                return r;
        partials->records += n;
        note_oldest(records, n, partials);
        if (!pipeline->event_time_is_derived)
                return add_batch(&step, watermark_usec, future_usec);
        /* Lent to the batch, which does not own it. */
        *derived = event_times;
        r = add_batch(&step, watermark_usec, future_usec);
        *derived = (Vector){.type = TYPE_TIMESTAMP};
        return r;
}
