/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/signals.h"
#include "base/macros.h"

static int watch(sd_event *event, int signal, sd_event_signal_handler_t handler, void *userdata) {
        return sd_event_add_signal(event, NULL, signal | SD_EVENT_SIGNAL_PROCMASK, handler, userdata);
}

int signals_watch(sd_event *event, sd_event_signal_handler_t on_stop, sd_event_signal_handler_t on_reload,
                  void *userdata) {
        int r;

        r = watch(event, SIGTERM, on_stop, userdata);
        if (r >= 0)
                r = watch(event, SIGINT, on_stop, userdata);
        if (r >= 0 && on_reload)
                r = watch(event, SIGHUP, on_reload, userdata);
        if (r >= 0)
                r = sd_event_set_watchdog(event, true);
        return r < 0 ? r : 0;
}
