/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-id128.h>

#include "config/config.h"
#include "epoch.h"
#include "task-thread.h"

/* Where epochs go. A sink works on a thread of its own, one epoch at a time: the next is handed over when
 * the last is held. */
typedef struct Sink Sink;

/* What a sink is told of its job. The pointers are weak and live as long as the sink. */
typedef struct SinkContext {
        const char *job;
        sd_id128_t uuid; /* of the job's state: a marker of another is not ours */
        const SinkConfig *config;
        RowKind kind;
        bool adopt;   /* take over whatever marker there is */
        bool refused; /* it refused the epoch that an earlier process has left: nobody tried to deliver it */
} SinkContext;

/* What a sink that can keeps, in one atomic step with the rows: which epoch it got last, and from whom. */
typedef struct SinkMarker {
        bool is_set;
        sd_id128_t uuid;
        uint64_t epoch;
} SinkMarker;

/* All but create() and free() run in the sink's thread and block as long as they take; what fails is tried
 * again, from read_marker() on. A sink connects when it is first needed, and again after an error. */
typedef struct SinkMethods {
        const char *name;
        int (*create)(const SinkContext *context, void **ret); /* 0 or a negative errno */
        /* NULL: the sink keeps none, and may get an epoch twice. */
        TaskResult (*read_marker)(void *data, SinkMarker *ret, TaskError *error);
        /* The rows and a new marker; fails if the old one is not `marker` any more. */
        TaskResult (*deliver)(void *data, const Epoch *epoch, const SinkMarker *marker, TaskError *error);
        void (*free)(void *data);
} SinkMethods;

extern const SinkMethods console_sink_methods, file_sink_methods, kafka_sink_methods,
        postgresql_sink_methods;

/* In the loop. error NULL: the epoch that was handed over is held; else this sink never will. */
typedef void (*SinkOver)(Sink *sink, const TaskError *error, void *userdata);

/* last_epoch: that the store knows to be in this sink; 0: none. */
int sink_new(sd_event *event, const SinkContext *context, uint64_t last_epoch, SinkOver over, void *userdata,
             Sink **ret);
/* Waits for the attempt that the thread is at. */
Sink *sink_free(Sink *sink);
DEFINE_CLEANUP(Sink *, sink_free);

/* "TYPE NAME PLACE": what the store knows a sink by. The caller frees; NULL without memory. */
char *sink_identity(const SinkConfig *config);

/* The sink must not be busy. The epoch is shared and must outlive the delivery; also an epoch without rows
 * for this sink renews its marker. */
void sink_deliver(Sink *sink, const Epoch *epoch);
/* 0: none. */
uint64_t sink_last_epoch(const Sink *sink);

const SinkContext *sink_context(const Sink *sink);

/* How it does. */
typedef struct SinkReport {
        const char *type;
        bool keeps_marker; /* each epoch is in it once */
        bool is_busy;
        uint64_t rows;             /* that it got, since the sink was made */
        int64_t delivered_at_usec; /* since the epoch; TIME_NONE: nothing was */
        const char *error;         /* of the last attempt; NULL: none. Weak: in the TaskError */
        usec_t pause_usec;         /* before the next attempt */
} SinkReport;

void sink_report(const Sink *sink, SinkReport *ret, TaskError *ret_error);
/* See task_thread_trouble(). */
bool sink_trouble(const Sink *sink, TaskError *ret, usec_t *ret_pause_usec);
