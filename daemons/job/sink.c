/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "sink.h"
#include <stdio.h>

struct Sink {
        const SinkMethods *methods;
        void *data;
        char *name;
        SinkOver over;
        void *userdata;
        TaskThread *thread;
        const Epoch *epoch; /* being delivered */
};

static const SinkMethods *const sink_methods[] = {
        [SINK_CONSOLE] = &console_sink_methods,
};

static TaskResult deliver(void *userdata, TaskError *error) {
        Sink *sink = userdata;

        return sink->methods->deliver(sink->data, sink->epoch, error);
}

static void on_over(const TaskError *error, void *userdata) {
        Sink *sink = userdata;

        sink->over(sink, error, sink->userdata);
}

int sink_new(sd_event *event, const SinkConfig *config, SinkOver over, void *userdata, Sink **ret) {
        _cleanup_(sink_freep) Sink *sink = new0(Sink, 1);
        _cleanup_free_ char *label = NULL;
        int r;

        if (!sink)
                return -ENOMEM;
        sink->methods = sink_methods[config->type];
        sink->over = over;
        sink->userdata = userdata;
        sink->name = strdup(config->name);
        if (!sink->name || asprintf(&label, "Sink %s", config->name) < 0)
                return -ENOMEM;
        r = sink->methods->open(config, &sink->data);
        if (r >= 0)
                r = task_thread_new(event, label, on_over, sink, &sink->thread);
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
                sink->methods->close(sink->data);
        free(sink->name);
        free(sink);
        return NULL;
}

void sink_deliver(Sink *sink, const Epoch *epoch) {
        sink->epoch = epoch;
        task_thread_start(sink->thread, deliver);
}

const char *sink_name(const Sink *sink) {
        return sink->name;
}

bool sink_trouble(const Sink *sink, TaskError *ret, usec_t *ret_pause_usec) {
        return task_thread_trouble(sink->thread, ret, ret_pause_usec);
}
