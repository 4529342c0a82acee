/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "lease-table.h"
#include "wire/messages.h"

int lease_table_new(uint32_t generation, const LeasePolicy *policy, LeaseTable **ret) {
        LeaseTable *table = new0(LeaseTable, 1);

        if (!table)
                return -ENOMEM;
        TAILQ_INIT(&table->workers);
        table->policy = *policy;
        table->next_id = (uint64_t)generation << 32;
        table->watermark_usec = TIME_NONE;
        *ret = table;
        return 0;
}

LeaseTable *lease_table_free(LeaseTable *table) {
        if (!table)
                return NULL;
        while (!TAILQ_EMPTY(&table->workers))
                (void)lease_table_remove_worker(table, TAILQ_FIRST(&table->workers));
        for (size_t i = 0; i < table->n_partitions; i++)
                partition_free(table->partitions[i]);
        free(table->partitions);
        free(table);
        return NULL;
}

int lease_table_add_partition(LeaseTable *table, struct Topic *topic, uint32_t number, int64_t start) {
        Partition **partitions =
                reallocarray(table->partitions, table->n_partitions + 1, sizeof(Partition *));

        if (!partitions)
                return -ENOMEM;
        table->partitions = partitions;
        partitions[table->n_partitions] = partition_new((uint32_t)table->n_partitions, topic, number, start);
        if (!partitions[table->n_partitions])
                return -ENOMEM;
        table->n_partitions++;
        return 0;
}

int lease_table_add_worker(LeaseTable *table, unsigned number, void *userdata, LeaseWorker **ret) {
        LeaseWorker *worker, *after = NULL, *other;

        TAILQ_FOREACH(other, &table->workers, workers) {
                if (other->number == number)
                        return -EEXIST;
                if (other->number < number)
                        after = other;
        }
        worker = new0(LeaseWorker, 1);
        if (!worker)
                return -ENOMEM;
        worker->number = number;
        worker->userdata = userdata;
        TAILQ_INIT(&worker->leases);
        if (after)
                TAILQ_INSERT_AFTER(&table->workers, after, worker, workers);
        else
                TAILQ_INSERT_HEAD(&table->workers, worker, workers);
        *ret = worker;
        return 0;
}

static void lease_free(Lease *lease) {
        TAILQ_REMOVE(&lease->worker->leases, lease, leases);
        free(lease);
}

int lease_table_remove_worker(LeaseTable *table, LeaseWorker *worker) {
        int r = 0;

        while (!TAILQ_EMPTY(&worker->leases)) {
                Lease *lease = TAILQ_FIRST(&worker->leases);
                int q = partition_give_back(lease->partition, lease->position, lease->end);

                if (q < 0)
                        r = q;
                lease_free(lease);
        }
        TAILQ_REMOVE(&table->workers, worker, workers);
        free(worker);
        return r;
}

Lease *lease_table_accept(LeaseTable *table, LeaseWorker *worker, uint64_t id, int64_t from, int64_t to) {
        Lease *lease;

        TAILQ_FOREACH(lease, &worker->leases, leases)
        if (lease->id == id)
                return lease->position == from && from <= to && to <= lease->end ? lease : NULL;
        return NULL;
}

int lease_table_merged(LeaseTable *table, Lease *lease, int64_t to, bool final, int64_t max_event_time_usec,
                       int64_t next_watermark_usec, usec_t now_usec) {
        int r;

        r = partition_merge(lease->partition, lease->position, to, max_event_time_usec, now_usec);
        if (r < 0)
                return r;
        lease->position = to;
        lease->watermark_usec = MAX(lease->watermark_usec, next_watermark_usec);
        if (!final && to < lease->end)
                return 0;
        r = partition_give_back(lease->partition, to, lease->end);
        lease_free(lease);
        return r;
}

/* Records of the lease that are there to be read. */
static uint64_t lease_pending(const Lease *lease) {
        int64_t readable = MIN(lease->end, lease->partition->end) - lease->position;

        return readable > 0 ? (uint64_t)readable : 0;
}

static unsigned worker_loaded_leases(const LeaseWorker *worker) {
        unsigned n = 0;
        Lease *lease;

        TAILQ_FOREACH(lease, &worker->leases, leases)
        n += lease_pending(lease) > 0;
        return n;
}

static uint64_t worker_pending(const LeaseWorker *worker) {
        uint64_t pending = 0;
        Lease *lease;

        TAILQ_FOREACH(lease, &worker->leases, leases)
        pending += lease_pending(lease);
        return pending;
}

static uint64_t records_in(double per_sec, usec_t usec) {
        return (uint64_t)(per_sec * (double)usec / USEC_PER_SEC);
}

static uint64_t worker_lease_records(const LeaseTable *table, const LeaseWorker *worker) {
        if (worker->capacity_per_sec <= 0)
                return table->policy.first_lease_records;
        return MAX(records_in(worker->capacity_per_sec, table->policy.lease_usec),
                   table->policy.lease_records_min);
}

/* How far past a partition's contiguous position a lease may begin: bounds the windows that are open and
 * the ranges that wait. */
static uint64_t max_ahead_records(const LeaseTable *table) {
        uint64_t records = 0;
        LeaseWorker *worker;

        TAILQ_FOREACH(worker, &table->workers, workers)
        records += MAX(records_in(worker->capacity_per_sec, table->policy.max_ahead_usec),
                       2 * worker_lease_records(table, worker));
        return records;
}

static LeaseWorker *lowest_worker(const LeaseTable *table, unsigned max_loaded_leases) {
        LeaseWorker *worker;

        TAILQ_FOREACH(worker, &table->workers, workers)
        if (!worker->leaving && worker_loaded_leases(worker) <= max_loaded_leases)
                return worker;
        return NULL;
}

/* The partition with the lowest watermark of those with something to lease: it holds the windows open. */
static Partition *neediest_partition(const LeaseTable *table) {
        uint64_t max_ahead = max_ahead_records(table);
        Partition *neediest = NULL;

        for (size_t i = 0; i < table->n_partitions; i++) {
                Partition *partition = table->partitions[i];

                if (!partition_is_readable(partition) || !partition_has_unleased(partition))
                        continue;
                if (partition->returned.n == 0 && partition->next - partition->position > (int64_t)max_ahead)
                        continue;
                if (!neediest || partition->max_event_time_usec < neediest->max_event_time_usec)
                        neediest = partition;
        }
        return neediest;
}

static void grant(LeaseTable *table, LeaseWorker *worker, Partition *partition, Range range,
                  const LeaseActions *actions) {
        Lease *lease = new0(Lease, 1);

        if (!lease) {
                /* Tried again at the next schedule; giving back what was just taken needs no memory. */
                (void)partition_give_back(partition, range.from, range.to);
                return;
        }
        *lease = (Lease){
                .id = ++table->next_id,
                .partition = partition,
                .worker = worker,
                .start = range.from,
                .position = range.from,
                .end = range.to,
                .watermark_usec = table->watermark_usec,
                .watermark_sent_usec = table->watermark_usec,
        };
        TAILQ_INSERT_TAIL(&worker->leases, lease, leases);
        actions->grant(lease, actions->userdata);
}

static void recall(Lease *lease, const LeaseActions *actions) {
        lease->recalled = true;
        actions->recall(lease, actions->userdata);
}

/* A worker works on one lease and has the next at hand, so that it never waits for a grant. */
static void grant_backlog(LeaseTable *table, const LeaseActions *actions) {
        LeaseWorker *worker;
        Partition *partition;
        Range range;

        while ((worker = lowest_worker(table, 1)) && (partition = neediest_partition(table)) &&
               partition_take(partition, worker_lease_records(table, worker), &range))
                grant(table, worker, partition, range, actions);
}

/* The lease of each partition that waits at the log's end, if there is one. */
static void find_tails(const LeaseTable *table) {
        LeaseWorker *worker;
        Lease *lease;

        for (size_t i = 0; i < table->n_partitions; i++)
                table->partitions[i]->tail = NULL;
        TAILQ_FOREACH(worker, &table->workers, workers)
        TAILQ_FOREACH(lease, &worker->leases, leases)
        if (!lease->partition->tail && lease->end > lease->partition->end)
                lease->partition->tail = lease;
}

static void grant_tails(LeaseTable *table, const LeaseActions *actions) {
        LeaseWorker *lowest = lowest_worker(table, UINT32_MAX);

        find_tails(table);
        for (size_t i = 0; lowest && i < table->n_partitions; i++) {
                Partition *partition = table->partitions[i];
                Lease *tail = partition->tail;
                Range range;

                if (tail) {
                        if (tail->worker != lowest && !tail->recalled && lease_pending(tail) == 0)
                                recall(tail, actions);
                } else if (partition_is_readable(partition) && !partition_has_unleased(partition) &&
                           partition->next >= partition->end) {
                        partition_take_tail(partition, worker_lease_records(table, lowest), &range);
                        grant(table, lowest, partition, range, actions);
                }
        }
}

static Lease *longest_lease(LeaseTable *table) {
        Lease *longest = NULL, *lease;
        LeaseWorker *worker;

        TAILQ_FOREACH(worker, &table->workers, workers) {
                /* Two leases' worth of work is what a worker should have at hand. */
                if (worker_pending(worker) <= 2 * worker_lease_records(table, worker))
                        continue;
                TAILQ_FOREACH(lease, &worker->leases, leases)
                if (!lease->recalled && (!longest || lease_pending(lease) > lease_pending(longest)))
                        longest = lease;
        }
        return longest;
}

static void balance(LeaseTable *table, const LeaseActions *actions) {
        LeaseWorker *idle;
        Lease *lease;

        TAILQ_FOREACH(idle, &table->workers, workers)
        if (!idle->leaving && worker_loaded_leases(idle) == 0)
                break;
        if (!idle)
                return;
        lease = longest_lease(table);
        if (lease && lease->worker != idle)
                recall(lease, actions);
}

void lease_table_schedule(LeaseTable *table, const LeaseActions *actions) {
        grant_backlog(table, actions);
        grant_tails(table, actions);
        balance(table, actions);
}

/* partition: NULL: of all. */
static void recall_of(LeaseTable *table, const Partition *partition, const LeaseActions *actions) {
        LeaseWorker *worker;
        Lease *lease;

        TAILQ_FOREACH(worker, &table->workers, workers)
        TAILQ_FOREACH(lease, &worker->leases, leases)
        if (!lease->recalled && (!partition || lease->partition == partition))
                recall(lease, actions);
}

void lease_table_recall_all(LeaseTable *table, const LeaseActions *actions) {
        recall_of(table, NULL, actions);
}

void lease_table_recall_partition(LeaseTable *table, const Partition *partition,
                                  const LeaseActions *actions) {
        recall_of(table, partition, actions);
}

int64_t lease_table_final_usec(const LeaseTable *table) {
        int64_t least = table->watermark_usec;
        LeaseWorker *worker;
        Lease *lease;

        TAILQ_FOREACH(worker, &table->workers, workers)
        TAILQ_FOREACH(lease, &worker->leases, leases)
        least = MIN(least, lease->watermark_usec);
        return least;
}

bool lease_table_has_leases(const LeaseTable *table) {
        LeaseWorker *worker;

        TAILQ_FOREACH(worker, &table->workers, workers)
        if (!TAILQ_EMPTY(&worker->leases))
                return true;
        return false;
}
