/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/message-ids.h"
#include "sink.h"
#include "wire/messages.h"

struct Sink {
        SinkContext context;
        const SinkMethods *methods;
        void *data;
        uint64_t last_epoch; /* that it holds; 0: none */
        SinkOver over;
        void *userdata;
        char *title; /* "Sink NAME" */
        TaskLabel label;
        TaskThread *thread;
        const Epoch *epoch; /* being delivered; NULL: idle */
        bool was_tried;     /* to deliver it, so that it may be there although that failed */
        uint64_t rows;      /* delivered */
        int64_t delivered_at_usec;
};

static const SinkMethods *const sink_methods[] = {
        [SINK_CONSOLE] = &console_sink_methods,
        [SINK_FILE] = &file_sink_methods,
        [SINK_KAFKA] = &kafka_sink_methods,
        [SINK_POSTGRESQL] = &postgresql_sink_methods,
};

static TaskResult refuse(const Sink *sink, const char *what, TaskError *error) {
        const char *job = sink->context.job;
        TaskResult result;

        result = task_fatal(
                error,
                "%s; nothing is delivered, so that nothing is lost or doubled. If the job's state is the "
                "right one, \"systemctl stop etl-job@%s && etlctl adopt %s && etlctl start %s\" lets it go "
                "on "
                "from here",
                what, job, job, job);
        error->is_for_the_admin = true;
        return result;
}

/* What the sink holds must be what the store knows of; or the epoch at hand, if this process or the one
 * before has tried to deliver it: a state from a copy counts up to that number again, with other rows.
 * Returns TASK_DONE if the epoch is to be delivered or, with *ret_is_held set, is already there. */
static TaskResult check_marker(const Sink *sink, const SinkMarker *marker, bool *ret_is_held,
                               TaskError *error) {
        char what[256];

        if (!marker->is_set) {
                if (sink->last_epoch == 0 || sink->context.adopt)
                        return TASK_DONE;
                return refuse(sink, "its marker is gone: was it made anew, or restored?", error);
        }
        *ret_is_held = (sink->was_tried || (sink->epoch->closed_usec == 0 && !sink->context.refused)) &&
                       sd_id128_equal(marker->uuid, sink->context.uuid) &&
                       marker->epoch == sink->epoch->number;
        if (*ret_is_held || sink->context.adopt)
                return TASK_DONE;
        if (!sd_id128_equal(marker->uuid, sink->context.uuid))
                snprintf(what, sizeof(what),
                         "it is written with another state (" SD_ID128_FORMAT_STR
                         "): the same job runs on another host, or its state was lost",
                         SD_ID128_FORMAT_VAL(marker->uuid));
        else if (marker->epoch != sink->last_epoch)
                snprintf(what, sizeof(what),
                         "it holds epoch %" PRIu64 ", and the state expects %" PRIu64
                         ": was one of them restored from a copy?",
                         marker->epoch, sink->last_epoch);
        else
                return TASK_DONE;
        return refuse(sink, what, error);
}

static TaskResult deliver(void *userdata, TaskError *error) {
        Sink *sink = userdata;
        SinkMarker marker = {};
        bool is_held = false;
        TaskResult result = TASK_DONE;

        if (sink->methods->read_marker) {
                result = sink->methods->read_marker(sink->data, &marker, error);
                if (result == TASK_DONE)
                        result = check_marker(sink, &marker, &is_held, error);
        }
        if (result != TASK_DONE || is_held)
                return result;
        sink->was_tried = true;
        return sink->methods->deliver(sink->data, sink->epoch, &marker, error);
}

static void on_over(const TaskError *error, void *userdata) {
        Sink *sink = userdata;

        if (!error) {
                sink->last_epoch = sink->epoch->number;
                sink->rows += sink->epoch->rows[sink->context.kind].n_rows;
                sink->delivered_at_usec = (int64_t)realtime_usec();
                sink->context.adopt = false;
        }
        sink->epoch = NULL;
        sink->over(sink, error, sink->userdata);
}

int sink_new(sd_event *event, const SinkContext *context, uint64_t last_epoch, SinkOver over, void *userdata,
             Sink **ret) {
        _cleanup_(sink_freep) Sink *sink = new0(Sink, 1);
        int r;

        if (!sink)
                return -ENOMEM;
        sink->context = *context;
        sink->methods = sink_methods[context->config->type];
        sink->last_epoch = last_epoch;
        sink->delivered_at_usec = TIME_NONE;
        sink->over = over;
        sink->userdata = userdata;
        if (asprintf(&sink->title, "Sink %s", context->config->name) < 0)
                return -ENOMEM;
        sink->label = (TaskLabel){sink->title, context->config->name, MESSAGE_SINK_DOWN, MESSAGE_SINK_BACK};
        r = sink->methods->create(&sink->context, &sink->data);
        if (r >= 0)
                r = task_thread_new(event, &sink->label, on_over, sink, &sink->thread);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(sink);
        return 0;
}

Sink *sink_free(Sink *sink) {
        if (!sink)
                return NULL;
        task_thread_free(sink->thread);
        if (sink->data)
                sink->methods->free(sink->data);
        free(sink->title);
        free(sink);
        return NULL;
}

char *sink_identity(const SinkConfig *config) {
        const char *place = config->topic ?: config->table ?: config->folder ?: "";
        char *text;

        return asprintf(&text, "%s %s %s", sink_methods[config->type]->name, config->name, place) < 0 ? NULL
                                                                                                      : text;
}

void sink_deliver(Sink *sink, const Epoch *epoch) {
        sink->epoch = epoch;
        sink->was_tried = false;
        task_thread_start(sink->thread, deliver);
}

uint64_t sink_last_epoch(const Sink *sink) {
        return sink->last_epoch;
}

const SinkContext *sink_context(const Sink *sink) {
        return &sink->context;
}

void sink_report(const Sink *sink, SinkReport *ret, TaskError *ret_error) {
        *ret = (SinkReport){
                .type = sink->methods->name,
                .keeps_marker = sink->methods->read_marker,
                .is_busy = sink->epoch,
                .rows = sink->rows,
                .delivered_at_usec = sink->delivered_at_usec,
        };
        if (sink_trouble(sink, ret_error, &ret->pause_usec))
                ret->error = ret_error->text;
}

bool sink_trouble(const Sink *sink, TaskError *ret, usec_t *ret_pause_usec) {
        return task_thread_trouble(sink->thread, ret, ret_pause_usec);
}
