/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "json/record-reader.h"

typedef struct Fixture {
        Schema *schema;
        RecordReader *reader;
        Batch *batch;
} Fixture;

static int setup(void **state) {
        Fixture *f = new0(Fixture, 1);

        f->schema = schema_new();
        assert_int_equal(schema_add(f->schema, "real", TYPE_DOUBLE), 0);
        assert_int_equal(record_reader_new(f->schema, NULL, &f->reader), 0);
        assert_int_equal(batch_new(f->schema, NULL, &f->batch), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        record_reader_free(f->reader);
        batch_free(f->batch);
        schema_free(f->schema);
        free(f);
        return 0;
}

/* The same bits as strtod(), at the end of a record and far from it. */
static void check_double(Fixture *f, const char *number) {
        static const char *const behind[] = {"}", ",\"a string that fills more than a vector\":0}"};
        double expected = strtod(number, NULL);
        char record[4096];

        for (size_t i = 0; i < ELEMENTSOF(behind); i++) {
                int size = snprintf(record, sizeof(record), "{\"real\":%s%s", number, behind[i]);
                RecordFault fault;
                size_t column;

                assert_true(size < (int)sizeof(record));
                batch_reset(f->batch);
                fault = record_reader_read(f->reader, record, (size_t)size, f->batch, &column);
                if (isinf(expected)) {
                        if (fault != RECORD_OUT_OF_RANGE)
                                fail_msg("%s: %s, expected out_of_range", number, record_fault_name(fault));
                } else if (fault != RECORD_OK ||
                           memcmp(&expected, &f->batch->columns[0].doubles[0], sizeof(double)) != 0)
                        fail_msg("%s: %s %a, expected %a", number, record_fault_name(fault),
                                 f->batch->columns[0].doubles[0], expected);
        }
}

/* Where readers of numbers have gone wrong. */
static void test_hard_doubles(void **state) {
        static const char *const numbers[] = {
                "0.1",
                "0.30000000000000004",
                "9007199254740991",
                "9007199254740992",
                "9007199254740993",
                "9007199254740993.0",
                "9007199254740993.00000000000000000000000000000000001",
                "9007199254740992.99999999999999999999",
                "18446744073709551615",
                "9999999999999999999",
                "9999999999999999999e-19",
                "1000000000000000000e-19",
                "1844674407370955161.5",
                "0.9999999999999999999",
                "1e22",
                "1e23",
                "9007199254740993e22",
                "8.5e22",
                "123456789012345678e-22",
                "4.35",
                "2.2250738585072011e-308",
                "2.2250738585072012e-308",
                "2.2250738585072014e-308",
                "2.4703282292062327e-324",
                "2.4703282292062328e-324",
                "4.9406564584124654e-324",
                "1.7976931348623157e308",
                "1.7976931348623158e308",
                "1.797693134862315807e308",
                "1.7976931348623159e308",
                "179769313486231580793e289",
                "6.9294956446009195e15",
                "7.2057594037927933e16",
                "1.00000000000000011102230246251565404236316680908203125",
                "1.00000000000000011102230246251565404236316680908203124",
                "1.00000000000000011102230246251565404236316680908203126",
                "0.000000000000000000000000000000000000000000000000000000000000000000000000000001",
                "100000000000000000000000000000000000000000000000000000000000000000000000000000e-77",
                "0.00000000000000000000000000000000000000000000000000000000e400",
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                check_double(f, numbers[i]);
}

/* The middle between two doubles, which has up to 767 digits, and that with one more digit behind it. */
static void test_middles(void **state) {
        Fixture *f = *state;
        uint64_t random = 1;

        for (size_t i = 0; i < 2000; i++) {
                char exact[1400], more[1400];
                long double middle;
                double value, next;
                uint64_t bits;

                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                bits = random >> 12 | ((random >> 3) % 2046) << 52;
                memcpy(&value, &bits, sizeof(value));
                next = nextafter(value, INFINITY);
                if (isinf(next) || !isnormal(value))
                        continue;
                middle = ((long double)value + next) / 2;
                snprintf(exact, sizeof(exact), "%.*Le", 800, middle);
                check_double(f, exact);
                /* Cut the zeros behind, and add a little. */
                snprintf(more, sizeof(more), "%.*s1%s", (int)strcspn(exact, "e"), exact, strchr(exact, 'e'));
                check_double(f, more);
        }
        /* More digits than are ever copied. */
        for (int n = 700; n < 1000; n += 3) {
                char number[2048];

                snprintf(number, sizeof(number), "9007199254740993.%0*d1", n, 0);
                check_double(f, number);
                snprintf(number, sizeof(number), "9007199254740993%0*d.5e-%d", n, 0, n);
                check_double(f, number);
                snprintf(number, sizeof(number), "0.%0*d1e%d", n, 0, n);
                check_double(f, number);
        }
}

static void test_random_doubles(void **state) {
        Fixture *f = *state;
        uint64_t random = 1;

        for (size_t i = 0; i < 200000; i++) {
                char number[64];
                double value;
                int n_digits;

                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                n_digits = (int)((random >> 59) % 20);
                switch (i % 5) {
                case 0: /* any double, in 1 to 20 digits */
                        memcpy(&value, &random, sizeof(value));
                        if (!isfinite(value))
                                continue;
                        snprintf(number, sizeof(number), "%.*e", n_digits, value);
                        break;
                case 1: /* times as programs write them */
                        snprintf(number, sizeof(number), "%.*f", n_digits % 10,
                                 1.7e9 + (double)(random >> 32) / 1e3);
                        break;
                case 2: /* 19 digits and a fraction of any length: the exact division */
                        snprintf(number, sizeof(number), "%" PRIu64 "e-%d",
                                 random % UINT64_C(10000000000000000000), n_digits);
                        break;
                case 3: /* short ones */
                        snprintf(number, sizeof(number), "-%" PRIu64 ".%" PRIu64, random >> 40,
                                 (random >> 20) % 1000);
                        break;
                default:
                        snprintf(number, sizeof(number), "%" PRIu64 "e%d", random >> (random % 60),
                                 (int)(random >> 33) % 30);
                }
                check_double(f, number);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_hard_doubles, setup, teardown),
                cmocka_unit_test_setup_teardown(test_middles, setup, teardown),
                cmocka_unit_test_setup_teardown(test_random_doubles, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
