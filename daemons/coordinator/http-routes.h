/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "http-request.h"

/* Who may ask. */
typedef enum RouteAccess {
        ROUTE_READ,    /* everybody */
        ROUTE_RECORDS, /* shows what records hold: over TCP only if http.show_records says so */
        ROUTE_CHANGE,  /* changes something: over the unix socket alone */
} RouteAccess;

struct Route {
        const char *method;  /* "GET" also takes HEAD */
        const char *pattern; /* "/api/v1/jobs/{job}/pause": {job} stands for the name of a job there is */
        RouteAccess access;
        void (*answer)(Request *request);
        const char *query; /* names that its query may have, separated by spaces; NULL: none */
        bool takes_body;   /* a JSON object */
};

/* All of them; ends with a row without a method. */
extern const Route http_routes[];

/* Finds the request's route and its job, and checks what it may not do: the request is then answered, and
 * false is returned. True with request->route NULL: no path of the API. */
bool http_route(Request *request, const char *method);
