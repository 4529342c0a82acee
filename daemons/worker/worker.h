/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "base/units.h"

/* A worker process: keeps a connection to its job, and works for it while it lasts. */
typedef struct Worker Worker;

/* socket_path is copied. number: the worker's, among those of its job. Returns 0 or a negative errno. */
int worker_new(sd_event *event, const char *socket_path, unsigned number, Worker **ret);
Worker *worker_free(Worker *worker);
DEFINE_CLEANUP(Worker *, worker_free);

/* Gives everything back and then ends the loop, with 0. */
void worker_leave(Worker *worker);
