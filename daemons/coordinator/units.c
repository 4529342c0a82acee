/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The connection: open, subscribe, list, and all of it again when the bus has gone. */

#include <stdio.h>

#include "base/message-ids.h"
#include "units-internal.h"

static int connect_bus(Units *units);

static void set_problem(Units *units, const char *what, const char *why) {
        char *text = NULL;

        if (what && asprintf(&text, "%s: %s", what, why) < 0)
                text = NULL;
        free(units->problem);
        units->problem = text;
}

/* The connection itself is dropped by the timer: this may run inside one of its callbacks. */
static void reconnect_later(Units *units, const char *what, const char *why) {
        usec_t pause = backoff_next(&units->pauses);

        if (!units->problem)
                log_message(LOG_WARNING, MESSAGE_SYSTEMD_LOST, 0,
                            "%s: %s; jobs and workers go on as they are, trying again", what, why);
        set_problem(units, what, why);
        units->listed = false;
        (void)sd_event_source_set_time_relative(units->reconnect, pause);
        (void)sd_event_source_set_enabled(units->reconnect, SD_EVENT_ONESHOT);
        units->handler->ready_changed(units->userdata);
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata) {
        Units *units = userdata;
        int r;

        units->bus = sd_bus_close_unref(units->bus);
        r = connect_bus(units);
        if (r < 0)
                reconnect_later(units, "Cannot connect to D-Bus", strerror(-r));
        return 0;
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        reconnect_later(userdata, "The connection to D-Bus is lost", "systemd cannot be reached");
        return 0;
}

static int on_listed(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        int r;

        if (error) {
                reconnect_later(units, "systemd does not list its units", error->message);
                return 0;
        }
        r = units_apply_list(units, reply);
        if (r < 0) {
                reconnect_later(units, "systemd's list of units cannot be read", strerror(-r));
                return 0;
        }
        if (units->problem)
                log_message(LOG_NOTICE, MESSAGE_SYSTEMD_BACK, 0, "systemd can be reached again");
        set_problem(units, NULL, NULL);
        backoff_reset(&units->pauses);
        units->listed = true;
        units->handler->ready_changed(units->userdata);
        return 0;
}

static int on_subscribed(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Units *units = userdata;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *list = NULL;
        int r;

        if (sd_bus_message_is_method_error(reply, NULL) &&
            !sd_bus_message_is_method_error(reply, SYSTEMD_NAME ".AlreadySubscribed")) {
                reconnect_later(units, "systemd refuses to send signals",
                                sd_bus_message_get_error(reply)->message);
                return 0;
        }
        r = sd_bus_message_new_method_call(units->bus, &list, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                           "ListUnitsByPatterns");
        if (r >= 0)
                r = sd_bus_message_append(list, "asas", 0, 3, UNIT_PATTERNS);
        if (r >= 0)
                r = sd_bus_call_async(units->bus, NULL, list, on_listed, units, 0);
        if (r < 0)
                reconnect_later(units, "Cannot ask systemd for its units", strerror(-r));
        return 0;
}

static int connect_bus(Units *units) {
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system_with_description(&bus, "systemd");
        if (r < 0)
                return r;
        r = sd_bus_attach_event(bus, units->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        r = sd_bus_match_signal(bus, NULL, NULL, "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                "Disconnected", on_disconnected, units);
        if (r < 0)
                return r;
        units->bus = TAKE_PTR(bus);
        r = units_add_matches(units);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(units->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                        "Subscribe", on_subscribed, units, NULL);
}

int units_new(sd_event *event, const UnitsHandler *handler, void *userdata, Units **ret) {
        _cleanup_(units_freep) Units *units = NULL;
        int r;

        units = new (Units, 1);
        if (!units)
                return -ENOMEM;
        *units = (Units){
                .event = sd_event_ref(event),
                .handler = handler,
                .userdata = userdata,
                .pauses = {.min_usec = 200 * USEC_PER_MSEC, .max_usec = 30 * USEC_PER_SEC},
        };
        r = sd_event_add_time_relative(event, &units->reconnect, CLOCK_MONOTONIC, 0, 0, on_reconnect, units);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(units->reconnect, "connect to systemd");
        *ret = TAKE_PTR(units);
        return 0;
}

Units *units_free(Units *units) {
        if (!units)
                return NULL;
        sd_event_source_disable_unref(units->reconnect);
        sd_bus_close_unref(units->bus);
        sd_event_unref(units->event);
        free(units->problem);
        free(units);
        return NULL;
}

bool units_may_act(const Units *units) {
        return units->listed && units->own_phase == OWN_SETTLED;
}

bool units_is_stopping(const Units *units) {
        return units->own_phase == OWN_STOPPING;
}

const char *units_problem(const Units *units) {
        return units->problem;
}

void units_set_own_phase(Units *units, OwnPhase phase) {
        if (units->own_phase == phase)
                return;
        units->own_phase = phase;
        if (phase == OWN_STOPPING)
                log_message(LOG_INFO, MESSAGE_COORDINATOR_STOPS, 0,
                            "The coordinator is being stopped: nothing more is decided");
        units->handler->ready_changed(units->userdata);
}

OwnPhase own_phase_from_job_type(const char *type) {
        if (strcmp(type, "stop") == 0 || strcmp(type, "restart") == 0)
                return OWN_STOPPING;
        return strcmp(type, "start") == 0 ? OWN_STARTING : OWN_SETTLED;
}
