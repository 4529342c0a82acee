/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "dead-letter-row.h"
#include "job.h"
#include "wire/frame.h"

struct json_object;

/* A connection on one of the job's sockets that has not said hello, or the coordinator's: then it gets the
 * load (wire/control.h). */
struct Caller {
        Job *job; /* weak */
        Link *link;
        pid_t pid;
        bool at_control; /* came by the socket that only the coordinator reaches */
        bool is_coordinator;
};

/* Consumes fd. at_control: it is of the control socket, else of the workers'. */
int caller_new(Job *job, int fd, bool at_control);
Caller *caller_free(Caller *caller);

/* Sends the load to every coordinator there is. Returns 0 or -ENOMEM. */
int load_send(Job *job);
/* Sends the rows of the epoch that was closed, up to a limit. */
int load_send_epoch(Job *job, const Epoch *epoch);
/* A DeadLetterWatcher; userdata: the job. */
void load_send_dead_letter(const DeadLetterPlace *place, const DeadRecord *record, void *userdata);

/* Whether there is a coordinator. */
bool load_is_wanted(const Job *job);
/* To every one there is. Drops the object. Returns 0 or -ENOMEM. */
int load_send_object(Job *job, uint32_t type, struct json_object *object);

/* Parts of the load, a file for each. */
struct json_object *load_workers(const Job *job);
struct json_object *load_partitions(const Job *job, uint64_t *ret_backlog, uint64_t *ret_arrived);
struct json_object *load_sinks(const Job *job);
void load_add_latency(struct json_object *object, const Job *job);
