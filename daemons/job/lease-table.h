/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <sys/queue.h>

#include "partition.h"

/* Who reads what: leases of ranges of partitions, granted to workers. Pure: no I/O, no clock. The rules that
 * make it exact are lease_table_accept() and lease_table_merged(); the policy of granting is
 * lease_table_schedule(). */
typedef struct LeaseWorker LeaseWorker;

typedef struct Lease {
        TAILQ_ENTRY(Lease) leases; /* of its worker, in the order of granting */
        uint64_t id;               /* the job's generation in the upper 32 bits */
        Partition *partition;      /* weak */
        LeaseWorker *worker;       /* weak */
        int64_t start, position, end;
        int64_t watermark_usec;      /* what its records are judged by from position on */
        int64_t watermark_sent_usec; /* the newest one told to the worker */
        bool recalled;
} Lease;

struct LeaseWorker {
        TAILQ_ENTRY(LeaseWorker) workers; /* by number */
        TAILQ_HEAD(, Lease) leases;
        unsigned number;
        double capacity_per_sec; /* records; 0: not known yet */
        bool leaving;            /* gets no more */
        void *userdata;
};

typedef struct LeasePolicy {
        usec_t lease_usec;            /* work in one lease */
        uint64_t first_lease_records; /* while a worker's capacity is unknown */
        uint64_t lease_records_min;
        usec_t max_ahead_usec; /* of all workers' work, past a partition's contiguous position */
} LeasePolicy;

typedef struct LeaseTable {
        TAILQ_HEAD(, LeaseWorker) workers;
        Partition **partitions; /* owned, by index */
        size_t n_partitions;
        LeasePolicy policy;
        uint64_t next_id;
        int64_t watermark_usec; /* the job's; new leases get it */
} LeaseTable;

int lease_table_new(uint32_t generation, const LeasePolicy *policy, LeaseTable **ret);
LeaseTable *lease_table_free(LeaseTable *table);
DEFINE_CLEANUP(LeaseTable *, lease_table_free);

/* The next partition: `number` of the topic, which is weak. Returns 0 or -ENOMEM. */
int lease_table_add_partition(LeaseTable *table, struct Topic *topic, uint32_t number, int64_t start);

/* Returns 0, -EEXIST (the number is taken) or -ENOMEM. */
int lease_table_add_worker(LeaseTable *table, unsigned number, void *userdata, LeaseWorker **ret);
/* Its leases' unreported parts can be leased again at once. Returns 0 or -ENOMEM; the worker is gone. */
int lease_table_remove_worker(LeaseTable *table, LeaseWorker *worker);

/* Whether a report of [from, to) under this lease may be merged: the lease is still this worker's and the
 * range continues where its last report ended. Returns the lease, or NULL. */
Lease *lease_table_accept(LeaseTable *table, LeaseWorker *worker, uint64_t id, int64_t from, int64_t to);
/* The report is merged. final: the lease ends, what is left of it can be leased again. Frees a lease that is
 * at its end. Returns 0 or -ENOMEM. */
int lease_table_merged(LeaseTable *table, Lease *lease, int64_t to, bool final, int64_t max_event_time_usec,
                       int64_t next_watermark_usec, usec_t now_usec);

typedef struct LeaseActions {
        void (*grant)(Lease *lease, void *userdata);
        void (*recall)(Lease *lease, void *userdata); /* lease->recalled is set */
        void *userdata;
} LeaseActions;

/* Hands out what can be handed out:
 * - to the lowest-numbered worker that has room, from the partition with the lowest watermark: so at low
 *   load all leases sit on the first worker and the others fall idle;
 * - a lease past the log's end where everything is leased, so that the next record is seen by a reader
 *   that waits for it; it belongs to the lowest-numbered worker and is recalled from others;
 * - a worker without work takes part of the longest lease of one that has more than it can do soon. */
void lease_table_schedule(LeaseTable *table, const LeaseActions *actions);
/* Recalls every lease, or those of one partition. */
void lease_table_recall_all(LeaseTable *table, const LeaseActions *actions);
void lease_table_recall_partition(LeaseTable *table, const Partition *partition,
                                  const LeaseActions *actions);

/* The least watermark that an open lease may still judge by, and no more than the job's: below it windows
 * are final. */
int64_t lease_table_final_usec(const LeaseTable *table);
bool lease_table_has_leases(const LeaseTable *table);
