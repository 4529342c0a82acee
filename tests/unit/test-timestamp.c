/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "columns/timestamp.h"

#define SECOND INT64_C(1000000)

static void test_parse(void **state) {
        static const struct {
                const char *text;
                int r;
                int64_t usec;
        } cases[] = {
                {"1970-01-01T00:00:00Z", 0, 0},
                {"1970-01-01 00:00:00", 0, 0},
                {"2026-01-31T12:34:56.789Z", 0, 1769862896 * SECOND + 789000},
                {"2026-01-31 12:34:56.789", 0, 1769862896 * SECOND + 789000},
                {"2026-01-31T12:34:56.789+01:00", 0, 1769859296 * SECOND + 789000},
                {"2026-01-31T12:34:56.789-0130", 0, 1769868296 * SECOND + 789000},
                {"2026-01-31T12:34:56 +1", 0, 1769859296 * SECOND},
                {"2026-01-31T12:34:56+1:5", 0, 1769858996 * SECOND},
                {"2026-01-31T12:34:56.000001", 0, 1769862896 * SECOND + 1},
                {"2026-01-31T12:34:56.0000019999999", 0, 1769862896 * SECOND + 1},
                {"2026-01-31T12:34:56.1", 0, 1769862896 * SECOND + 100000},
                {"2026-01-31T12:34Z", 0, 1769862840 * SECOND},
                {"2026-01-31 12", 0, 1769860800 * SECOND},
                {"2026-01-31", 0, 1769817600 * SECOND},
                {"2026-01", 0, 1767225600 * SECOND},
                {"2026", 0, 1767225600 * SECOND},
                {"2026-1-3 1:2:3", 0, 1767402123 * SECOND},
                {"1969-12-31T23:59:59.999999Z", 0, -1},
                {"1969-12-31T23:59:59.5Z", 0, -SECOND / 2},
                {"0000-03-01", 0, -62162035200 * SECOND},
                {"0001-01-01", 0, -62135596800 * SECOND},
                {"-0001-12-31", 0, -62167305600 * SECOND},
                {"9999-12-31T23:59:59.999999", 0, 253402300799 * SECOND + 999999},
                {"2024-02-29", 0, 1709164800 * SECOND},
                {"2000-02-29", 0, 951782400 * SECOND},
                {"1970-01-01T00:00:00+18:00", 0, -64800 * SECOND},
                {"1970-01-01T00:00:00-18:00", 0, 64800 * SECOND},
                {"+294247-01-10T04:00:54.775807Z", 0, INT64_MAX},
                {"-290308-12-21T19:59:05.224192Z", 0, INT64_MIN},
                {"+294247-01-10T04:00:54.775808Z", -ERANGE, 0},
                {"-290308-12-21T19:59:05.224191Z", -ERANGE, 0},
                {"+999999-01-01", -ERANGE, 0},
                {"-999999-01-01", -ERANGE, 0},
                {"", -EINVAL, 0},
                {"x", -EINVAL, 0},
                {"202", -EINVAL, 0},
                {"12026-01-01", -EINVAL, 0},
                {"+1234567-01-01", -EINVAL, 0},
                {"2026-", -EINVAL, 0},
                {"2026-00-01", -EINVAL, 0},
                {"2026-13-01", -EINVAL, 0},
                {"2026-01-00", -EINVAL, 0},
                {"2026-01-32", -EINVAL, 0},
                {"2026-04-31", -EINVAL, 0},
                {"2026-02-29", -EINVAL, 0},
                {"1900-02-29", -EINVAL, 0},
                {"2026-01-311", -EINVAL, 0},
                {"2026-01-31x", -EINVAL, 0},
                {"2026-01-31t12:00:00", -EINVAL, 0},
                {"2026-01-31T", -EINVAL, 0},
                {"2026-01-31T24:00:00", -EINVAL, 0},
                {"2026-01-31T12:", -EINVAL, 0},
                {"2026-01-31T12:60:00", -EINVAL, 0},
                {"2026-01-31T12:34:60", -EINVAL, 0},
                {"2026-01-31T12:34:", -EINVAL, 0},
                {"2026-01-31T12:34:56.", -EINVAL, 0},
                {"2026-01-31T12:34:56.Z", -EINVAL, 0},
                {"2026-01-31T12:34:56z", -EINVAL, 0},
                {"2026-01-31T12:34:56ZZ", -EINVAL, 0},
                {"2026-01-31T12:34:56 ", -EINVAL, 0},
                {"2026-01-31T12:34:56+", -EINVAL, 0},
                {"2026-01-31T12:34:56+1:", -EINVAL, 0},
                {"2026-01-31T12:34:56+01:60", -EINVAL, 0},
                {"2026-01-31T12:34:56+18:01", -EINVAL, 0},
                {"2026-01-31T12:34:56+011", -EINVAL, 0},
                {" 2026-01-31", -EINVAL, 0},
                {"--026-01-31", -EINVAL, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                size_t size = strlen(cases[i].text);
                _cleanup_free_ char *exact = size > 0 ? memcpy(malloc(size), cases[i].text, size) : NULL;
                int64_t usec = 4711;
                int r = timestamp_parse(exact ?: "", size, &usec);

                if (r != cases[i].r || usec != (r < 0 ? 4711 : cases[i].usec))
                        fail_msg("\"%s\": %d %" PRIi64 ", expected %d %" PRIi64, cases[i].text, r, usec,
                                 cases[i].r, cases[i].usec);
        }
}

static void test_format(void **state) {
        static const struct {
                int64_t usec;
                const char *text;
        } cases[] = {
                {0, "1970-01-01 00:00:00"},
                {1769862896 * SECOND + 789000, "2026-01-31 12:34:56.789"},
                {1769862896 * SECOND + 1, "2026-01-31 12:34:56.000001"},
                {-1, "1969-12-31 23:59:59.999999"},
                {-62167305600 * SECOND, "-0001-12-31 00:00:00"},
                {253402300800 * SECOND, "+10000-01-01 00:00:00"},
                {INT64_MAX, "+294247-01-10 04:00:54.775807"},
                {INT64_MIN, "-290308-12-21 19:59:05.224192"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char text[TIMESTAMP_TEXT_MAX + 1] = {};
                size_t size = timestamp_format(cases[i].usec, text);

                text[size] = '\0'; /* over what was cut off */
                assert_string_equal(text, cases[i].text);
                assert_int_equal(size, strlen(cases[i].text));
        }
}

/* There and back and against the C library, all over the range. */
static void test_round_trip(void **state) {
        uint64_t random = 1;

        for (size_t i = 0; i < 100000; i++) {
                char text[TIMESTAMP_TEXT_MAX + 1] = {}, expected[64];
                int64_t usec, again;
                struct tm tm;
                time_t time;
                int year;

                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                usec = (int64_t)random >> (i % 40);
                assert_int_equal(timestamp_parse(text, timestamp_format(usec, text), &again), 0);
                assert_int_equal(again, usec);

                time = usec / SECOND - (usec % SECOND < 0);
                assert_non_null(gmtime_r(&time, &tm));
                year = tm.tm_year + 1900;
                snprintf(expected, sizeof(expected), "%s%04d-%02d-%02d %02d:%02d:%02d",
                         year < 0      ? "-"
                         : year > 9999 ? "+"
                                       : "",
                         abs(year), tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
                text[strcspn(text, ".")] = '\0';
                assert_string_equal(text, expected);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_format),
                cmocka_unit_test(test_round_trip),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
