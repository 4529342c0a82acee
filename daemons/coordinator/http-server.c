/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>

#include "api.h"
#include "base/log.h"
#include "http-server.h"
#include "job.h"
#include "page.h"

#define API "/api/v1/"

enum { CONNECTIONS_MAX = 64, IDLE_SECONDS_MAX = 30 };

struct HttpServer {
        Manager *manager; /* weak */
        HttpAccess access;
        struct MHD_Daemon *daemon;
        sd_event_source *io, *timer;
};

/* A request as the routes see it. */
typedef struct Request {
        HttpServer *server;
        const char *method;
        Job *job; /* that the path names, or NULL */
} Request;

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type,
                               const char *text, size_t size) {
        struct MHD_Response *response;
        enum MHD_Result result;

        response = MHD_create_response_from_buffer(size, (void *)text, MHD_RESPMEM_MUST_COPY);
        if (!response)
                return MHD_NO;
        (void)MHD_add_response_header(response, "Content-Type", type);
        (void)MHD_add_response_header(response, "Cache-Control", "no-store");
        (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        (void)MHD_add_response_header(response, "Content-Security-Policy", PAGE_SECURITY_POLICY);
        result = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
        return result;
}

/* Drops the object. */
static enum MHD_Result respond_json(struct MHD_Connection *connection, unsigned status,
                                    json_object *object) {
        enum MHD_Result result;
        const char *text;
        size_t size;

        text = json_object_to_json_string_length(
                object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
        result = text ? respond(connection, status, "application/json", text, size) : MHD_NO;
        json_object_put(object);
        return result;
}

static enum MHD_Result respond_error(struct MHD_Connection *connection, unsigned status, const char *what) {
        json_object *object = json_object_new_object();

        (void)json_object_object_add(object, "error", json_object_new_string(what));
        return respond_json(connection, status, object);
}

static json_object *get_status(const Request *request) {
        return api_status(request->server->manager);
}

static json_object *get_jobs(const Request *request) {
        return api_jobs(request->server->manager);
}

static json_object *get_job(const Request *request) {
        return api_job(request->job);
}

static json_object *get_workers(const Request *request) {
        return api_workers(request->server->manager, request->job);
}

static json_object *get_decisions(const Request *request) {
        return api_decisions(request->server->manager, request->job);
}

static json_object *get_results(const Request *request) {
        return api_results(request->job);
}

static json_object *set_paused(const Request *request, bool paused) {
        int r;

        r = job_set_paused(request->job, paused);
        if (r < 0)
                log_warning_errno(r, "Cannot remember over a restart that job %s is %s: %m",
                                  request->job->name, paused ? "paused" : "resumed");
        return api_job(request->job);
}

static json_object *post_pause(const Request *request) {
        return set_paused(request, true);
}

static json_object *post_resume(const Request *request) {
        return set_paused(request, false);
}

/* path: behind API; behind API "jobs/JOB/" if it is of a job. */
static const struct Route {
        const char *method, *path;
        bool of_job;
        json_object *(*answer)(const Request *request);
} routes[] = {
        {"GET", "status", false, get_status},
        {"GET", "jobs", false, get_jobs},
        {"GET", "workers", false, get_workers},
        {"GET", "decisions", false, get_decisions},
        {"GET", "", true, get_job},
        {"GET", "workers", true, get_workers},
        {"GET", "decisions", true, get_decisions},
        {"GET", "results", true, get_results},
        {"POST", "pause", true, post_pause},
        {"POST", "resume", true, post_resume},
};

static const struct Route *find_route(const char *path, bool of_job) {
        for (size_t i = 0; i < ELEMENTSOF(routes); i++)
                if (routes[i].of_job == of_job && strcmp(routes[i].path, path) == 0)
                        return &routes[i];
        return NULL;
}

/* "jobs/JOB" and "jobs/JOB/REST". Returns false if it is of another form; *ret_job is NULL if there is no
 * such job. */
static bool split_job_path(const Manager *manager, const char *path, Job **ret_job, const char **ret_rest) {
        char name[JOB_NAME_MAX + 1];
        size_t size;

        if (strncmp(path, "jobs/", strlen("jobs/")) != 0)
                return false;
        path += strlen("jobs/");
        size = strcspn(path, "/");
        *ret_job = NULL;
        *ret_rest = path[size] ? path + size + 1 : "";
        if (size <= JOB_NAME_MAX) {
                memcpy(name, path, size);
                name[size] = '\0';
                *ret_job = manager_find_job(manager, name);
        }
        return true;
}

static enum MHD_Result answer_api(struct MHD_Connection *connection, Request *request, const char *path) {
        bool of_job = split_job_path(request->server->manager, path, &request->job, &path);
        const struct Route *route = find_route(path, of_job);

        if (!route)
                return respond_error(connection, MHD_HTTP_NOT_FOUND, "there is no such path");
        if (strcmp(route->method, request->method) != 0)
                return respond_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                                     route->method[0] == 'G' ? "this path takes GET"
                                                             : "this path takes POST");
        if (strcmp(route->method, "GET") != 0 && request->server->access == HTTP_READ_ONLY)
                return respond_error(connection, MHD_HTTP_FORBIDDEN,
                                     "changes are made over the unix socket (etlctl does)");
        if (of_job && !request->job)
                return respond_error(connection, MHD_HTTP_NOT_FOUND, "there is no job of this name");
        return respond_json(connection, MHD_HTTP_OK, route->answer(request));
}

/* A page of somebody else's may have a name of its own resolve to this host, and would then be let read the
 * answers (DNS rebinding). Our own addresses have no such names. */
static bool host_is_ours(const char *host) {
        char name[64];
        struct in6_addr ignored;
        size_t size;

        if (!host)
                return true; /* HTTP/1.0; no browser */
        size = *host == '[' ? strcspn(host, "]") : strcspn(host, ":");
        if (size >= sizeof(name))
                return false;
        memcpy(name, host, size);
        name[size] = '\0';
        return strcmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &ignored) == 1 ||
               (*name == '[' && inet_pton(AF_INET6, name + 1, &ignored) == 1);
}

static enum MHD_Result answer(HttpServer *server, struct MHD_Connection *connection, const char *url,
                              const char *method) {
        Request request = {server, strcmp(method, "HEAD") == 0 ? "GET" : method, NULL};

        if (server->access == HTTP_READ_ONLY &&
            !host_is_ours(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host")))
                return respond_error(connection, MHD_HTTP_FORBIDDEN,
                                     "this host is asked for by its address or as localhost");
        if (strncmp(url, API, strlen(API)) == 0)
                return answer_api(connection, &request, url + strlen(API));
        if (strcmp(url, "/") == 0 && strcmp(request.method, "GET") == 0)
                return respond(connection, MHD_HTTP_OK, "text/html; charset=utf-8", page_text,
                               strlen(page_text));
        return respond_error(connection, MHD_HTTP_NOT_FOUND, "there is no such path");
}

/* Called for the head, then for the body, of which nothing is wanted, then at its end. */
static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **state) {
        static int seen;

        if (!*state) {
                *state = &seen;
                return MHD_YES;
        }
        if (*body_size > 0) {
                *body_size = 0;
                return MHD_YES;
        }
        return answer(userdata, connection, url, method);
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
        int r;

        if (!info)
                return -EIO;
        r = sd_event_add_io(server->manager->event, &server->io, info->epoll_fd, EPOLLIN, on_io, server);
        if (r < 0)
                return r;
        return sd_event_add_time_relative(server->manager->event, &server->timer, CLOCK_MONOTONIC, 0,
                                          USEC_PER_MSEC, on_timer, server);
}

int http_server_new(Manager *manager, int fd, HttpAccess access, HttpServer **ret) {
        _cleanup_(http_server_freep) HttpServer *server = new (HttpServer, 1);
        int r;

        if (!server) {
                close(fd);
                return -ENOMEM;
        }
        *server = (HttpServer){.manager = manager, .access = access};
        server->daemon =
                MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
                                 fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS_MAX, MHD_OPTION_END);
        if (!server->daemon) {
                close(fd);
                return -EIO;
        }
        r = watch(server);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(server);
        return 0;
}

HttpServer *http_server_free(HttpServer *server) {
        if (!server)
                return NULL;
        sd_event_source_disable_unref(server->io);
        sd_event_source_disable_unref(server->timer);
        if (server->daemon)
                MHD_stop_daemon(server->daemon);
        free(server);
        return NULL;
}
