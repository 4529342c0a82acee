/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The mock cluster listens on a port of its own choice and tells clients that port. What clients are
 * configured with is a fixed address, so systemd-socket-proxyd(8) runs as a child between that address and
 * the mock's: a client asks there who the brokers are and talks to the mock directly from then on. */

/* Listening sockets: those systemd passed, or one for each address that "HOST:PORT" stands for ("localhost"
 * is usually two, and clients try both). */
#define MAX_LISTENERS 8
typedef struct Listeners {
        int fds[MAX_LISTENERS];
        size_t n;
} Listeners;

/* Logs what is wrong. */
int listeners_open(const char *address, Listeners *ret);
void listeners_done(Listeners *listeners);

/* Starts the relay from the sockets (weak) to target ("127.0.0.1:PORT"). It ends with this process. Logs
 * what is wrong. */
int relay_start(const Listeners *listeners, const char *target, pid_t *ret_pid);
