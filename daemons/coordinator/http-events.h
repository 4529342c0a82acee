/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "decisions.h"
#include "http-request.h"

/* Server-sent events (WHATWG HTML): streams of what changes, for the page and for etlctl. Each gets the
 * state as a whole, at once after a change that matters and then at most five times a second, and otherwise
 * once a second; decisions and epochs one by one. A stream that is not read loses states, which the next one
 * makes up for, and is closed before it loses decisions. */

int http_events_new(Manager *manager, HttpEvents **ret);
HttpEvents *http_events_free(HttpEvents *events);
DEFINE_CLEANUP(HttpEvents *, http_events_free);
/* Ends all streams: their connections are let go. */
void http_events_close(HttpEvents *events);

/* The route: begins a stream. */
void http_get_events(Request *request);

/* To the streams of all servers. */
void http_events_changed(const Manager *manager);
void http_events_decision(const Job *job, const Decision *decision);
void http_events_epoch(const Job *job);
