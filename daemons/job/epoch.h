/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "base/units.h"
#include "columns/batch.h"
#include "config/config.h"

/* Rows on their way to the sinks. */
typedef struct RowSet {
        const Schema *schema; /* weak, lives as long as the job; or own_schema */
        Schema *own_schema;   /* of rows that were read from the store */
        Buffer rows;          /* columns/rows.h */
        size_t n_rows;
        OutputMode mode;  /* that they were made for */
        bool are_ordered; /* as their records in the partitions; else they come in any order */
} RowSet;

/* Calls back with the rows, a batch at a time. Returns 0, the first negative return, -EBADMSG or -ENOMEM. */
typedef int (*RowVisitor)(const Batch *batch, void *userdata);
int row_set_walk(const RowSet *rows, RowVisitor visitor, void *userdata);

/* What an epoch holds, each for sinks of its own. */
typedef enum RowKind { ROWS_RESULTS, ROWS_DEAD_LETTERS, _ROW_KIND_MAX } RowKind;

/* One atomic step of a job: what a trigger puts into the store and hands to the sinks. */
typedef struct Epoch {
        uint64_t number;
        int64_t watermark_usec; /* TIME_NONE: none yet */
        RowSet rows[_ROW_KIND_MAX];
        usec_t closed_usec;        /* monotonic; 0: by an earlier process */
        int64_t oldest_kafka_usec; /* time, by Kafka, of the oldest record merged into it; TIME_NONE: not
                                      known */
        bool renews;               /* goes to every sink, rows or not */
        Buffer changes;            /* of the store (store.h), until they are in it */
} Epoch;

/* Row sets without schemas. */
Epoch *epoch_new(uint64_t number, int64_t watermark_usec);
Epoch *epoch_free(Epoch *epoch);
DEFINE_CLEANUP(Epoch *, epoch_free);

/* It has rows, or renews. */
bool epoch_is_for_sinks(const Epoch *epoch);
