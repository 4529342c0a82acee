/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "aggregate/group-table.h"
#include "wire/messages.h"

/* What came of the records of a range: everything a report says about them. */
typedef struct Partials {
        GroupTable *groups; /* of a query with GROUP BY, else NULL */
        Buffer rows;        /* of one without: columns/rows.h */
        uint32_t n_rows;
        Buffer dead; /* dead records, encoded */
        uint32_t n_dead;
        int64_t max_event_time_usec;
        int64_t oldest_kafka_msec; /* the least time that Kafka has of the records; TIME_NONE: none */
        uint64_t records, late, future;
        uint64_t faults[_RECORD_FAULT_MAX];
} Partials;

/* query: weak. Returns 0, or what group_table_new() does. */
int partials_init(Partials *partials, const Query *query);
void partials_done(Partials *partials);
/* Ready for the next range. */
void partials_clear(Partials *partials);

/* Memory held, about as much as a report of it takes. */
size_t partials_bytes(const Partials *partials);
/* Fills in what the head of a report says of the records. */
void partials_describe(const Partials *partials, ReportMessage *report);
/* Appends what stands behind the head. */
int partials_encode(const Partials *partials, Buffer *buffer);

int partials_add_dead(Partials *partials, const DeadRecord *record);
