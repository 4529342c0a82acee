/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "unit.h"

static const char *const state_texts[] = {
        [UNIT_INACTIVE] = "inactive",         [UNIT_ACTIVATING] = "activating", [UNIT_ACTIVE] = "active",
        [UNIT_DEACTIVATING] = "deactivating", [UNIT_FAILED] = "failed",
};

void unit_forget_request(Unit *unit) {
        unit->request = REQUEST_NONE;
        unit->request_slot = sd_bus_slot_unref(unit->request_slot);
        free(TAKE_PTR(unit->request_job));
}

void unit_forget_status(Unit *unit) {
        unit->status_slot = sd_bus_slot_unref(unit->status_slot);
        free(TAKE_PTR(unit->last_status));
}

void unit_done(Unit *unit) {
        unit_forget_status(unit);
        unit_forget_request(unit);
}

UnitState unit_state_from_text(const char *active_state) {
        for (UnitState state = 0; state < _UNIT_STATE_MAX; state++)
                if (strcmp(state_texts[state], active_state) == 0)
                        return state;
        return UNIT_ACTIVE; /* "reloading", "refreshing" */
}

const char *unit_state_to_text(UnitState state) {
        return state_texts[state];
}

AdminMeaning unit_admin_meaning(bool was_up, UnitState state, const char *result) {
        if (strcmp(result, "done") != 0)
                return ADMIN_SAID_NOTHING; /* it failed or was cancelled: no wish came true */
        switch (state) {
        case UNIT_ACTIVE: return ADMIN_STARTED; /* or restarted, or reloaded */
        case UNIT_FAILED: return ADMIN_STOPPED; /* a stop that had to kill, or of a unit that had failed */
        case UNIT_INACTIVE:
                /* try-restart of what does not run is "done" as well. */
                return was_up ? ADMIN_STOPPED : ADMIN_SAID_NOTHING;
        default: return ADMIN_SAID_NOTHING;
        }
}
