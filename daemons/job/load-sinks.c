/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "load-json.h"
#include "load.h"

static const char *sink_state(const SinkReport *report) {
        return report->error ? "retrying" : report->is_busy ? "delivering" : "ready";
}

static struct json_object *sink_object(const Sink *sink) {
        struct json_object *object = json_object_new_object();
        const SinkContext *context = sink_context(sink);
        SinkReport report;
        TaskError error;

        sink_report(sink, &report, &error);
        add_text(object, "name", context->config->name);
        add_text(object, "type", report.type);
        add_text(object, "kind", context->kind == ROWS_RESULTS ? "results" : "dead_letters");
        add_text(object, "state", sink_state(&report));
        add_object(object, "epoch_delivered",
                   sink_last_epoch(sink) > 0 ? json_object_new_uint64(sink_last_epoch(sink)) : NULL);
        add_time(object, "epoch_delivered_at_usec", report.delivered_at_usec);
        add_u64(object, "rows_total", report.rows);
        add_text(object, "error", report.error);
        add_time(object, "next_try_usec",
                 report.error ? (int64_t)(realtime_usec() + report.pause_usec) : TIME_NONE);
        add_object(object, "exactly_once", json_object_new_boolean(report.keeps_marker));
        return object;
}

struct json_object *load_sinks(const Job *job) {
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < job->n_sinks; i++)
                json_object_array_add(array, sink_object(job->sinks[i]));
        return array;
}

static struct json_object *histogram_object(const Histogram *histogram) {
        struct json_object *object = json_object_new_object(), *buckets = json_object_new_array();
        uint64_t n = 0;

        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
                struct json_object *bucket = json_object_new_array_ext(2);
                char text[32];

                n += histogram->buckets[i];
                (void)snprintf(text, sizeof(text), "%g", histogram_bounds_sec[i]);
                json_object_array_add(bucket, json_object_new_double_s(histogram_bounds_sec[i], text));
                json_object_array_add(bucket, json_object_new_uint64(n));
                json_object_array_add(buckets, bucket);
        }
        add_object(object, "buckets", buckets);
        add_object(object, "sum_seconds",
                   json_object_new_double((double)histogram->sum_usec / USEC_PER_SEC));
        add_u64(object, "count", histogram->n);
        return object;
}

void load_add_latency(struct json_object *object, const Job *job) {
        add_object(object, "latency", histogram_object(&job->latency));
        add_object(object, "epoch_duration", histogram_object(&job->epoch_duration));
        add_object(object, "latency_epoch",
                   job->latency.n > 0 ? json_object_new_uint64(job->latency_epoch) : NULL);
        add_object(object, "latency_usec",
                   job->latency.n > 0 ? json_object_new_uint64(job->latency_usec) : NULL);
}
