/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "load-json.h"
#include "load.h"
#include "worker.h"

static struct json_object *leases_object(const Worker *worker) {
        struct json_object *array = json_object_new_array();
        const Lease *lease;

        TAILQ_FOREACH(lease, &worker->leases->leases, leases) {
                struct json_object *object = json_object_new_object();

                add_text(object, "topic", lease->partition->topic->name);
                add_u64(object, "partition", lease->partition->number);
                add_u64(object, "start", (uint64_t)lease->start);
                add_u64(object, "position", (uint64_t)lease->position);
                add_u64(object, "end", (uint64_t)lease->end);
                json_object_array_add(array, object);
        }
        return array;
}

struct json_object *load_workers(const Job *job) {
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
                add_object(object, "leases", leases_object(worker));
                json_object_array_add(array, object);
        }
        return array;
}
