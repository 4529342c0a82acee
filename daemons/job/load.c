/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <json-c/json.h>
#include <math.h>

#include "base/process.h"
#include "columns/rows.h"
#include "expression/build.h"
#include "load.h"
#include "wire/control.h"
#include "worker.h"

/* Rows of an epoch that go to the coordinator: what a page or a terminal can show. */
enum { SAMPLE_ROWS_MAX = 100 };

static void add_u64(struct json_object *object, const char *key, uint64_t value) {
        json_object_object_add(object, key, json_object_new_uint64(value));
}

static void add_time(struct json_object *object, const char *key, int64_t usec) {
        json_object_object_add(object, key, usec == TIME_NONE ? NULL : json_object_new_int64(usec));
}

static const char *job_state(const Job *job) {
        return job->draining           ? "draining"
               : job->paused           ? "paused"
               : job->ends_error       ? "waiting"
               : !job->ends_measured   ? "starting"
               : job_is_held_back(job) ? "waiting"
                                       : "running";
}

static const char *job_why(const Job *job) {
        static char trouble[640];

        if (job->ends_error)
                return job->ends_error;
        return job_trouble(job, trouble, sizeof(trouble)) ? trouble : NULL;
}

static struct json_object *faults_object(const Job *job) {
        struct json_object *object = json_object_new_object();

        for (RecordFault fault = RECORD_OK + 1; fault < _RECORD_FAULT_MAX; fault++)
                if (job->counts.faults[fault] > 0)
                        add_u64(object, record_fault_name(fault), job->counts.faults[fault]);
        return object;
}

static struct json_object *leases_object(const Worker *worker) {
        struct json_object *array = json_object_new_array();
        const Lease *lease;

        TAILQ_FOREACH(lease, &worker->leases->leases, leases) {
                struct json_object *object = json_object_new_object();

                add_u64(object, "partition", lease->partition->number);
                add_u64(object, "start", (uint64_t)lease->start);
                add_u64(object, "position", (uint64_t)lease->position);
                add_u64(object, "end", (uint64_t)lease->end);
                json_object_array_add(array, object);
        }
        return array;
}

static struct json_object *workers_object(const Job *job) {
        struct json_object *array = json_object_new_array();
        const LeaseWorker *leases;

        TAILQ_FOREACH(leases, &job->leases->workers, workers) {
                const Worker *worker = leases->userdata;
                struct json_object *object = json_object_new_object();

                add_u64(object, "number", worker->number);
                add_u64(object, "pid", worker->pid);
                add_u64(object, "since_usec", realtime_usec() - (monotonic_usec() - worker->since_usec));
                add_u64(object, "records", worker->heartbeat.records);
                add_u64(object, "busy_usec", worker->heartbeat.busy_usec);
                add_u64(object, "cpu_usec", worker->heartbeat.cpu_usec);
                add_u64(object, "rss_bytes", worker->heartbeat.rss_bytes);
                json_object_object_add(object, "leases", leases_object(worker));
                json_object_array_add(array, object);
        }
        return array;
}

static struct json_object *partitions_object(const Job *job, uint64_t *ret_backlog, uint64_t *ret_arrived) {
        struct json_object *array = json_object_new_array();
        usec_t now_usec = monotonic_usec();

        *ret_backlog = *ret_arrived = 0;
        for (size_t i = 0; i < job->leases->n_partitions; i++) {
                const Partition *partition = job->leases->partitions[i];
                struct json_object *object = json_object_new_object();
                uint64_t lag = partition_lag(partition);

                json_object_object_add(object, "topic", json_object_new_string(job->config->source.topic));
                add_u64(object, "partition", partition->number);
                add_u64(object, "position", (uint64_t)partition->position);
                add_u64(object, "end", (uint64_t)partition->end);
                add_u64(object, "lag", lag);
                add_time(object, "watermark_usec",
                         partition->max_event_time_usec == TIME_NONE
                                 ? TIME_NONE
                                 : partition_watermark(partition, &job->watermark_rule));
                json_object_object_add(object, "idle",
                                       json_object_new_boolean(partition_is_idle(
                                               partition, &job->watermark_rule, now_usec)));
                json_object_array_add(array, object);
                *ret_backlog += lag;
                *ret_arrived += (uint64_t)MAX(partition->end - job->partition_starts[i], 0);
        }
        return array;
}

static struct json_object *load_object(const Job *job) {
        struct json_object *object = json_object_new_object(), *partitions;
        uint64_t backlog, arrived;
        const char *why = job_why(job);

        partitions = partitions_object(job, &backlog, &arrived);
        json_object_object_add(object, "job", json_object_new_string(job->name));
        add_u64(object, "pid", (uint64_t)getpid());
        add_u64(object, "uptime_usec", monotonic_usec() - job->started_usec);
        add_u64(object, "generation", job->generation);
        json_object_object_add(object, "state", json_object_new_string(job_state(job)));
        json_object_object_add(object, "why", why ? json_object_new_string(why) : NULL);
        json_object_object_add(object, "measured",
                               json_object_new_boolean(job->ends_measured && !job->ends_error));
        add_u64(object, "arrived", arrived);
        add_u64(object, "backlog", backlog);
        add_u64(object, "processed", job->counts.records);
        add_u64(object, "busy_usec", job_busy_usec(job));
        json_object_object_add(object, "sink_holds_back", json_object_new_boolean(job_is_held_back(job)));
        json_object_object_add(object, "paused", json_object_new_boolean(job->paused));
        add_time(object, "watermark_usec", job->leases->watermark_usec);
        add_u64(object, "epoch", job->last_epoch);
        add_u64(object, "groups", state_groups(job->state));
        add_u64(object, "state_bytes", state_bytes(job->state));
        add_u64(object, "late", job->counts.late);
        add_u64(object, "future", job->counts.future);
        add_u64(object, "removed", job->counts.removed);
        json_object_object_add(object, "bad", faults_object(job));
        add_u64(object, "cpu_usec", process_cpu_usec());
        add_u64(object, "rss_bytes", process_rss_bytes());
        json_object_object_add(object, "workers", workers_object(job));
        json_object_object_add(object, "partitions", partitions);
        return object;
}

/* Drops the object. */
static int send_object(Job *job, uint32_t type, struct json_object *object) {
        Buffer buffer = {};
        const char *text;
        size_t size;

        text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, &size);
        if (!text) {
                json_object_put(object);
                return -ENOMEM;
        }
        buffer.data = (uint8_t *)text;
        buffer.size = size;
        for (size_t i = 0; i < job->n_callers; i++)
                if (job->callers[i]->is_coordinator)
                        (void)link_send(job->callers[i]->link, type, &buffer);
        json_object_put(object);
        return 0;
}

static bool has_coordinator(const Job *job) {
        for (size_t i = 0; i < job->n_callers; i++)
                if (job->callers[i]->is_coordinator)
                        return true;
        return false;
}

int load_send(Job *job) {
        job->load_sent_usec = monotonic_usec();
        return has_coordinator(job) ? send_object(job, CONTROL_LOAD, load_object(job)) : 0;
}

static struct json_object *value_object(const Vector *column, size_t row, Arena *arena) {
        Text text;

        if (!column->valid[row])
                return NULL;
        switch (column->type) {
        case TYPE_BOOLEAN: return json_object_new_boolean(column->booleans[row]);
        case TYPE_INT: return json_object_new_int(column->ints[row]);
        case TYPE_BIGINT: return json_object_new_int64(column->bigints[row]);
        case TYPE_DOUBLE:
                if (isfinite(column->doubles[row]))
                        return json_object_new_double(column->doubles[row]);
                break;
        default: break;
        }
        if (vector_value_text(column, row, arena, &text) < 0)
                return NULL;
        return json_object_new_string_len(text.data, (int)MIN(text.size, (size_t)INT32_MAX));
}

int load_send_epoch(Job *job, const Epoch *epoch) {
        _cleanup_(batch_freep) Batch *batch = NULL;
        struct json_object *object, *columns, *sample;
        const RowSet *rows = &epoch->rows[ROWS_RESULTS];
        Reader reader = {rows->rows.data, rows->rows.size};
        int r;

        if (!has_coordinator(job) || rows->n_rows == 0)
                return 0;
        r = batch_new(rows->schema, NULL, &batch);
        if (r >= 0)
                r = rows_decode(&reader, MIN(rows->n_rows, (size_t)SAMPLE_ROWS_MAX), batch);
        if (r < 0)
                return r;

        object = json_object_new_object();
        columns = json_object_new_array();
        sample = json_object_new_array();
        for (size_t i = 0; i < schema_shown_columns(rows->schema); i++)
                json_object_array_add(columns, json_object_new_string(rows->schema->columns[i].name));
        for (size_t row = 0; row < batch->n_rows; row++) {
                struct json_object *values = json_object_new_array();

                for (size_t i = 0; i < schema_shown_columns(rows->schema); i++)
                        json_object_array_add(values, value_object(&batch->columns[i], row, &batch->arena));
                json_object_array_add(sample, values);
        }
        add_u64(object, "epoch", epoch->number);
        add_u64(object, "rows", rows->n_rows);
        add_time(object, "watermark_usec", epoch->watermark_usec);
        json_object_object_add(object, "columns", columns);
        json_object_object_add(object, "sample", sample);
        return send_object(job, CONTROL_EPOCH, object);
}
