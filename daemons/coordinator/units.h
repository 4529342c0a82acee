/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "unit.h"

/* The coordinator's view of systemd, over D-Bus, and its hands there. All calls return at once; what
 * becomes of them is told through the handler, from the event loop. When the bus is gone the connection is
 * made again with growing pauses, and everything is listed anew. */
typedef struct Units Units;

/* How a request of ours ended. */
typedef enum RequestOutcome {
        OUTCOME_DONE,
        OUTCOME_DENIED,   /* polkit said no */
        OUTCOME_MASKED,   /* the unit is masked */
        OUTCOME_CONFLICT, /* a systemd job of somebody else goes first */
        OUTCOME_FAILED,
} RequestOutcome;

typedef struct UnitsHandler {
        /* The object for a name (weak), or NULL. create: the unit runs, so one should be made. */
        Unit *(*find)(const UnitName *name, bool create, void *userdata);
        /* Calls visit for every unit known. */
        void (*each)(void (*visit)(Unit *unit), void *userdata);
        /* State or systemd_job are new. */
        void (*changed)(Unit *unit, void *userdata);
        /* why: what to print, if the outcome is not OUTCOME_DONE. */
        void (*request_ended)(Unit *unit, UnitRequest request, RequestOutcome outcome, const char *why,
                              void *userdata);
        /* Somebody else's systemd job on the unit ended. */
        void (*admin_acted)(Unit *unit, AdminMeaning meaning, void *userdata);
        /* units_may_act() or units_problem() may say something new. */
        void (*ready_changed)(void *userdata);
        /* Unit files were changed: what was masked may not be so any more. */
        void (*files_changed)(void *userdata);
} UnitsHandler;

/* handler and userdata must outlive the object. Begins to connect. */
int units_new(sd_event *event, const UnitsHandler *handler, void *userdata, Units **ret);
Units *units_free(Units *units);
DEFINE_CLEANUP(Units *, units_free);

/* Everything is listed, and the coordinator's own unit is neither being started nor stopped. While this is
 * false nothing is to be decided: whatever systemd does then is somebody else's business. */
bool units_may_act(const Units *units);
bool units_is_stopping(const Units *units);
/* What is wrong with the connection, in one line; NULL if nothing is. */
const char *units_problem(const Units *units);

/* Only for units that are settled, while units_may_act(). Mode is "fail", of the stop of a job "replace".
 * Returns 0 or a negative errno, after which the handler is not called. */
int units_request(Units *units, Unit *unit, UnitRequest request);
