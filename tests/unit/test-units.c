/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"

typedef struct ParseCase {
        const char *text;
        int error;
        uint64_t value;
} ParseCase;

static void check(const ParseCase *cases, size_t n, int (*parse)(const char *, uint64_t *)) {
        for (size_t i = 0; i < n; i++) {
                uint64_t value = 4711;

                print_message("\"%s\"\n", cases[i].text);
                assert_int_equal(parse(cases[i].text, &value), cases[i].error);
                assert_int_equal(value, cases[i].error < 0 ? 4711 : cases[i].value);
        }
}

static void test_parse_duration(void **state) {
        static const ParseCase cases[] = {
                {"0", 0, 0},
                {"0 seconds", 0, 0},
                {"1us", 0, 1},
                {"250ms", 0, 250000},
                {"250 msec", 0, 250000},
                {"1 second", 0, 1000000},
                {"10 seconds", 0, 10000000},
                {" 10  seconds ", 0, 10000000},
                {"1 minute 30 seconds", 0, 90000000},
                {"1min 30s", 0, 90000000},
                {"1min30s", 0, 90000000},
                {"1.5 hours", 0, UINT64_C(5400000000)},
                {"1 day", 0, UINT64_C(86400000000)},
                {"2 weeks", 0, UINT64_C(1209600000000)},
                {"0.5us", 0, 1},
                {"18446744073709551614us", 0, UINT64_C(18446744073709551614)},
                {"18446744073709551615us", -ERANGE, 0},
                {"99999999999999999999999 w", -ERANGE, 0},
                {"30500569 w", -ERANGE, 0},
                {"", -EINVAL, 0},
                {" ", -EINVAL, 0},
                {"5", -EINVAL, 0},
                {"5 fortnights", -EINVAL, 0},
                {"seconds", -EINVAL, 0},
                {"-1 s", -EINVAL, 0},
                {"+1 s", -EINVAL, 0},
                {"0x10 s", -EINVAL, 0},
                {"1. s", -EINVAL, 0},
                {".5 s", -EINVAL, 0},
                {"1e3 s", -EINVAL, 0},
                {"1 s,", -EINVAL, 0},
                {"1 S", -EINVAL, 0},
                {"10 seconds 5", -EINVAL, 0},
                {"inf s", -EINVAL, 0},
                {"1 s\n", -EINVAL, 0},
        };

        check(cases, ELEMENTSOF(cases), parse_duration);
}

static void test_parse_size(void **state) {
        static const ParseCase cases[] = {
                {"0", 0, 0},
                {"4096", 0, 4096},
                {"4096 B", 0, 4096},
                {"1kB", 0, 1000},
                {"1 MB", 0, 1000000},
                {"1GB", 0, 1000000000},
                {"64 KiB", 0, 65536},
                {"64MiB", 0, 67108864},
                {"1.5 GiB", 0, 1610612736},
                {"1 MiB 512 KiB", 0, 1572864},
                {"17179869184 GiB", -ERANGE, 0},
                {"1 K", -EINVAL, 0},
                {"1 kb", -EINVAL, 0},
                {"1 kib", -EINVAL, 0},
                {"many", -EINVAL, 0},
                {"-1", -EINVAL, 0},
                {"", -EINVAL, 0},
        };

        check(cases, ELEMENTSOF(cases), parse_size);
}

static void test_format_duration(void **state) {
        static const ParseCase cases[] = {
                {"0", 0, 0},
                {"1us", 0, 1},
                {"500ms", 0, 500000},
                {"1min 30s", 0, 90000000},
                {"1h", 0, UINT64_C(3600000000)},
                {"1w 1us", 0, UINT64_C(604800000001)},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char buffer[UNIT_TEXT_MAX];

                assert_string_equal(format_duration(buffer, cases[i].value), cases[i].text);
        }
}

static void test_format_size(void **state) {
        static const ParseCase cases[] = {
                {"0", 0, 0},
                {"1", 0, 1},
                {"1KiB", 0, 1024},
                {"1025", 0, 1025},
                {"64MiB", 0, 64 << 20},
                {"3GiB", 0, UINT64_C(3) << 30},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char buffer[UNIT_TEXT_MAX];

                assert_string_equal(format_size(buffer, cases[i].value), cases[i].text);
        }
}

/* What is written is read back, for values all over the range. */
static void test_round_trip(void **state) {
        char buffer[UNIT_TEXT_MAX];

        for (unsigned bit = 0; bit < 64; bit++)
                for (int delta = -1; delta <= 1; delta++) {
                        uint64_t value = (UINT64_C(1) << bit) + (uint64_t)(int64_t)delta, back = 0;

                        if (value == UINT64_MAX)
                                continue;
                        assert_int_equal(parse_duration(format_duration(buffer, value), &back), 0);
                        assert_int_equal(back, value);
                        assert_int_equal(parse_size(format_size(buffer, value), &back), 0);
                        assert_int_equal(back, value);
                }
        assert_true(strlen(format_duration(buffer, UINT64_MAX)) < UNIT_TEXT_MAX);
}

static void test_format_count(void **state) {
        char buffer[UNIT_TEXT_MAX];

        assert_string_equal(format_count(buffer, 0), "0");
        assert_string_equal(format_count(buffer, 999), "999");
        assert_string_equal(format_count(buffer, 1000), "1,000");
        assert_string_equal(format_count(buffer, 12400), "12,400");
        assert_string_equal(format_count(buffer, UINT64_MAX), "18,446,744,073,709,551,615");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse_duration),  cmocka_unit_test(test_parse_size),
                cmocka_unit_test(test_format_duration), cmocka_unit_test(test_format_size),
                cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_format_count),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
