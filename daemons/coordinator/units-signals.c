/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What systemd says by itself: units that change, jobs of its own that begin and end. */

#include "units-internal.h"

#define UNIT_INTERFACE SYSTEMD_NAME ".Unit"

static Unit *find(Units *units, const char *text, bool create) {
        UnitName name;

        if (!unit_name_parse(text, &name) || name.kind == UNIT_COORDINATOR)
                return NULL;
        return units->handler->find(&name, create, units->userdata);
}

static bool runs(UnitState state) {
        return state != UNIT_INACTIVE && state != UNIT_FAILED;
}

static int on_last_status(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Unit *unit = userdata;
        Units *units = unit->asked;
        const char *text = "";

        unit->status_slot = sd_bus_slot_unref(unit->status_slot);
        if (!sd_bus_message_is_method_error(reply, NULL))
                (void)sd_bus_message_read(reply, "v", "s", &text);
        if (*text)
                unit->last_status = strdup(text);
        units->handler->changed(unit, units->userdata);
        return 0;
}

/* What a job said before it ended for good is why. */
static void ask_last_status(Units *units, Unit *unit) {
        _cleanup_free_ char *path = NULL;
        char name[UNIT_NAME_MAX];
        int r;

        if (unit->name.kind != UNIT_JOB)
                return;
        unit->asked = units;
        r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit_name_format(name, &unit->name), &path);
        if (r >= 0)
                r = sd_bus_call_method_async(units->bus, &unit->status_slot, SYSTEMD_NAME, path,
                                             "org.freedesktop.DBus.Properties", "Get", on_last_status, unit,
                                             "ss", SYSTEMD_NAME ".Service", "StatusText");
        if (r < 0)
                log_warning_errno(r, "Cannot ask systemd why %s has failed: %m", name);
}

static void set_state(Units *units, Unit *unit, UnitState state) {
        if (state == unit->state)
                return;
        unit->state = state;
        unit_forget_status(unit);
        if (state == UNIT_FAILED)
                ask_last_status(units, unit);
}

/* Reads a{sv} of the properties of a unit. What is not in it keeps its value. */
static int read_unit_properties(sd_bus_message *message, const char **state, uint32_t *job) {
        int r;

        r = sd_bus_message_enter_container(message, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                const char *property;

                r = sd_bus_message_read(message, "s", &property);
                if (r < 0)
                        return r;
                if (strcmp(property, "ActiveState") == 0)
                        r = sd_bus_message_read(message, "v", "s", state);
                else if (strcmp(property, "Job") == 0)
                        r = sd_bus_message_read(message, "v", "(uo)", job, NULL);
                else
                        r = sd_bus_message_skip(message, "v");
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;
        }
        return r;
}

static int on_properties_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;
        _cleanup_free_ char *name = NULL;
        const char *state = NULL;
        uint32_t job = UINT32_MAX;
        Unit *unit;
        int r;

        /* systemd tells of every unit of the machine; most are settled by a look at the path. */
        r = sd_bus_path_decode(sd_bus_message_get_path(message), SYSTEMD_PATH "/unit", &name);
        if (r <= 0 || strncmp(name, "etl-", strlen("etl-")) != 0)
                return 0;
        r = sd_bus_message_skip(message, "s");
        if (r >= 0)
                r = read_unit_properties(message, &state, &job);
        if (r < 0) {
                log_warning_errno(r, "Cannot read what systemd says of %s: %m", name);
                return 0;
        }
        unit = find(units, name, state && runs(unit_state_from_text(state)));
        if (!unit)
                return 0;
        if (state)
                set_state(units, unit, unit_state_from_text(state));
        if (job != UINT32_MAX)
                unit->systemd_job = job;
        units->handler->changed(unit, units->userdata);
        return 0;
}

/* An unloaded unit does not run. */
static int on_unit_removed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;
        const char *name;
        Unit *unit;

        if (sd_bus_message_read(message, "so", &name, NULL) < 0)
                return 0;
        unit = find(units, name, false);
        if (!unit || unit->state == UNIT_INACTIVE)
                return 0;
        set_state(units, unit, UNIT_INACTIVE);
        unit->systemd_job = 0;
        units->handler->changed(unit, units->userdata);
        return 0;
}

static int on_own_job_type(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;
        const char *type = "";

        if (units->own_phase != OWN_UNKNOWN)
                return 0; /* the job ended in the meantime */
        if (!sd_bus_message_is_method_error(reply, NULL))
                (void)sd_bus_message_read(reply, "v", "s", &type);
        units_set_own_phase(units, own_phase_from_job_type(type));
        return 0;
}

static int on_job_new(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;
        const char *path, *name;
        uint32_t id;
        int r;

        r = sd_bus_message_read(message, "uos", &id, &path, &name);
        if (r < 0 || strcmp(name, OWN_UNIT) != 0)
                return 0; /* of the other units, PropertiesChanged tells */
        units->own_job = id;
        units_set_own_phase(units, OWN_UNKNOWN);
        r = sd_bus_call_method_async(units->bus, NULL, SYSTEMD_NAME, path, "org.freedesktop.DBus.Properties",
                                     "Get", on_own_job_type, units, "ss", SYSTEMD_NAME ".Job", "JobType");
        if (r < 0) {
                log_warning_errno(r, "Cannot ask systemd what it does with " OWN_UNIT ": %m");
                units_set_own_phase(units, OWN_SETTLED);
        }
        return 0;
}

static void unit_job_ended(Units *units, Unit *unit, uint32_t id, const char *path, const char *result) {
        AdminMeaning meaning;

        if (unit->systemd_job == id)
                unit->systemd_job = 0;
        if (unit->request != REQUEST_NONE && unit->request_job && strcmp(unit->request_job, path) == 0) {
                units_end_request(units, unit, request_outcome_from_result(result), result);
                return;
        }
        /* In mid-stop of the coordinator itself these are systemd's own jobs. */
        meaning = units_may_act(units) ? unit_admin_meaning(unit->up, unit->state, result)
                                       : ADMIN_SAID_NOTHING;
        units->handler->admin_acted(unit, meaning, units->userdata);
}

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;
        const char *path, *name, *result;
        uint32_t id;
        Unit *unit;

        if (sd_bus_message_read(message, "uoss", &id, &path, &name, &result) < 0)
                return 0;
        if (strcmp(name, OWN_UNIT) == 0) {
                if (units->own_job == id)
                        units_set_own_phase(units, OWN_SETTLED);
                return 0;
        }
        unit = find(units, name, false);
        if (unit)
                unit_job_ended(units, unit, id, path, result);
        return 0;
}

static int on_unit_files_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;

        units->handler->files_changed(units->userdata);
        return 0;
}

/* Sent before (true) and after (false) a daemon-reload. */
static int on_reloading(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        int begins;

        if (sd_bus_message_read(message, "b", &begins) < 0 || begins)
                return 0;
        return on_unit_files_changed(message, userdata, ret_error);
}

int units_add_matches(Units *units) {
        static const struct {
                const char *member;
                sd_bus_message_handler_t handler;
        } signals[] = {
                {"JobNew", on_job_new},           {"JobRemoved", on_job_removed},
                {"UnitRemoved", on_unit_removed}, {"UnitFilesChanged", on_unit_files_changed},
                {"Reloading", on_reloading},
        };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                r = sd_bus_match_signal_async(units->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                              signals[i].member, signals[i].handler, NULL, units);
                if (r < 0)
                        return r;
        }
        return sd_bus_add_match_async(units->bus, NULL,
                                      "type='signal',sender='" SYSTEMD_NAME "',path_namespace='" SYSTEMD_PATH
                                      "/unit',interface='org.freedesktop.DBus.Properties',"
                                      "member='PropertiesChanged',arg0='" UNIT_INTERFACE "'",
                                      on_properties_changed, NULL, units);
}

static void forget_state(Unit *unit) {
        unit->state = UNIT_INACTIVE;
        unit->systemd_job = 0;
}

/* Of the requests made over an earlier connection only those that are still queued will be heard of again.
 */
static void forget_lost_request(Unit *unit) {
        if (unit->request != REQUEST_NONE && unit->systemd_job == 0)
                unit_forget_request(unit);
}

int units_apply_list(Units *units, sd_bus_message *list) {
        const char *name, *state, *job_type, *job_path;
        OwnPhase own_phase = OWN_SETTLED;
        uint32_t job;
        int r;

        units->handler->each(forget_state, units->userdata);
        r = sd_bus_message_enter_container(list, 'a', "(ssssssouso)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(list, "(ssssssouso)", &name, NULL, NULL, &state, NULL, NULL, NULL,
                                        &job, &job_type, &job_path)) > 0) {
                Unit *unit;

                if (strcmp(name, OWN_UNIT) == 0) {
                        units->own_job = job;
                        own_phase = own_phase_from_job_type(job_type);
                        continue;
                }
                unit = find(units, name, runs(unit_state_from_text(state)));
                if (!unit)
                        continue;
                set_state(units, unit, unit_state_from_text(state));
                unit->systemd_job = job;
                if (unit->request_job && strcmp(unit->request_job, job_path) != 0)
                        unit_forget_request(unit);
        }
        if (r < 0)
                return r;
        units->handler->each(forget_lost_request, units->userdata);
        units->own_phase = own_phase;
        return 0;
}
