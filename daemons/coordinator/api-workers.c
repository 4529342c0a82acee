/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "api-json.h"
#include "api.h"
#include "job.h"

static json_object *worker_object(const Job *job, const Worker *worker) {
        static const char *const reported[] = {"pid",      "since_usec", "records", "busy_usec",
                                               "cpu_usec", "rss_bytes",  "leases"};
        json_object *report =
                unit_is_down(&worker->unit) ? NULL : job_load_worker(&job->load, worker->unit.name.worker);
        json_object *object = json_object_new_object();
        char unit[UNIT_NAME_MAX], journal[UNIT_NAME_MAX + 32];

        (void)unit_name_format(unit, &worker->unit.name);
        (void)snprintf(journal, sizeof(journal), "journalctl --unit=%s", unit);
        json_add_text(object, "job", job->name);
        json_add_count(object, "number", worker->unit.name.worker);
        json_add_text(object, "unit", unit);
        json_add_text(object, "state", unit_state_to_text(worker->unit.state));
        json_add_flag(object, "wanted", worker->held);
        json_add_count(object, "failures", worker->failures);
        for (size_t i = 0; i < ELEMENTSOF(reported); i++)
                json_add(object, reported[i],
                         report ? json_object_get(json_object_object_get(report, reported[i])) : NULL);
        json_add(object, "records_per_sec",
                 report ? json_number(rate_meter_per_sec(&worker->records), 1) : NULL);
        json_add(object, "busy",
                 report ? json_number(MIN(rate_meter_per_sec(&worker->busy) / USEC_PER_SEC, 1.0), 3) : NULL);
        json_add_text(object, "journal", journal);
        return object;
}

/* Slots that are neither wanted nor running are history. */
static void add_workers(json_object *array, const Job *job) {
        for (size_t i = 0; i < job->n_workers; i++)
                if (job->workers[i]->held || !unit_is_down(&job->workers[i]->unit))
                        json_object_array_add(array, worker_object(job, job->workers[i]));
}

json_object *api_workers(const Manager *manager, const Job *job) {
        json_object *object = json_object_new_object(), *workers = json_object_new_array();

        for (size_t i = 0; i < manager->n_jobs; i++)
                if (!job || manager->jobs[i] == job)
                        add_workers(workers, manager->jobs[i]);
        json_add(object, "workers", workers);
        return object;
}

void api_get_workers(Request *request) {
        request_answer(request, api_workers(request->manager, request->job));
}
