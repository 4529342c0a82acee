/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <limits.h>

#include "show.h"

/* The columns of "kafka-consumer-groups --describe". A job is no consumer group, but commits its positions
 * to one of its name; a partition's consumers are the workers that have some of it to read. */

static const Field lag_fields[] = {
        {"GROUP", "group", add_text},
        {"TOPIC", "topic", add_text},
        {"PARTITION", "partition", add_text},
        {"CURRENT-OFFSET", "current_offset", add_text},
        {"LOG-END-OFFSET", "log_end_offset", add_text},
        {"LAG", "lag", add_text},
        {"CONSUMER-ID", "consumer_id", add_text},
        {"HOST", "host", add_text},
        {"CLIENT-ID", "client_id", add_text},
};

int view_lag(json_object *answer, const Style *style) {
        return print_objects(json_object_object_get(answer, "lag"), lag_fields, ELEMENTSOF(lag_fields),
                             style);
}

/* The workers of a partition's leases, each once. Leases of one worker follow each other. NULL: none. */
static json_object *consumers(const char *job, json_object *leases) {
        _cleanup_buffer_ Buffer text = {};
        uint64_t last = 0;

        for (size_t i = 0; leases && i < json_object_array_length(leases); i++) {
                uint64_t worker = number_of(json_object_array_get_idx(leases, i), "worker");

                if (worker != last && buffer_append_format(&text, "%setl-worker@%s:%" PRIu64,
                                                           text.size > 0 ? "," : "", job, worker) < 0)
                        return NULL;
                last = worker;
        }
        return text.size > 0 ? json_object_new_string_len((const char *)text.data, (int)text.size) : NULL;
}

static json_object *row_of(const char *job, json_object *partition) {
        static const char *const keys[][2] = {
                {"topic", "topic"},
                {"partition", "partition"},
                {"current_offset", "position"},
                {"log_end_offset", "end"},
                {"lag", "lag"},
        };
        json_object *row = json_object_new_object();
        json_object *consumer = consumers(job, json_object_object_get(partition, "leases"));
        char text[HOST_NAME_MAX + 1] = "";

        snprintf(text, sizeof(text), "streametl.%s", job);
        json_object_object_add(row, "group", json_object_new_string(text));
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                json_object_object_add(row, keys[i][0],
                                       json_object_get(json_object_object_get(partition, keys[i][1])));
        json_object_object_add(row, "consumer_id", consumer);
        if (!consumer || gethostname(text, sizeof(text)) < 0)
                return row;
        json_object_object_add(row, "host", json_object_new_string(text));
        json_object_object_add(row, "client_id", json_object_new_string("etl-worker"));
        return row;
}

static int add_job(json_object *rows, const char *job) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        json_object *partitions;
        char path[128];
        int r;

        snprintf(path, sizeof(path), "jobs/%s/partitions", job);
        r = client_get(path, &answer);
        if (r != 0)
                return r;
        partitions = json_object_object_get(answer, "partitions");
        for (size_t i = 0; partitions && i < json_object_array_length(partitions); i++)
                json_object_array_add(rows, row_of(job, json_object_array_get_idx(partitions, i)));
        return 0;
}

static int add_all_jobs(json_object *rows) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        json_object *jobs;
        int r;

        r = client_get("jobs", &answer);
        if (r != 0)
                return r;
        jobs = json_object_object_get(answer, "jobs");
        for (size_t i = 0; r == 0 && i < json_object_array_length(jobs); i++)
                r = add_job(rows, text_of(json_object_array_get_idx(jobs, i), "name"));
        return r;
}

static int fetch_lag(const Call *call, json_object **ret) {
        _cleanup_(json_object_putp) json_object *answer = json_object_new_object();
        json_object *rows = json_object_new_array();
        int r;

        json_object_object_add(answer, "lag", rows);
        r = call->job ? add_job(rows, call->job) : add_all_jobs(rows);
        if (r == 0)
                *ret = TAKE_PTR(answer);
        return r;
}

int run_lag(const Call *call) {
        return show(call, fetch_lag);
}
