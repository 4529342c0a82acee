/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "wire/frame.h"
#include "wire/messages.h"

/* The work for one job, from its welcome to the end of the connection: leases come in, records are pulled
 * and worked on batch by batch, reports go out. */
typedef struct Work Work;

/* What the process has done since it started, whatever became of the connections. */
typedef struct WorkTotals {
        uint64_t records;
        usec_t busy_usec;
} WorkTotals;

/* link, totals: weak. Returns 0, or an error that is logged. */
int work_new(sd_event *event, Link *link, const WelcomeMessage *welcome, WorkTotals *totals, Work **ret);
/* What is not reported is forgotten: the job has leased it to others by then. */
Work *work_free(Work *work);
DEFINE_CLEANUP(Work *, work_free);

/* A frame of the job other than its welcome. Returns 0, -EBADMSG for one that makes no sense, or another
 * error after which the work cannot go on. */
int work_on_frame(Work *work, uint32_t type, Reader *payload);

/* Gives all leases back with what was read of them; further ones are given back as they come. */
int work_finish(Work *work);
/* Every lease is reported and every report answered. */
bool work_is_done(const Work *work);
/* Called now and then: stops fetching what nobody wants. */
void work_tidy(Work *work);
