/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api-json.h"
#include "api.h"
#include "job.h"

static json_object *at_usec(const HistoryPoint *point) {
        return json_object_new_uint64(point->at_usec);
}

static json_object *arrival_per_sec(const HistoryPoint *point) {
        return json_number(point->arrival_per_sec, 1);
}

static json_object *processed_per_sec(const HistoryPoint *point) {
        return json_number(point->processed_per_sec, 1);
}

static json_object *backlog(const HistoryPoint *point) {
        return json_object_new_uint64(point->backlog);
}

static json_object *workers_wanted(const HistoryPoint *point) {
        return json_object_new_uint64(point->workers_wanted);
}

static json_object *workers_running(const HistoryPoint *point) {
        return json_object_new_uint64(point->workers_running);
}

static json_object *latency_usec(const HistoryPoint *point) {
        return point->latency_usec == USEC_INFINITY ? NULL : json_object_new_uint64(point->latency_usec);
}

static json_object *watermark_usec(const HistoryPoint *point) {
        return point->watermark_usec == INT64_MIN ? NULL : json_object_new_int64(point->watermark_usec);
}

/* The columns of the points. */
#define FIELD(name) {#name, name}
static const struct {
        const char *name;
        json_object *(*value)(const HistoryPoint *point);
} fields[] = {
        FIELD(at_usec),        FIELD(arrival_per_sec), FIELD(processed_per_sec), FIELD(backlog),
        FIELD(workers_wanted), FIELD(workers_running), FIELD(latency_usec),      FIELD(watermark_usec),
};

static json_object *names_object(void) {
        json_object *names = json_object_new_array();

        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                json_object_array_add(names, json_object_new_string(fields[i].name));
        return names;
}

static json_object *points_object(const History *history, usec_t since_usec) {
        json_object *points = json_object_new_array();
        const HistoryPoint *point;

        while ((point = history_after(history, since_usec))) {
                json_object *values = json_object_new_array_ext(ELEMENTSOF(fields));

                for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                        json_object_array_add(values, fields[i].value(point));
                json_object_array_add(points, values);
                since_usec = point->at_usec;
        }
        return points;
}

void api_get_history(Request *request) {
        const History *history = request->job ? request->job->history : request->manager->history;
        json_object *object;
        uint64_t since_usec = 0;

        if (!request_query_number(request, "since", 0, INT64_MAX, &since_usec))
                return;
        object = json_object_new_object();
        json_add_text(object, "job", request->job ? request->job->name : NULL);
        json_add_usec(object, "interval_usec", HISTORY_INTERVAL_USEC);
        json_add(object, "fields", names_object());
        json_add(object, "points", points_object(history, since_usec));
        request_answer(request, object);
}
