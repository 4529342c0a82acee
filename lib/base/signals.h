/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

/* What every daemon's loop listens to: SIGTERM and SIGINT call on_stop (NULL: the loop ends with 0), SIGHUP
 * calls on_reload (NULL: as without us), and systemd's watchdog, if it asks for one, is fed. All before
 * there are other threads: the signals are blocked. Returns 0 or a negative errno. */
int signals_watch(sd_event *event, sd_event_signal_handler_t on_stop, sd_event_signal_handler_t on_reload,
                  void *userdata);
