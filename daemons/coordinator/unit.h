/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-bus.h>

#include "unit-name.h"

/* What is known of one unit of ours: told by systemd, and asked of it. */
typedef enum UnitState {
        UNIT_INACTIVE,
        UNIT_ACTIVATING, /* also: waiting for systemd to start it again */
        UNIT_ACTIVE,
        UNIT_DEACTIVATING,
        UNIT_FAILED,
        _UNIT_STATE_MAX,
} UnitState;

typedef enum UnitRequest { REQUEST_NONE, REQUEST_START, REQUEST_STOP } UnitRequest;

typedef struct Unit {
        UnitName name;
        UnitState state;
        uint32_t systemd_job;      /* id of the job systemd has queued for it, whoever asked; 0: none */
        bool up;                   /* it was seen to run, and no end of that was handled yet */
        UnitRequest request;       /* ours, until systemd says that it is done */
        char *request_job;         /* D-Bus path of its job, once systemd has answered */
        sd_bus_slot *request_slot; /* of the call that waits for that answer */
        struct Units *asked;       /* weak: who asked, and is to be told */
        char *last_status;         /* of a job that has failed: the last STATUS= of its process; or NULL */
        sd_bus_slot *status_slot;  /* of the call that asks for it */
} Unit;

void unit_done(Unit *unit);
void unit_forget_status(Unit *unit);
/* Forgets our request; its late answer is ignored. */
void unit_forget_request(Unit *unit);

/* From systemd's ActiveState; a state it invents later counts as active. */
UnitState unit_state_from_text(const char *active_state);
const char *unit_state_to_text(UnitState state);
static inline bool unit_is_down(const Unit *unit) {
        return unit->state == UNIT_INACTIVE || unit->state == UNIT_FAILED;
}
/* Nothing is under way: not by us, not by anybody else. */
static inline bool unit_is_settled(const Unit *unit) {
        return unit->request == REQUEST_NONE && unit->systemd_job == 0;
}

/* What the end of a systemd job that was not ours says about the will of whoever asked for it. */
typedef enum AdminMeaning { ADMIN_SAID_NOTHING, ADMIN_STARTED, ADMIN_STOPPED } AdminMeaning;
/* was_up: the unit ran when the job began. result: of JobRemoved ("done", "failed", "canceled", ...). */
AdminMeaning unit_admin_meaning(bool was_up, UnitState state, const char *result);
