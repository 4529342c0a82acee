/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>
#include <microhttpd.h>
#include <sys/queue.h>

#include "base/buffer.h"
#include "http-server.h"

typedef struct Route Route;

/* One request, from its head until its answer is through. A handler (http-routes.h) answers it by one of the
 * functions below, or leaves that for later with request_wait(). */
typedef struct Request {
        Manager *manager; /* weak */
        HttpServer *server;
        struct MHD_Connection *connection;
        const Route *route; /* NULL: a file of the page */
        HttpAccess access;
        char *url; /* without the query */
        Job *job;  /* that the path names; weak, valid until the handler returns */
        Buffer body;
        json_object *arguments; /* the body's object, or NULL */

        struct MHD_Response *response; /* NULL: not yet */
        unsigned status;
        bool waits;                     /* its connection is suspended */
        void (*gone)(struct Request *); /* it is over before its answer came, or NULL */
        void *waiter;                   /* of who answers later */
        LIST_ENTRY(Request) requests;   /* of its server */
} Request;

/* Of a kind of text that a browser asks about: a header more. */
void request_answer_text(Request *request, unsigned status, const char *type, const char *text, size_t size);
/* Consumes the object; 200. */
void request_answer(Request *request, json_object *object);
void request_answer_status(Request *request, unsigned status, json_object *object);
/* Consumes the response. */
void request_answer_response(Request *request, unsigned status, struct MHD_Response *response);

/* The answer comes from the loop, by one of the functions above and then request_resume(). gone is called
 * instead if the request is over before. */
void request_wait(Request *request, void (*gone)(Request *request), void *waiter);
void request_resume(Request *request);

/* Of the query: NULL if it is not there. Weak. */
const char *request_query(const Request *request, const char *name);
/* ret keeps its value if the query has no such name. Returns false if what it has is no number from min to
 * max; the request is answered then. */
bool request_query_number(Request *request, const char *name, uint64_t min, uint64_t max, uint64_t *ret);
