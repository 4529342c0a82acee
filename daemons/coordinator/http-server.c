/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* libmicrohttpd in our event loop. It parses HTTP; what may be asked is decided in http-check.c and
 * http-routes.c, on a request's head, before a byte of its body is taken. */

#include "http-server.h"
#include <sys/socket.h>

#include "base/log.h"
#include "http-check.h"
#include "http-error.h"
#include "http-events.h"
#include "http-files.h"
#include "http-routes.h"

enum {
        CONNECTIONS_MAX = 64,
        IDLE_SECONDS_MAX = 10,
        HEAD_BYTES_MAX = 16 * 1024, /* of a request, and of what is written at a time */
};
/* Within this time of the last one, or of its beginning, a connection brings a request that is whole: one
 * that trickles takes a place from others. */
static const usec_t request_timeout_usec = 10 * USEC_PER_SEC;

typedef struct Connection {
        LIST_ENTRY(Connection) connections;
        struct MHD_Connection *connection;
        int fd;            /* libmicrohttpd's */
        usec_t since_usec; /* monotonic; USEC_INFINITY: a request of it is being answered */
} Connection;

struct HttpServer {
        Manager *manager; /* weak */
        HttpAccess access;
        struct MHD_Daemon *daemon;
        HttpEvents *events;
        LIST_HEAD(, Request) requests;
        LIST_HEAD(, Connection) connections;
        size_t n_connections;
        bool stopping; /* nothing new is taken */
        sd_event_source *io, *timer, *sweeper;
};

static void connection_set_busy(struct MHD_Connection *connection, bool busy) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        Connection *object = info ? info->socket_context : NULL;

        if (object)
                object->since_usec = busy ? USEC_INFINITY : monotonic_usec();
}

static Request *request_new(HttpServer *server, struct MHD_Connection *connection, const char *url) {
        Request *request = new0(Request, 1);

        if (!request)
                return NULL;
        request->manager = server->manager;
        request->server = server;
        request->access = server->access;
        request->connection = connection;
        request->url = strdup(url);
        if (!request->url) {
                free(request);
                return NULL;
        }
        LIST_INSERT_HEAD(&server->requests, request, requests);
        return request;
}

static void request_free(Request *request) {
        if (request->gone)
                request->gone(request);
        LIST_REMOVE(request, requests);
        if (request->response)
                MHD_destroy_response(request->response);
        json_object_put(request->arguments);
        buffer_done(&request->body);
        free(request->url);
        free(request);
}

static enum MHD_Result send_answer(Request *request) {
        enum MHD_Result result;

        if (!request->response)
                return MHD_NO;
        connection_set_busy(request->connection, true);
        result = MHD_queue_response(request->connection, request->status, request->response);
        MHD_destroy_response(request->response);
        request->response = NULL;
        return result;
}

/* The request is whole. */
static enum MHD_Result answer(Request *request) {
        if (!request->response && http_check_body(request)) {
                if (request->route)
                        request->route->answer(request);
                else
                        http_files_answer(request);
        }
        request->job = NULL;
        return request->waits ? MHD_YES : send_answer(request);
}

/* Called for the head, for each part of the body, at its end, and when a request that waited is resumed. */
static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **state) {
        Request *request = *state;

        if (!request) {
                const HttpServer *server = userdata;

                if (server->stopping)
                        return MHD_NO;
                request = *state = request_new(userdata, connection, url);
                if (!request)
                        return MHD_NO;
                request->manager->n_requests[request->access]++;
                if (http_check_head(request) && http_route(request, method) && http_check_size(request))
                        return MHD_YES;
                return send_answer(request);
        }
        if (*body_size > 0) {
                if (request->body.size + *body_size > HTTP_BODY_BYTES_MAX ||
                    buffer_append(&request->body, body, *body_size) < 0)
                        return MHD_NO;
                *body_size = 0;
                return MHD_YES;
        }
        connection_set_busy(connection, true);
        return answer(request);
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
        if (*state)
                request_free(*state);
        *state = NULL;
        connection_set_busy(connection, false);
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        HttpServer *server = userdata;
        Connection *object = *socket_context;

        if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
                if (!object)
                        return;
                LIST_REMOVE(object, connections);
                server->n_connections--;
                free(object);
                *socket_context = NULL;
                return;
        }
        object = info ? new (Connection, 1) : NULL;
        if (!object)
                return;
        *object = (Connection){
                .connection = connection,
                .fd = info->connect_fd,
                .since_usec = monotonic_usec(),
        };
        server->n_connections++;
        LIST_INSERT_HEAD(&server->connections, object, connections);
        *socket_context = object;
        (void)sd_event_source_set_enabled(server->sweeper, SD_EVENT_ON);
}

static void run(HttpServer *server) {
        MHD_UNSIGNED_LONG_LONG wait_msec;

        (void)MHD_run(server->daemon);
        if (MHD_get_timeout(server->daemon, &wait_msec) != MHD_YES) {
                (void)sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
                return;
        }
        (void)sd_event_source_set_time_relative(server->timer, wait_msec * USEC_PER_MSEC);
        (void)sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

/* The other side has closed it, in the middle of a request or before one. libmicrohttpd does not notice if
 * that came together with what it has read: it waits for another edge. */
static bool is_abandoned(const Connection *connection) {
        char byte;
        ssize_t n = recv(connection->fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

        return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* Where shutting down changes nothing any more there is no event, and the timeout does it. */
static void cut(const Connection *connection) {
        (void)MHD_set_connection_option(connection->connection, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
        (void)shutdown(connection->fd, SHUT_RDWR);
}

/* With all places taken libmicrohttpd accepts nobody, and after places were freed by its own timeouts
 * nothing but another run makes it accept again. */
static int on_sweep(sd_event_source *source, uint64_t at_usec, void *userdata) {
        HttpServer *server = userdata;
        bool is_full = server->n_connections >= CONNECTIONS_MAX,
             was_empty = LIST_EMPTY(&server->connections);
        usec_t now_usec = monotonic_usec();
        Connection *connection;

        LIST_FOREACH(connection, &server->connections, connections) {
                if (connection->since_usec == USEC_INFINITY)
                        continue;
                if (now_usec - connection->since_usec > request_timeout_usec || is_abandoned(connection))
                        cut(connection);
        }
        run(server);
        (void)sd_event_source_set_time_relative(source, is_full ? USEC_PER_SEC / 10 : USEC_PER_SEC);
        return sd_event_source_set_enabled(
                source, was_empty && LIST_EMPTY(&server->connections) ? SD_EVENT_OFF : SD_EVENT_ON);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        run(userdata);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t at_usec, void *userdata) {
        run(userdata);
        return 0;
}

static int watch(HttpServer *server) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        sd_event *event = server->manager->event;
        int r;

        if (!info)
                return -EIO;
        r = sd_event_add_io(event, &server->io, info->epoll_fd, EPOLLIN, on_io, server);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &server->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                                               on_timer, server);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &server->sweeper, CLOCK_MONOTONIC, 0, USEC_PER_SEC / 4,
                                               on_sweep, server);
        return r;
}

int http_server_new(Manager *manager, int fd, HttpAccess access, HttpServer **ret) {
        _cleanup_(http_server_freep) HttpServer *server = new0(HttpServer, 1);
        int r;

        if (!server) {
                close(fd);
                return -ENOMEM;
        }
        server->manager = manager;
        server->access = access;
        LIST_INIT(&server->requests);
        LIST_INIT(&server->connections);
        server->daemon = MHD_start_daemon(
                MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
                MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS_MAX,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX, MHD_OPTION_NOTIFY_COMPLETED,
                on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
        if (!server->daemon) {
                close(fd);
                return -EIO;
        }
        r = http_events_new(manager, &server->events);
        if (r >= 0)
                r = watch(server);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(server);
        return 0;
}

/* What is suspended must be let go before libmicrohttpd ends, and nothing may come after that. */
static void stop(HttpServer *server) {
        Request *request;
        int listener;

        server->stopping = true;
        listener = MHD_quiesce_daemon(server->daemon);
        if (listener >= 0)
                close(listener);
        http_events_close(server->events);
        LIST_FOREACH(request, &server->requests, requests) {
                void (*gone)(Request *) = request->gone;

                if (!request->waits)
                        continue;
                if (gone)
                        gone(request);
                request_fail(request, MHD_HTTP_SERVICE_UNAVAILABLE, "the coordinator stops");
                request_resume(request);
        }
        (void)MHD_run(server->daemon);
        MHD_stop_daemon(server->daemon);
}

HttpServer *http_server_free(HttpServer *server) {
        if (!server)
                return NULL;
        server->io = sd_event_source_disable_unref(server->io);
        server->timer = sd_event_source_disable_unref(server->timer);
        server->sweeper = sd_event_source_disable_unref(server->sweeper);
        if (server->daemon)
                stop(server);
        http_events_free(server->events);
        free(server);
        return NULL;
}

HttpEvents *http_server_events(HttpServer *server) {
        return server->events;
}
