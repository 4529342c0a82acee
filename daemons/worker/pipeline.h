/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "partials.h"
#include "plan/job-plan.h"

/* What a worker does with records: read JSON, find the event time, filter, project or group. Pure: no I/O
 * and no clock. One batch at a time, column by column. */
typedef struct Pipeline Pipeline;

typedef struct Record {
        int64_t offset;
        int64_t kafka_time_msec; /* -1: none */
        const char *data;        /* weak */
        size_t size;
        const char *key; /* weak; NULL: none */
        size_t key_size;
        const void *message; /* for RecordHeaders */
} Record;

/* Appends the headers of a record's message as DeadRecord has them. Returns 0 or -ENOMEM. */
typedef int (*RecordHeaders)(const void *message, Buffer *buffer);

typedef struct PipelineLimits {
        uint64_t record_max_bytes; /* larger ones are dead letters */
        bool nulls_for_faults;     /* a value that its column cannot take is NULL, and the record is good */
        RecordHeaders headers;     /* or NULL */
} PipelineLimits;

/* plan: weak. Returns 0, -E2BIG, -EINVAL (see record_reader_new(), group_table_new()) or -ENOMEM. */
int pipeline_new(const JobPlan *plan, const PipelineLimits *limits, Pipeline **ret);
Pipeline *pipeline_free(Pipeline *pipeline);
DEFINE_CLEANUP(Pipeline *, pipeline_free);

/* Adds n <= BATCH_ROWS_MAX records of one partition to the partials. Records whose window ends at or below
 * watermark_usec are late; event times past future_usec are counted and do not become max_event_time_usec.
 * Returns 0 or -ENOMEM, after which the partials are of no use. */
int pipeline_add(Pipeline *pipeline, const Record *records, size_t n, int64_t watermark_usec,
                 int64_t future_usec, Partials *partials);
