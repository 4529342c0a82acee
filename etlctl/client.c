/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

#include "base/text.h"
#include "client.h"
#include "printable.h"

#define SOCKET_PATH "/run/streametl/api.sock"

enum { TIMEOUT_SECONDS = 10 };

static bool keeps_controls;

void client_keep_controls(void) {
        keeps_controls = true;
}

static const char *socket_path(void) {
        return getenv("STREAMETL_API_SOCKET") ?: SOCKET_PATH; /* for tests */
}

int client_escape(Buffer *path, const char *text) {
        int r = 0;

        for (; r >= 0 && *text; text++)
                r = isalnum((unsigned char)*text) || strchr("-._~", *text)
                            ? buffer_append_u8(path, (uint8_t)*text)
                            : buffer_append_format(path, "%%%02X", (unsigned char)*text);
        return r;
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata) {
        return buffer_append(userdata, data, size * n) < 0 ? 0 : size * n;
}

static int fail(char **ret_error, int status, const char *format, ...) _printf_(3, 4);

static int fail(char **ret_error, int status, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        *ret_error = text_vformat(format, ap);
        va_end(ap);
        return status;
}

static int fail_to_connect(CURLcode code, int os_error, char **ret_error) {
        if (os_error == EACCES || os_error == EPERM)
                return fail(ret_error, STATUS_FAILED,
                            "%s may be used by root and members of the group streametl: try sudo",
                            socket_path());
        if (code == CURLE_COULDNT_CONNECT)
                return fail(ret_error, STATUS_NOT_RUNNING,
                            "the coordinator does not run; start it with: systemctl start etl-coordinator");
        return fail(ret_error, STATUS_FAILED, "the coordinator does not answer: %s",
                    curl_easy_strerror(code));
}

static char *coordinator_property(sd_bus *bus, const char *interface, const char *name) {
        char *value = NULL;

        return sd_bus_get_property_string(bus, "org.freedesktop.systemd1",
                                          "/org/freedesktop/systemd1/unit/etl_2dcoordinator_2eservice",
                                          interface, name, NULL, &value) < 0
                       ? NULL
                       : value;
}

/* To connect would start it again, by its socket, and wait for what never answers. */
static int fail_if_failed(char **ret_error) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_free_ char *state = NULL, *status = NULL, *result = NULL;

        if (getenv("STREAMETL_API_SOCKET") || sd_bus_open_system(&bus) < 0)
                return 0;
        state = coordinator_property(bus, "org.freedesktop.systemd1.Unit", "ActiveState");
        if (!state || strcmp(state, "failed") != 0)
                return 0;
        status = coordinator_property(bus, "org.freedesktop.systemd1.Service", "StatusText");
        result = coordinator_property(bus, "org.freedesktop.systemd1.Service", "Result");
        return fail(ret_error, STATUS_NOT_RUNNING,
                    "the coordinator has failed: %s; \"systemctl status etl-coordinator\" says more, \"etlctl "
                    "check\" looks at the configuration, and when that is mended: systemctl restart "
                    "etl-coordinator",
                    status && *status ? status : result ?: "unknown");
}

static int perform(CURL *curl, const char *method, const char *path, const char *body, Buffer *answer,
                   char **ret_error) {
        _cleanup_free_ char *url = NULL;
        CURLcode code;
        long os_error = 0;

        if (asprintf(&url, "http://localhost/api/v1/%s", path) < 0) {
                url = NULL;
                return fail(ret_error, STATUS_FAILED, "out of memory");
        }
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path());
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
        if (strcmp(method, "GET") != 0) {
                curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
                curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        }
        code = curl_easy_perform(curl);
        if (code == CURLE_OK)
                return 0;
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
        return fail_to_connect(code, (int)os_error, ret_error);
}

/* A refusal is a problem of RFC 9457; a mistake of the configuration says where in which file it is. */
static int refused(long status, json_object *problem, char **ret_error) {
        json_object *detail = json_object_object_get(problem, "detail"),
                    *path = json_object_object_get(problem, "file"),
                    *line = json_object_object_get(problem, "line");
        const char *text =
                detail ? json_object_get_string(detail) : "the coordinator refuses it and does not say why";
        int r = status == 404 ? STATUS_NO_JOB : STATUS_FAILED;

        if (!path)
                return fail(ret_error, r, "%s", text);
        if (!line)
                return fail(ret_error, r, "%s: %s", json_object_get_string(path), text);
        return fail(ret_error, r, "%s:%s:%s: %s", json_object_get_string(path), json_object_get_string(line),
                    json_object_get_string(json_object_object_get(problem, "column")), text);
}

static int parse(CURL *curl, const Buffer *answer, json_object **ret, char **ret_error) {
        struct json_tokener *tokener = json_tokener_new();
        json_object *object;
        long status = 0;
        int r;

        if (!tokener)
                return fail(ret_error, STATUS_FAILED, "out of memory");
        object = json_tokener_parse_ex(tokener, (const char *)answer->data, (int)answer->size);
        json_tokener_free(tokener);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (json_object_is_type(object, json_type_object) && status >= 200 && status < 300) {
                if (!keeps_controls && json_make_printable(object, "") < 0) {
                        json_object_put(object);
                        return fail(ret_error, STATUS_FAILED, "out of memory");
                }
                *ret = object;
                return 0;
        }
        /* A message may have lines. */
        (void)json_make_printable(object, "\n\t");
        r = json_object_is_type(object, json_type_object)
                    ? refused(status, object, ret_error)
                    : fail(ret_error, STATUS_FAILED, "the coordinator's answer is not JSON (status %ld)",
                           status);
        json_object_put(object);
        return r;
}

int client_try(const char *method, const char *path, json_object *body, json_object **ret,
               char **ret_error) {
        _cleanup_buffer_ Buffer answer = {};
        CURL *curl = curl_easy_init();
        int r;

        if (!curl)
                return fail(ret_error, STATUS_FAILED, "out of memory");
        r = fail_if_failed(ret_error);
        if (r == 0)
                r = perform(curl, method, path, body ? json_object_to_json_string(body) : "", &answer,
                            ret_error);
        if (r == 0)
                r = parse(curl, &answer, ret, ret_error);
        curl_easy_cleanup(curl);
        return r;
}

int client_ask(const char *method, const char *path, json_object *body, json_object **ret) {
        _cleanup_free_ char *error = NULL;
        int r;

        r = client_try(method, path, body, ret, &error);
        if (r != 0)
                fprintf(stderr, "etlctl: %s\n", error ?: "out of memory");
        return r;
}
