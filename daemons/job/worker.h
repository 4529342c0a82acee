/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "job.h"
#include "wire/frame.h"
#include "wire/messages.h"

/* A connected worker, as the job sees it: the other end of wire/messages.h. */
struct Worker {
        Job *job; /* weak */
        Link *link;
        LeaseWorker *leases;
        unsigned number;
        uint32_t pid;
        usec_t since_usec;      /* monotonic */
        usec_t last_heard_usec; /* monotonic */
        bool suspected;         /* was silent for too long when last looked at */
        bool has_reported;
        HeartbeatMessage heartbeat; /* its newest */
        uint64_t rate_records;      /* totals of the last measurement of its rate */
        usec_t rate_busy_usec;
};

/* Takes over a link on which a worker has said HELLO. Returns 0 with the worker in job->workers; -EEXIST if
 * its number is connected already, -EPROTONOSUPPORT for another version; the link stays the caller's then.
 */
int worker_attach(Job *job, Link *link, Reader *hello);
/* Its leases are free at once. */
Worker *worker_free(Worker *worker);

int worker_on_frame(Link *link, uint32_t type, Reader *payload, void *userdata);
void worker_on_closed(Link *link, int error, void *userdata);

/* Drops workers from which nothing came for HEARTBEAT_TIMEOUT. */
void workers_check_silence(Job *job, usec_t now_usec);
/* Tells open leases of a new watermark. */
void workers_send_watermark(Job *job);
extern const LeaseActions worker_lease_actions;
