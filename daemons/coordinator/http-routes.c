/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "http-routes.h"

#include "api.h"
#include "http-error.h"
#include "http-events.h"
#include "job.h"
#include "metrics-document.h"

#define V1 "/api/v1"
#define JOB V1 "/jobs/{job}"

/* query, body: see http-routes.h. */
#define READ(pattern, answer, query) {"GET", pattern, ROUTE_READ, answer, query, false}
#define RECORDS(pattern, answer, query) {"GET", pattern, ROUTE_RECORDS, answer, query, false}
#define CHANGE(method, pattern, answer, body) {method, pattern, ROUTE_CHANGE, answer, NULL, body}

/* clang-format off */
const Route http_routes[] = {
        READ(V1 "/status", api_get_status, NULL),
        READ(V1 "/jobs", api_get_jobs, NULL),
        READ(V1 "/workers", api_get_workers, NULL),
        READ(V1 "/decisions", api_get_decisions, "limit since"),
        READ(V1 "/history", api_get_history, "since"),
        READ(V1 "/config", api_get_config, NULL),
        READ(V1 "/events", http_get_events, "job"),
        READ(V1 "/openapi.json", api_get_openapi, NULL),
        READ(JOB, api_get_job, NULL),
        READ(JOB "/partitions", api_get_partitions, NULL),
        READ(JOB "/workers", api_get_workers, NULL),
        READ(JOB "/decisions", api_get_decisions, "limit since"),
        RECORDS(JOB "/results", api_get_results, "where limit after"),
        RECORDS(JOB "/dead-letters", api_get_dead_letters, "limit since"),
        READ(JOB "/history", api_get_history, "since"),
        READ(JOB "/query", api_get_query, NULL),
        READ(JOB "/config", api_get_job_config, NULL),
        READ("/metrics", metrics_get, NULL),
        CHANGE("POST", JOB "/pause", api_pause, false),
        CHANGE("POST", JOB "/resume", api_resume, false),
        CHANGE("POST", JOB "/drain", api_drain, false),
        CHANGE("POST", JOB "/start", api_start, false),
        CHANGE("POST", JOB "/restart", api_restart, false),
        CHANGE("POST", JOB "/reset", api_reset, true),
        CHANGE("PUT", JOB "/workers", api_scale, true),
        CHANGE("POST", V1 "/reload", api_reload, false),
        {},
};
/* clang-format on */

/* *ret_name is the part of the path that {job} stands for, NULL without one. */
static bool path_matches(const char *path, const char *pattern, const char **ret_name, size_t *ret_size) {
        const char *variable = strchr(pattern, '{');
        size_t head = variable ? (size_t)(variable - pattern) : strlen(pattern);

        *ret_name = NULL;
        *ret_size = 0;
        if (strncmp(path, pattern, head) != 0)
                return false;
        if (!variable)
                return path[head] == '\0';
        *ret_name = path + head;
        *ret_size = strcspn(path + head, "/");
        return *ret_size > 0 && strcmp(path + head + *ret_size, strchr(variable, '}') + 1) == 0;
}

/* A path has one or more rows, one for each method. */
static const Route *find_route(const char *path, const char *method, bool *ret_is_path,
                               const char **ret_name, size_t *ret_size) {
        *ret_is_path = false;
        for (const Route *route = http_routes; route->method; route++) {
                if (!path_matches(path, route->pattern, ret_name, ret_size))
                        continue;
                *ret_is_path = true;
                if (strcmp(route->method, method) == 0)
                        return route;
        }
        return NULL;
}

static void fail_method(Request *request) {
        char methods[64] = "";
        const char *ignored;
        size_t size;

        for (const Route *route = http_routes; route->method; route++)
                if (path_matches(request->url, route->pattern, &ignored, &size)) {
                        strcat(methods, *methods ? ", " : "");
                        strcat(methods, strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method);
                }
        request_fail(request, MHD_HTTP_METHOD_NOT_ALLOWED, "this path takes %s", methods);
        if (request->response)
                (void)MHD_add_response_header(request->response, "Allow", methods);
}

static bool may_ask(Request *request, const Route *route) {
        const SuiteConfig *suite = request->manager->suite;

        if (request->access == HTTP_READ_WRITE || route->access == ROUTE_READ)
                return true;
        if (route->access == ROUTE_RECORDS && suite->http_show_records)
                return true;
        request_fail(
                request, MHD_HTTP_FORBIDDEN,
                route->access == ROUTE_CHANGE
                        ? "nothing is changed over TCP; use etlctl, or /run/streametl/api.sock"
                        : "what records hold is not shown over TCP, where every user of this host reads "
                          "along; use etlctl, or set \"http : { show_records = true; };\" in %s and "
                          "\"systemctl reload etl-coordinator\"",
                suite->path);
        return false;
}

/* Whether a list of words has the word. */
static bool has_word(const char *words, const char *word) {
        size_t size = strlen(word);

        for (const char *p = words; p && *p; p += strcspn(p, " "), p += strspn(p, " "))
                if (strncmp(p, word, size) == 0 && (p[size] == ' ' || p[size] == '\0'))
                        return size > 0;
        return false;
}

static enum MHD_Result check_name(void *userdata, enum MHD_ValueKind kind, const char *name,
                                  const char *value) {
        Request *request = userdata;
        const char *known = request->route->query;

        if (has_word(known, name) && value)
                return MHD_YES;
        if (has_word(known, name))
                request_fail(request, MHD_HTTP_BAD_REQUEST, "write %s=VALUE", name);
        else
                request_fail(request, MHD_HTTP_BAD_REQUEST,
                             known ? "a query named \"%.40s\" is not known here; there are: %s"
                                   : "this path takes no query, such as \"%.40s\"%s",
                             name, known ?: "");
        return MHD_NO;
}

static bool check_query(Request *request) {
        (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, check_name, request);
        return !request->response;
}

static bool find_job(Request *request, const char *name, size_t size) {
        char text[JOB_NAME_MAX + 1];

        if (size <= JOB_NAME_MAX) {
                memcpy(text, name, size);
                text[size] = '\0';
                request->job = manager_find_job(request->manager, text);
        }
        if (!request->job)
                request_fail(request, MHD_HTTP_NOT_FOUND,
                             "there is no job \"%.*s\"; \"etlctl jobs\" lists them",
                             (int)MIN(size, (size_t)JOB_NAME_MAX), name);
        return request->job;
}

bool http_route(Request *request, const char *method) {
        const char *name;
        bool is_path;
        size_t size;

        if (strcmp(method, "HEAD") == 0)
                method = "GET";
        request->route = find_route(request->url, method, &is_path, &name, &size);
        if (request->route)
                return may_ask(request, request->route) && check_query(request) &&
                       (!name || find_job(request, name, size));
        if (is_path)
                fail_method(request);
        else if (strncmp(request->url, "/api/", strlen("/api/")) == 0)
                request_fail(request, MHD_HTTP_NOT_FOUND,
                             "there is no such path; " V1 "/openapi.json describes those there are");
        else
                return true;
        return false;
}
