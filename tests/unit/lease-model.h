/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../daemons/job/lease-table.h"
#include "../../daemons/job/watermark.h"

/* What the lease table must agree with, kept in the plainest way: one entry per offset of every log. The
 * lease table itself is under test; this only watches it. */
enum {
        MODEL_PARTITIONS_MAX = 4,
        MODEL_LOG_MAX = 700,                /* offsets that a log ever has */
        MODEL_OFFSETS = MODEL_LOG_MAX + 600 /* and those that a lease past the end may reach */
};

typedef struct ModelOffset {
        bool is_record; /* else a gap: a transaction marker, or compacted away */
        bool merged;
        uint64_t lease; /* that holds it, 0: none */
        int64_t event_time_usec;
        uint64_t value;
} ModelOffset;

typedef struct ModelLog {
        int64_t start, end; /* of what the job reads */
        int64_t next;       /* nothing from here on was leased: checked against the partition's */
        ModelOffset offsets[MODEL_OFFSETS];
} ModelLog;

typedef struct Model {
        unsigned seed, step; /* named by a failure */
        LeaseTable *table;
        WatermarkRule rule;
        usec_t now_usec;
        usec_t window_usec;
        ModelLog *logs;
        size_t n_logs;

        uint64_t merged_sum, merged_records, late_records;
        int64_t watermark_usec; /* as last seen */
        int64_t final_usec;     /* windows up to here are gone */
        unsigned refused;
} Model;

#define CHECK_THAT(model, condition, ...)                                                                   \
        do {                                                                                                \
                if (!(condition)) {                                                                         \
                        print_error("seed %u, step %u: %s\n", (model)->seed, (model)->step, #condition);    \
                        fail_msg(__VA_ARGS__);                                                              \
                }                                                                                           \
        } while (0)

/* One partition per log, each with a log of random records whose event times are out of order by less than
 * disorder_usec. */
void model_init(Model *model, unsigned seed, size_t n_logs, usec_t disorder_usec, const WatermarkRule *rule);
void model_done(Model *model);
uint64_t model_random(Model *model, uint64_t n);

/* The log has more. */
void model_grow(Model *model, size_t log, int64_t by);
/* A lease was granted. */
void model_granted(Model *model, const Lease *lease);
/* A worker gave up [from, end) of its lease, or died. */
void model_released(Model *model, size_t log, int64_t from, int64_t to);
/* A report is about to be merged: each of its offsets must be held by just this lease. late: judged by the
 * watermark of the worker. */
void model_merged(Model *model, size_t log, uint64_t lease, int64_t from, int64_t to,
                  int64_t judged_by_usec);
/* The greatest event time of [from, to), TIME_NONE without a record. */
int64_t model_max_event_time(const Model *model, size_t log, int64_t from, int64_t to);

/* Moves the watermark on and drops the windows that are final, as a trigger does. */
void model_advance_watermark(Model *model);
/* Every rule that must hold at any time. */
void model_check(Model *model);
/* The logs are read to their ends, and everything in them was merged. */
void model_check_drained(Model *model);
