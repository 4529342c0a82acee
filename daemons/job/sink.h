/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "epoch.h"

/* Where epochs go. A sink works on a thread of its own, so that nothing it waits for stalls merging or the
 * watchdog. One epoch at a time: the next is handed over when the last is held. */
typedef struct Sink Sink;

/* Writes one epoch out, in the sink's thread, blocking as long as it takes. Returns 0 when the sink holds
 * the epoch, or a negative errno: it is tried again after a pause. */
typedef struct SinkMethods {
        const char *name;
        int (*open)(const SinkConfig *config, void **ret);
        int (*deliver)(void *data, const Epoch *epoch);
        void (*close)(void *data);
} SinkMethods;

extern const SinkMethods console_sink_methods;

/* Called in the loop when the epoch that was handed over is held. */
typedef void (*SinkDelivered)(Sink *sink, void *userdata);

int sink_new(sd_event *event, const SinkConfig *config, SinkDelivered delivered, void *userdata, Sink **ret);
/* Waits for the thread, which finishes the delivery it is at. */
Sink *sink_free(Sink *sink);
DEFINE_CLEANUP(Sink *, sink_free);

const char *sink_name(const Sink *sink);
bool sink_is_busy(const Sink *sink);
/* Since when (monotonic) it has been at its epoch, 0 if it is not busy. */
usec_t sink_busy_since_usec(const Sink *sink);
/* The sink must not be busy. The epoch is shared and must outlive the delivery. */
void sink_deliver(Sink *sink, const Epoch *epoch);
