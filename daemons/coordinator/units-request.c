/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* StartUnit and StopUnit, and what becomes of them. */

#include "units-internal.h"

typedef struct OutcomeText {
        const char *text;
        RequestOutcome outcome;
} OutcomeText;

static RequestOutcome outcome_of(const OutcomeText *table, const char *text) {
        while (table->text && strcmp(table->text, text) != 0)
                table++;
        return table->outcome;
}

RequestOutcome request_outcome_from_result(const char *job_result) {
        static const OutcomeText table[] = {
                {"done", OUTCOME_DONE},
                {"canceled", OUTCOME_CONFLICT},
                {NULL, OUTCOME_FAILED},
        };

        return outcome_of(table, job_result);
}

/* systemd asks polkit, and hands on what came of that: "masked" may be said of polkit.service. */
static bool is_about_another_unit(const Unit *unit, const sd_bus_error *error) {
        char name[UNIT_NAME_MAX];

        return error->message && !strstr(error->message, unit_name_format(name, &unit->name));
}

static RequestOutcome request_outcome_from_error(const Unit *unit, const sd_bus_error *error) {
        static const OutcomeText table[] = {
                {SD_BUS_ERROR_ACCESS_DENIED, OUTCOME_DENIED},
                {SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, OUTCOME_DENIED},
                {SYSTEMD_NAME ".UnitMasked", OUTCOME_MASKED},
                {SYSTEMD_NAME ".TransactionIsDestructive", OUTCOME_CONFLICT},
                {SYSTEMD_NAME ".TransactionJobsConflicting", OUTCOME_CONFLICT},
                {NULL, OUTCOME_FAILED},
        };

        RequestOutcome outcome = outcome_of(table, error->name);

        return outcome == OUTCOME_MASKED && is_about_another_unit(unit, error) ? OUTCOME_DENIED : outcome;
}

void units_end_request(Units *units, Unit *unit, RequestOutcome outcome, const char *why) {
        UnitRequest request = unit->request;

        unit_forget_request(unit);
        units->handler->request_ended(unit, request, outcome, why, units->userdata);
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Unit *unit = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        const char *path;
        int r;

        unit->request_slot = sd_bus_slot_unref(unit->request_slot);
        if (error) {
                /* What is not even loaded does not run. */
                if (unit->request == REQUEST_STOP &&
                    sd_bus_error_has_name(error, SYSTEMD_NAME ".NoSuchUnit"))
                        units_end_request(unit->asked, unit, OUTCOME_DONE, NULL);
                else
                        units_end_request(unit->asked, unit, request_outcome_from_error(unit, error),
                                          error->message ?: error->name);
                return 0;
        }
        r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0) {
                unit->request_job = strdup(path);
                if (!unit->request_job)
                        r = -ENOMEM;
        }
        if (r < 0)
                units_end_request(unit->asked, unit, OUTCOME_FAILED, strerror(-r));
        return 0;
}

/* A reload of the coordinator has queued one for each job, also for one whose file is gone or says that it
 * is disabled: its stop takes the place of that. */
static const char *mode_of(const Unit *unit, UnitRequest request) {
        return request == REQUEST_STOP && unit->name.kind == UNIT_JOB ? "replace" : "fail";
}

int units_request(Units *units, Unit *unit, UnitRequest request) {
        char name[UNIT_NAME_MAX];
        int r;

        unit->asked = units;
        r = sd_bus_call_method_async(units->bus, &unit->request_slot, SYSTEMD_NAME, SYSTEMD_PATH,
                                     SYSTEMD_MANAGER, request == REQUEST_START ? "StartUnit" : "StopUnit",
                                     on_answer, unit, "ss", unit_name_format(name, &unit->name),
                                     mode_of(unit, request));
        if (r < 0)
                return r;
        unit->request = request;
        return 0;
}
