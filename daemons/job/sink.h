/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config.h"
#include "epoch.h"
#include "task-thread.h"

/* Where epochs go. A sink works on a thread of its own, one epoch at a time: the next is handed over when
 * the last is held. */
typedef struct Sink Sink;

/* deliver() runs in the sink's thread and blocks as long as it takes. */
typedef struct SinkMethods {
        const char *name;
        int (*open)(const SinkConfig *config, void **ret); /* copies what it needs; 0 or a negative errno */
        TaskResult (*deliver)(void *data, const Epoch *epoch, TaskError *error);
        void (*close)(void *data);
} SinkMethods;

extern const SinkMethods console_sink_methods;

/* In the loop. error NULL: the epoch that was handed over is held; else this sink never will. */
typedef void (*SinkOver)(Sink *sink, const TaskError *error, void *userdata);

int sink_new(sd_event *event, const SinkConfig *config, SinkOver over, void *userdata, Sink **ret);
/* Waits for the attempt that the thread is at. */
Sink *sink_free(Sink *sink);
DEFINE_CLEANUP(Sink *, sink_free);

/* The sink must not be busy. The epoch is shared and must outlive the delivery. */
void sink_deliver(Sink *sink, const Epoch *epoch);

const char *sink_name(const Sink *sink);
/* See task_thread_trouble(). */
bool sink_trouble(const Sink *sink, TaskError *ret, usec_t *ret_pause_usec);
