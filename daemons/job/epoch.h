/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "base/units.h"
#include "columns/schema.h"

/* Rows on their way to the sinks. */
typedef struct RowSet {
        const Schema *schema; /* weak, lives as long as the job */
        Buffer rows;          /* columns/rows.h */
        size_t n_rows;
        bool are_ordered; /* as their records in the partitions; else they come in any order */
} RowSet;

/* One atomic step of a job: what a trigger puts into the store and hands to the sinks. */
typedef struct Epoch {
        uint64_t number;
        int64_t watermark_usec; /* TIME_NONE: none yet */
        RowSet results;
        Buffer changes;     /* of the store (store.h), until they are in it */
        Schema *own_schema; /* of an epoch that was read from the store; else NULL */
} Epoch;

/* schema: of the results, weak. */
Epoch *epoch_new(uint64_t number, int64_t watermark_usec, const Schema *schema);
Epoch *epoch_free(Epoch *epoch);
DEFINE_CLEANUP(Epoch *, epoch_free);
