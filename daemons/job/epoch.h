/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "base/units.h"
#include "columns/schema.h"

/* One atomic step of a job: the rows that a trigger hands to the sinks. */
typedef struct Epoch {
        uint64_t number;
        int64_t watermark_usec; /* TIME_NONE: none yet */
        const Schema *schema;   /* of the rows; weak, lives as long as the job */
        Buffer rows;            /* columns/rows.h */
        size_t n_rows;
        bool rows_are_ordered; /* as their records in the partitions; else they come in any order */
} Epoch;

Epoch *epoch_new(uint64_t number, const Schema *schema);
Epoch *epoch_free(Epoch *epoch);
DEFINE_CLEANUP(Epoch *, epoch_free);
