/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "http-check.h"
#include <arpa/inet.h>
#include <strings.h>

#include "http-error.h"
#include "http-routes.h"

static const char *header(const Request *request, const char *name) {
        return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
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

/* What a browser sends on behalf of a page names where the page is from. */
static bool origin_is_ours(const char *origin, const char *host) {
        if (!origin)
                return true;
        if (!host || strncasecmp(origin, "http", 4) != 0)
                return false;
        origin += 4;
        origin += *origin == 's' || *origin == 'S';
        return strncmp(origin, "://", 3) == 0 && strcasecmp(origin + 3, host) == 0;
}

bool http_check_head(Request *request) {
        const char *host = header(request, "Host");

        if (request->access == HTTP_READ_ONLY && !host_is_ours(host))
                request_fail(request, MHD_HTTP_FORBIDDEN,
                             "this host is asked for by its address or as localhost");
        else if (!origin_is_ours(header(request, "Origin"), host))
                request_fail(request, MHD_HTTP_FORBIDDEN, "pages from elsewhere get no answers here");
        return !request->response;
}

bool http_check_size(Request *request) {
        const char *text = header(request, "Content-Length");
        unsigned long long size = text ? strtoull(text, NULL, 10) : 0;

        if (size == 0 && !header(request, "Transfer-Encoding"))
                return true;
        if (request->access == HTTP_READ_ONLY || !request->route || !request->route->takes_body)
                request_fail(request, MHD_HTTP_CONTENT_TOO_LARGE, "a request to this path has no body");
        else if (!text)
                request_fail(request, MHD_HTTP_LENGTH_REQUIRED, "a body comes with its Content-Length");
        else if (size > HTTP_BODY_BYTES_MAX)
                request_fail(request, MHD_HTTP_CONTENT_TOO_LARGE, "a body has at most %d bytes",
                             HTTP_BODY_BYTES_MAX);
        return !request->response;
}

bool http_check_body(Request *request) {
        enum { DEPTH_MAX = 4 };
        json_tokener *tokener;

        if (!request->route || !request->route->takes_body)
                return true;
        tokener = json_tokener_new_ex(DEPTH_MAX);
        if (!tokener)
                return false;
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        request->arguments =
                json_tokener_parse_ex(tokener, (const char *)request->body.data, (int)request->body.size);
        if (json_tokener_get_error(tokener) != json_tokener_success ||
            !json_object_is_type(request->arguments, json_type_object))
                request_fail(request, MHD_HTTP_BAD_REQUEST, "the body is a JSON object, and this is none");
        json_tokener_free(tokener);
        return !request->response;
}
