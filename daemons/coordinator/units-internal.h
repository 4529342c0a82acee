/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "backoff.h"
#include "base/log.h"
#include "units.h"

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"

/* What a systemd job on the coordinator's own unit makes of us. */
typedef enum OwnPhase {
        OWN_SETTLED,
        OWN_STARTING, /* READY is not through yet; streametl-workers.target comes up right after it */
        OWN_STOPPING,
        OWN_UNKNOWN, /* a job is queued and its type is being asked for */
} OwnPhase;

struct Units {
        sd_event *event;
        const UnitsHandler *handler; /* weak */
        void *userdata;              /* weak */
        sd_bus *bus;
        sd_event_source *reconnect;
        Backoff pauses;
        bool listed;
        OwnPhase own_phase;
        uint32_t own_job;
        char *problem;
};

/* "start", "stop", ...: of the property JobType. */
OwnPhase own_phase_from_job_type(const char *type);
void units_set_own_phase(Units *units, OwnPhase phase);

/* units-signals.c */
int units_add_matches(Units *units);
int units_apply_list(Units *units, sd_bus_message *list);
/* units-request.c: ends the unit's request and tells the handler. */
void units_end_request(Units *units, Unit *unit, RequestOutcome outcome, const char *why);
RequestOutcome request_outcome_from_result(const char *job_result);
