/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "base/units.h"

/* The connection to one job's daemon (wire/control.h). It is made again, with pauses, for as long as it is
 * wanted; a message that is not a JSON object ends it. */
typedef struct JobLink JobLink;

typedef struct JobLinkHandler {
        /* The hello is on its way. */
        void (*opened)(void *userdata);
        /* message: weak, an object. A negative errno ends the connection. */
        int (*received)(uint32_t type, json_object *message, void *userdata);
} JobLinkHandler;

/* name: of the job. handler and userdata must outlive the link. */
int job_link_new(sd_event *event, const char *name, const JobLinkHandler *handler, void *userdata,
                 JobLink **ret);
JobLink *job_link_free(JobLink *link);
DEFINE_CLEANUP(JobLink *, job_link_free);

/* wanted: the job's unit runs. */
void job_link_set_wanted(JobLink *link, bool wanted);
bool job_link_is_open(const JobLink *link);
/* message: an object, weak. Returns 0, -ENOTCONN, or what link_send() says. */
int job_link_send(JobLink *link, uint32_t type, json_object *message);
