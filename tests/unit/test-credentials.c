/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "connection.h"
#include "credentials.h"

static char folder[] = "/tmp/test-credentials-XXXXXX";

static void put_credential(const char *value, size_t size) {
        char path[64];
        FILE *f;

        snprintf(path, sizeof(path), "%s/streametl.pg", folder);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(value, 1, size, f), size);
        assert_int_equal(fclose(f), 0);
}

/* What becomes of the connection; the caller frees. */
static int insert(const char *connection, char **ret, ConfigError *error) {
        static char name[] = "pg", path[] = "/etc/streametl.d/x.conf";
        SinkConfig sink = {.type = SINK_POSTGRESQL, .name = name, .connection = strdup(connection)};
        JobConfig config = {.path = path, .sinks = &sink, .n_sinks = 1};
        int r;

        assert_non_null(sink.connection);
        r = credentials_insert(&config, error);
        *ret = sink.connection;
        return r;
}

static char *value_of(const PQconninfoOption *options, const char *keyword) {
        for (; options->keyword; options++)
                if (strcmp(options->keyword, keyword) == 0)
                        return options->val;
        return NULL;
}

/* libpq reads the password as it is, and nothing else of it. */
static void assert_password(const char *connection, const char *password) {
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *made = NULL;
        PQconninfoOption *options;
        char *reason = NULL;

        put_credential(password, strlen(password));
        assert_int_equal(insert(connection, &made, &error), 0);
        options = PQconninfoParse(made, &reason);
        if (!options)
                fail_msg("%s: %s", made, reason);
        assert_string_equal(value_of(options, "password"), password);
        assert_string_equal(value_of(options, "host"), "127.0.0.1");
        assert_string_equal(value_of(options, "user"), "etl");
        assert_string_equal(value_of(options, "dbname"), "db");
        assert_null(value_of(options, "port"));
        PQconninfoFree(options);
}

static void test_any_password_is_one_value(void **state) {
        static const char *const passwords[] = {
                "plain",
                "geheim 1$",
                "x host=evil port=1",
                "'",
                "it's \\ 'quoted'",
                " \t\v leading and trailing ",
                "p@ss/w?rd&host=evil#%41%",
                "\303\274\360\237\230\200",
                "\\",
                "two\nlines",
        };
        static const char *const connections[] = {
                "host=127.0.0.1 password=${credential:streametl.pg} user=etl dbname=db",
                "host=127.0.0.1 user=etl dbname=db password = ${credential:streametl.pg}",
                "host=127.0.0.1 user=etl dbname=db password='${credential:streametl.pg}'",
                "postgresql://etl:${credential:streametl.pg}@127.0.0.1/db",
                "postgres://etl@127.0.0.1/db?password=${credential:streametl.pg}",
        };

        for (size_t i = 0; i < ELEMENTSOF(passwords); i++)
                for (size_t j = 0; j < ELEMENTSOF(connections); j++)
                        assert_password(connections[j], passwords[i]);
}

static void test_a_whole_connection(void **state) {
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *made = NULL;
        static const char whole[] = "host=a password='x y'\n";

        put_credential(whole, strlen(whole));
        assert_int_equal(insert("${credential:streametl.pg}", &made, &error), 0);
        assert_string_equal(made, "host=a password='x y'");
}

static void assert_refused(const char *connection, const char *says, const char *secret) {
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *made = NULL;

        assert_int_equal(insert(connection, &made, &error), -EINVAL);
        if (!strstr(error.message, says) || strstr(error.message, secret))
                fail_msg("%s: %s", connection, error.message);
}

static void test_what_libpq_cannot_read_is_not_repeated(void **state) {
        static const char *const connections[] = {
                "host=a password=geheim 1$",         "host=a password='geheim",
                "host=a password=x geheim=y",        "postgresql://etl:p@geheim@host/db",
                "postgresql://etl:geheim/x@host/db", "postgresql://etl:1/geheim@host/db",
                "postgresql://etl:%zgeheim@host/db", "host=a port=geheim",
        };

        for (size_t i = 0; i < ELEMENTSOF(connections); i++) {
                assert_refused(connections[i], "sink.connection of sink pg cannot be read", "geheim");
                assert_false(connection_is_valid(connections[i]));
        }
        put_credential("a\0b", 3);
        assert_refused("password=${credential:streametl.pg}", "\"streametl.pg\" is empty or no text",
                       "geheim");
        put_credential("\n", 1);
        assert_refused("password=${credential:streametl.pg}", "\"streametl.pg\" is empty or no text", "\n");
        assert_refused("password=${credential:streametl.none}", "there is no credential", "geheim");
        assert_true(connection_is_valid("host=/run/postgresql dbname=a@b user=x"));
        assert_true(connection_is_valid("host=a,b port=1,2"));
        assert_true(connection_is_valid("postgresql://etl:p%40x@a:1,b:2/db?sslmode=require"));
}

static int make_folder(void **state) {
        return mkdtemp(folder) && setenv("CREDENTIALS_DIRECTORY", folder, 1) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
        char path[64];

        snprintf(path, sizeof(path), "%s/streametl.pg", folder);
        return unlink(path) < 0 || rmdir(folder) < 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_any_password_is_one_value),
                cmocka_unit_test(test_a_whole_connection),
                cmocka_unit_test(test_what_libpq_cannot_read_is_not_repeated),
        };

        return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
