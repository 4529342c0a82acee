/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "manager.h"

/* What callers of a socket may do. */
typedef enum HttpAccess {
        HTTP_READ_ONLY,  /* TCP: anybody on this host, and a browser on behalf of any page */
        HTTP_READ_WRITE, /* the unix socket: the group that may open it */
} HttpAccess;

typedef struct HttpEvents HttpEvents;

/* The page and the API (etl-coordinator(8)). Consumes fd, a listening socket. Returns 0 or a negative errno.
 */
int http_server_new(Manager *manager, int fd, HttpAccess access, HttpServer **ret);
HttpServer *http_server_free(HttpServer *server);
DEFINE_CLEANUP(HttpServer *, http_server_free);

/* Its streams of events; weak. */
HttpEvents *http_server_events(HttpServer *server);
