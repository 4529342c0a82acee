/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api-json.h"
#include "api.h"
#include "job.h"

static bool same_member(json_object *a, json_object *b, const char *key) {
        return json_object_equal(json_object_object_get(a, key), json_object_object_get(b, key));
}

/* The leases of this partition, with the number of the worker that has them. */
static json_object *leases_of(const Job *job, json_object *partition) {
        json_object *leases = json_object_new_array(), *workers = job_load_member(&job->load, "workers");

        for (size_t i = 0; i < json_length(workers); i++) {
                json_object *worker = json_object_array_get_idx(workers, i);
                json_object *all = json_object_object_get(worker, "leases");

                for (size_t k = 0; k < json_length(all); k++) {
                        json_object *lease = json_object_array_get_idx(all, k), *copy = NULL;

                        if (!same_member(lease, partition, "partition") ||
                            !same_member(lease, partition, "topic") ||
                            json_object_deep_copy(lease, &copy, NULL) < 0)
                                continue;
                        json_add(copy, "worker", json_object_get(json_object_object_get(worker, "number")));
                        json_object_array_add(leases, copy);
                }
        }
        return leases;
}

json_object *api_partitions(const Job *job) {
        json_object *reported = job_load_member(&job->load, "partitions"), *partitions;

        partitions = json_object_new_array();
        for (size_t i = 0; i < json_length(reported); i++) {
                json_object *partition = json_object_array_get_idx(reported, i), *copy = NULL;

                if (json_object_deep_copy(partition, &copy, NULL) < 0)
                        continue;
                json_add(copy, "leases", leases_of(job, partition));
                json_object_array_add(partitions, copy);
        }
        return partitions;
}

void api_get_partitions(Request *request) {
        json_object *object = json_object_new_object();

        json_add_text(object, "job", request->job->name);
        json_add(object, "partitions", api_partitions(request->job));
        request_answer(request, object);
}
