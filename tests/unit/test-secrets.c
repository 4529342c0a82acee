/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "secrets.h"

typedef struct Case {
        const char *text, *shown;
} Case;

static void check(const Case *cases, size_t n, char *(*hide)(const char *text)) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *shown = hide(cases[i].text);

                assert_string_equal(shown, cases[i].shown);
        }
}

static void test_properties(void **state) {
        static const Case cases[] = {
                {"bootstrap.servers=a:1", "bootstrap.servers=a:1"},
                {"sasl.password=pa=ss", "sasl.password=***"},
                {"SSL.KEY.Password=x", "SSL.KEY.Password=***"},
                {"ssl.keystore.location=/a", "ssl.keystore.location=***"},
                {"sasl.oauthbearer.client.secret=x", "sasl.oauthbearer.client.secret=***"},
                {"sasl.oauthbearer.config=x", "sasl.oauthbearer.config=***"},
                {"client.id=password", "client.id=password"},
                {"password", "***"},
                {"hunter2", "***"},
                {"", ""},
        };

        check(cases, ELEMENTSOF(cases), secrets_hide_in_property);
}

static void test_connections(void **state) {
        static const Case cases[] = {
                {"host=a dbname=b", "host=a dbname=b"},
                {"", ""},
                {"host=a password=x user=u", "host=a password=*** user=u"},
                {" password = 'x y\\' z'  user=u", " password = ***  user=u"},
                {"host='a b' sslpassword='", "host='a b' sslpassword=***"},
                {"password=a\\ b user=u", "password=*** user=u"},
                {"sslkey=/k", "sslkey=***"},
                {"passwordless=", "passwordless=***"},
                {"postgresql://host/db", "postgresql://host/db"},
                {"postgresql://user@host/db", "postgresql://user@host/db"},
                {"postgresql://user:x@host:5432/db?sslmode=b",
                 "postgresql://user:***@host:5432/db?sslmode=b"},
                {"postgres://user:x@y@host", "postgres://user:***@host"},
                {"postgres://user:x/y@host/db", "postgres://user:***@host/db"},
                {"postgres://host/db?user=u&password=x&sslmode=require",
                 "postgres://host/db?user=u&password=***&sslmode=require"},
                {"postgres://host:5432?password", "postgres://host:5432?password"},
                {"postgres://user:x?y@host/db", "postgres://user:***@host/db"},
                {"postgres://user:x?y=z@host/db?sslmode=require",
                 "postgres://user:***@host/db?sslmode=require"},
                {"postgres://user:x?y&z=@w/v@host:1/db", "postgres://user:***@host:1/db"},
                {"postgres://user:x#y%z@host", "postgres://user:***@host"},
                {"postgres://user:?@host", "postgres://user:***@host"},
                {"postgres://host:1/db?user=a@b&application_name=c",
                 "postgres://host:1/db?user=a@b&application_name=c"},
                {"postgres://host:1/db?password=x@y&user=u", "postgres://host:1/db?password=***&user=u"},
                {"postgres://host/db?user=u&x y&pass%77ord=z", "postgres://host/db?user=u&***&***"},
                {"password=my secret user=u", "password=*** *** user=u"},
                {"password my secret", "*** *** ***"},
                {"passwort=x user=u", "passwort=*** user=u"},
                {"Postgres://user:x=y@host", "***"},
                {"dbname=postgres://user:x@host", "dbname=***"},
                {"host = a password", "host = a ***"},
                {"host=", "host="},
        };

        check(cases, ELEMENTSOF(cases), secrets_hide_in_connection);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_properties),
                cmocka_unit_test(test_connections),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
