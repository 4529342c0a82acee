/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The table of routes and the description of the API say the same. */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http-routes.h"

static json_object *operation_of(json_object *paths, const Route *route) {
        json_object *path = json_object_object_get(paths, route->pattern);
        char method[8] = "";

        for (size_t i = 0; i < sizeof(method) - 1 && route->method[i]; i++)
                method[i] = (char)tolower((unsigned char)route->method[i]);
        return path ? json_object_object_get(path, method) : NULL;
}

/* The names of its query, in their order and separated by spaces. */
static void query_of(json_object *operation, char *text) {
        json_object *parameters = json_object_object_get(operation, "parameters");

        *text = '\0';
        for (size_t i = 0; parameters && i < json_object_array_length(parameters); i++) {
                json_object *parameter = json_object_array_get_idx(parameters, i);

                if (strcmp(json_object_get_string(json_object_object_get(parameter, "in")), "query") != 0)
                        continue;
                strcat(text, *text ? " " : "");
                strcat(text, json_object_get_string(json_object_object_get(parameter, "name")));
        }
}

static int read_paths(void **state) {
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/daemons/coordinator/openapi.json", getenv("srcdir") ?: ".");
        *state = json_object_from_file(path);
        return *state ? 0 : -1;
}

static int drop(void **state) {
        json_object_put(*state);
        return 0;
}

static void test_each_route_is_described(void **state) {
        json_object *paths = json_object_object_get(*state, "paths");
        char query[256];

        for (const Route *route = http_routes; route->method; route++) {
                json_object *operation = operation_of(paths, route);

                if (!operation)
                        fail_msg("%s %s", route->method, route->pattern);
                query_of(operation, query);
                assert_string_equal(query, route->query ?: "");
                assert_int_equal(route->takes_body,
                                 json_object_object_get(operation, "requestBody") != NULL);
        }
}

static bool has_route(const char *path, const char *method) {
        for (const Route *route = http_routes; route->method; route++)
                if (strcmp(route->pattern, path) == 0 && strcasecmp(route->method, method) == 0)
                        return true;
        return false;
}

static void test_nothing_else_is(void **state) {
        json_object_object_foreach(json_object_object_get(*state, "paths"), path, operations) {
                json_object_object_foreach(operations, method, ignored) {
                        (void)ignored;
                        if (!has_route(path, method))
                                fail_msg("%s %s", method, path);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_route_is_described),
                cmocka_unit_test(test_nothing_else_is),
        };

        return cmocka_run_group_tests(tests, read_paths, drop);
}
