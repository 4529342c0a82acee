/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <curl/curl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "client.h"

#define SOCKET_PATH "/run/streametl/api.sock"

enum { TIMEOUT_SECONDS = 10 };

static const char *socket_path(void) {
        return getenv("STREAMETL_API_SOCKET") ?: SOCKET_PATH; /* for tests */
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata) {
        return buffer_append(userdata, data, size * n) < 0 ? 0 : size * n;
}

static int explain(CURLcode code, int os_error) {
        if (os_error == EACCES || os_error == EPERM)
                fprintf(stderr,
                        "etlctl: %s may be used by root and members of the group streametl: try sudo\n",
                        socket_path());
        else if (code == CURLE_COULDNT_CONNECT)
                fprintf(stderr, "etlctl: the coordinator does not run; start it with: systemctl start "
                                "etl-coordinator\n");
        else
                fprintf(stderr, "etlctl: the coordinator does not answer: %s\n", curl_easy_strerror(code));
        return os_error > 0 ? -os_error : -ECONNREFUSED;
}

static int perform(CURL *curl, const char *path, bool post, Buffer *answer) {
        char url[512];
        CURLcode code;
        long os_error = 0;

        if ((size_t)snprintf(url, sizeof(url), "http://localhost/api/v1/%s", path) >= sizeof(url))
                return -ENAMETOOLONG;
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path());
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
        if (post)
                curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
        code = curl_easy_perform(curl);
        if (code == CURLE_OK)
                return 0;
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
        return explain(code, (int)os_error);
}

static int parse(CURL *curl, const Buffer *answer, json_object **ret) {
        struct json_tokener *tokener = json_tokener_new();
        json_object *object, *error;
        long status = 0;
        int r = 0;

        if (!tokener)
                return -ENOMEM;
        object = json_tokener_parse_ex(tokener, (const char *)answer->data, (int)answer->size);
        json_tokener_free(tokener);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (!json_object_is_type(object, json_type_object)) {
                fprintf(stderr, "etlctl: the coordinator's answer is not JSON (status %ld)\n", status);
                r = -EBADMSG;
        } else if (status != 200) {
                error = json_object_object_get(object, "detail");
                fprintf(stderr, "etlctl: %s\n", error ? json_object_get_string(error) : "refused");
                r = status == 404 ? -ENOENT : -EPERM;
        }
        if (r < 0) {
                json_object_put(object);
                return r;
        }
        *ret = object;
        return 0;
}

static int ask(const char *path, bool post, json_object **ret) {
        _cleanup_buffer_ Buffer answer = {};
        CURL *curl = curl_easy_init();
        int r;

        if (!curl)
                return -ENOMEM;
        r = perform(curl, path, post, &answer);
        if (r >= 0)
                r = parse(curl, &answer, ret);
        curl_easy_cleanup(curl);
        return r;
}

int client_get(const char *path, json_object **ret) {
        return ask(path, false, ret);
}

int client_post(const char *path, json_object **ret) {
        return ask(path, true, ret);
}
