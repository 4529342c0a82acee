/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "job.h"
#include "wire/frame.h"

/* A connection on the job's socket that has not said who it is, or the coordinator's: then it gets the load
 * (wire/control.h). */
struct Caller {
        Job *job; /* weak */
        Link *link;
        bool is_coordinator;
};

/* Consumes fd. */
int caller_new(Job *job, int fd);
Caller *caller_free(Caller *caller);

/* Sends the load to every coordinator there is. Returns 0 or -ENOMEM. */
int load_send(Job *job);
/* Sends the rows of the epoch that was closed, up to a limit. */
int load_send_epoch(Job *job, const Epoch *epoch);
