/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "metrics-document.h"

#include "api-json.h"
#include "api.h"
#include "http-error.h"
#include "job.h"
#include "metrics.h"

static json_object *requests_object(const Manager *manager) {
        json_object *object = json_object_new_object();

        json_add_count(object, "http", manager->n_requests[HTTP_READ_ONLY]);
        json_add_count(object, "unix", manager->n_requests[HTTP_READ_WRITE]);
        return object;
}

static json_object *decisions_object(const Job *job) {
        json_object *object = json_object_new_object();

        json_add_count(object, "up", job->n_decisions_up);
        json_add_count(object, "down", job->n_decisions_down);
        return object;
}

static uint64_t count_worker_failures(const Job *job) {
        uint64_t failures = 0;

        for (size_t i = 0; i < job->n_workers; i++)
                failures += job->workers[i]->failures;
        return failures;
}

/* The watermark may be ahead of the clock. */
static void add_delay(json_object *object, const Job *job) {
        json_object *watermark = job_load_member(&job->load, "watermark_usec");

        if (json_object_is_type(watermark, json_type_int))
                json_add(object, "event_time_delay_usec",
                         json_object_new_int64((int64_t)realtime_usec() - json_object_get_int64(watermark)));
}

static json_object *job_object(const Manager *manager, const Job *job) {
        json_object *object = api_job(job), *workers = api_workers(manager, job);
        size_t n_partitions = json_length(json_object_object_get(object, "partitions"));

        json_add(object, "workers", json_object_get(json_object_object_get(workers, "workers")));
        json_object_put(workers);
        json_add(object, "decisions", decisions_object(job));
        json_add_count(object, "worker_failures", count_worker_failures(job));
        if (job->config)
                json_add_count(object, "store_max_bytes", job->config->max_state_bytes);
        if (!job->load.report) { /* no part of it is known */
                json_object_object_del(object, "partitions");
                return object;
        }
        json_add_usec(object, "started_usec", job->started_usec);
        add_delay(object, job);
        json_add_count(object, "partitions_left_out",
                       n_partitions - MIN(n_partitions, (size_t)METRICS_PARTITIONS_MAX));
        json_add(object, "dead_letters", api_dead_letter_counts(job));
        return object;
}

json_object *metrics_document(const Manager *manager) {
        json_object *document = api_status(manager), *jobs = json_object_new_array();

        for (size_t i = 0; i < manager->n_jobs; i++)
                json_object_array_add(jobs, job_object(manager, manager->jobs[i]));
        json_add(document, "jobs", jobs);
        json_add(document, "api_requests", requests_object(manager));
        return document;
}

void metrics_get(Request *request) {
        const char *accept = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Accept");
        MetricsFormat format = metrics_format_accepted(accept);
        json_object *document = metrics_document(request->manager);
        _cleanup_buffer_ Buffer text = {};
        int r;

        r = metrics_write(document, format, &text);
        json_object_put(document);
        if (r < 0) {
                request_fail(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "the metrics cannot be written: %s",
                             strerror(-r));
                return;
        }
        request_answer_text(request, MHD_HTTP_OK, metrics_content_type(format), (const char *)text.data,
                            text.size);
        if (request->response)
                (void)MHD_add_response_header(request->response, "Vary", "Accept");
}
