/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "sql/function.h"

/* The manual page and the table of functions name the same functions: ".It Fn coalesce x ..." */

#define FUNCTIONS_MAX 256

static char *names[FUNCTIONS_MAX];
static size_t n_names;

static int set_up(void **state) {
        char path[4096], line[1024], name[64];
        FILE *file;

        snprintf(path, sizeof(path), "%s/man/streametl-sql.7", getenv("srcdir") ?: ".");
        file = fopen(path, "re");
        if (!file) {
                print_error("%s: %s\n", path, strerror(errno));
                return -1;
        }
        while (fgets(line, sizeof(line), file) && n_names < FUNCTIONS_MAX)
                if (sscanf(line, ".It Fn %63s", name) == 1)
                        names[n_names++] = strdup(name);
        fclose(file);
        return 0;
}

static int tear_down(void **state) {
        for (size_t i = 0; i < n_names; i++)
                free(names[i]);
        return 0;
}

static bool manual_names(const char *name) {
        for (size_t i = 0; i < n_names; i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return false;
}

static void test_table_is_documented(void **state) {
        size_t n = 0;

        for (const SqlFunction *function = sql_functions; function->name; function++, n++)
                if (!manual_names(function->name))
                        fail_msg("man/streametl-sql.7 does not say what %s() does", function->name);
        assert_in_range(n, 15, FUNCTIONS_MAX);
}

static void test_documented_exist(void **state) {
        for (size_t i = 0; i < n_names; i++)
                if (strcmp(names[i], "window") != 0 && !sql_function_find(names[i]))
                        fail_msg("man/streametl-sql.7 describes %s(), which does not exist", names[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table_is_documented),
                cmocka_unit_test(test_documented_exist),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
