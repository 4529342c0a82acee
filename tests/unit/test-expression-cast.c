/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "test-expression.h"

typedef struct Case {
        Value from, to;
} Case;

static Expr *make_cast(Expr **arguments, size_t n_arguments, const void *userdata) {
        const Case *c = userdata;

        return expr_new_cast(arguments[0], c->to.type);
}

static void run_cases(const Case *cases, size_t n_cases, const char *what) {
        for (size_t i = 0; i < n_cases; i++)
                assert_evaluates(&cases[i].from, 1, make_cast, &cases[i], &cases[i].to, what, i);
}

#define RUN(cases) run_cases(cases, ELEMENTSOF(cases), __func__)

#define SECOND INT64_C(1000000)

static void test_numbers(void **state) {
        static const Case cases[] = {
                {TRUE, INT(1)},
                {FALSE, BIGINT(0)},
                {TRUE, DOUBLE(1)},
                {INT(0), FALSE},
                {INT(-3), TRUE},
                {INT(INT32_MIN), BIGINT(INT32_MIN)},
                {INT(INT32_MAX), DOUBLE(2147483647)},
                {BIGINT(INT64_C(1) << 40), TRUE},
                {BIGINT(0), FALSE},
                {BIGINT(INT64_C(4294967297)), INT(1)},
                {BIGINT(INT64_MAX), INT(-1)},
                {BIGINT(INT64_MAX), DOUBLE(0x1p63)},
                {DOUBLE(-0.0), FALSE},
                {DOUBLE(NAN), TRUE},
                {DOUBLE(1e-300), TRUE},
                {DOUBLE(2.9), INT(2)},
                {DOUBLE(-2.9), INT(-2)},
                {DOUBLE(1e10), INT(INT32_MAX)},
                {DOUBLE(-1e300), INT(INT32_MIN)},
                {DOUBLE(NAN), INT(0)},
                {DOUBLE(-2.9), BIGINT(-2)},
                {DOUBLE(0x1p63), BIGINT(INT64_MAX)},
                {DOUBLE(-0x1p63), BIGINT(INT64_MIN)},
                {DOUBLE(-INFINITY), BIGINT(INT64_MIN)},
                {DOUBLE(INFINITY), BIGINT(INT64_MAX)},
                {DOUBLE(NAN), BIGINT(0)},
        };

        RUN(cases);
}

static void test_timestamps(void **state) {
        static const Case cases[] = {
                {TRUE, TIMESTAMP(1)},
                {INT(-1), TIMESTAMP(-SECOND)},
                {INT(INT32_MAX), TIMESTAMP(2147483647 * SECOND)},
                {BIGINT(1769862896), TIMESTAMP(1769862896 * SECOND)},
                {BIGINT(INT64_MAX), TIMESTAMP(INT64_MAX)},
                {BIGINT(INT64_MIN), TIMESTAMP(INT64_MIN)},
                {DOUBLE(1.9999999), TIMESTAMP(1999999)},
                {DOUBLE(-1.9999999), TIMESTAMP(-1999999)},
                {DOUBLE(1e300), TIMESTAMP(INT64_MAX)},
                {DOUBLE(NAN), NULL_OF(TYPE_TIMESTAMP)},
                {DOUBLE(INFINITY), NULL_OF(TYPE_TIMESTAMP)},
                {DOUBLE(-INFINITY), NULL_OF(TYPE_TIMESTAMP)},
                {TIMESTAMP(0), FALSE},
                {TIMESTAMP(-1), TRUE},
                {TIMESTAMP(1999999), BIGINT(1)},
                {TIMESTAMP(-1), BIGINT(-1)},
                {TIMESTAMP(-SECOND), BIGINT(-1)},
                {TIMESTAMP(INT64_MIN), BIGINT(INT64_C(-9223372036855))},
                {TIMESTAMP(4294967297 * SECOND), INT(1)},
                {TIMESTAMP(-1), INT(-1)},
                {TIMESTAMP(1500000), DOUBLE(1.5)},
                {TIMESTAMP(-1), DOUBLE(-1e-6)},
                {TIMESTAMP(0), STRING("1970-01-01 00:00:00")},
                {TIMESTAMP(1769862896 * SECOND + 789000), STRING("2026-01-31 12:34:56.789")},
                {TIMESTAMP(-1), STRING("1969-12-31 23:59:59.999999")},
                {STRING("2026-01-31 12:34:56.789"), TIMESTAMP(1769862896 * SECOND + 789000)},
                {STRING(" \t2026-01-31T12:34:56+01:00\n"), TIMESTAMP(1769859296 * SECOND)},
                {STRING("2026-01-31"), TIMESTAMP(1769817600 * SECOND)},
                {STRING("2026-02-30"), NULL_OF(TYPE_TIMESTAMP)},
                {STRING("1769862896"), NULL_OF(TYPE_TIMESTAMP)},
                {STRING("   "), NULL_OF(TYPE_TIMESTAMP)},
                {STRING(""), NULL_OF(TYPE_TIMESTAMP)},
        };

        RUN(cases);
}

static void test_string_to_boolean(void **state) {
        static const Case cases[] = {
                {STRING("t"), TRUE},     {STRING("true"), TRUE},    {STRING("TRUE"), TRUE},
                {STRING("y"), TRUE},     {STRING("Yes"), TRUE},     {STRING("1"), TRUE},
                {STRING("f"), FALSE},    {STRING("false"), FALSE},  {STRING("N"), FALSE},
                {STRING("no"), FALSE},   {STRING("0"), FALSE},      {STRING(" true\n"), TRUE},
                {STRING(""), UNKNOWN},   {STRING("tru"), UNKNOWN},  {STRING("truee"), UNKNOWN},
                {STRING("on"), UNKNOWN}, {STRING("2"), UNKNOWN},    {STRING("1.0"), UNKNOWN},
                {STRING("t\0"), TRUE},   {STRING("t\0x"), UNKNOWN}, {STRING("\xc2\xa0t"), UNKNOWN},
        };

        RUN(cases);
}

#define NOT_INT NULL_OF(TYPE_INT)
#define NOT_BIGINT NULL_OF(TYPE_BIGINT)

static void test_string_to_integer(void **state) {
        static const Case cases[] = {
                {STRING("42"), INT(42)},
                {STRING(" +42\r\n"), INT(42)},
                {STRING("\x7f-42\x01"), INT(-42)},
                {STRING("-0"), INT(0)},
                {STRING("000000000000000000000007"), INT(7)},
                {STRING("2147483647"), INT(INT32_MAX)},
                {STRING("-2147483648"), INT(INT32_MIN)},
                {STRING("2147483648"), NOT_INT},
                {STRING("-2147483649"), NOT_INT},
                {STRING("99999999999999999999"), NOT_INT},
                {STRING("1.9"), INT(1)},
                {STRING("-1.9"), INT(-1)},
                {STRING("1."), INT(1)},
                {STRING(".5"), INT(0)},
                {STRING("."), INT(0)}, /* so does Spark */
                {STRING("1.2.3"), NOT_INT},
                {STRING("1.x"), NOT_INT},
                {STRING("1e3"), NOT_INT},
                {STRING("0x10"), NOT_INT},
                {STRING("1 2"), NOT_INT},
                {STRING("- 1"), NOT_INT},
                {STRING("--1"), NOT_INT},
                {STRING("+"), NOT_INT},
                {STRING(""), NOT_INT},
                {STRING("\xd9\xa1"), NOT_INT}, /* a digit, but not of ASCII */
                {STRING("9223372036854775807"), BIGINT(INT64_MAX)},
                {STRING("-9223372036854775808"), BIGINT(INT64_MIN)},
                {STRING("9223372036854775808"), NOT_BIGINT},
                {STRING("-9223372036854775809"), NOT_BIGINT},
                {STRING("92233720368547758070"), NOT_BIGINT},
                {STRING(" 12.99 "), BIGINT(12)},
                {STRING("abc"), NOT_BIGINT},
        };

        RUN(cases);
}

#define NOT_DOUBLE NULL_OF(TYPE_DOUBLE)

static void test_string_to_double(void **state) {
        static const Case cases[] = {
                {STRING("1.5"), DOUBLE(1.5)},
                {STRING(" -1.5\t"), DOUBLE(-1.5)},
                {STRING("+1"), DOUBLE(1)},
                {STRING("1."), DOUBLE(1)},
                {STRING(".5"), DOUBLE(0.5)},
                {STRING("1e3"), DOUBLE(1000)},
                {STRING("1E+3"), DOUBLE(1000)},
                {STRING("1e-3"), DOUBLE(0.001)},
                {STRING("1.5d"), DOUBLE(1.5)},
                {STRING("1e3F"), DOUBLE(1000)},
                {STRING("-0"), DOUBLE(-0.0)},
                {STRING("1e400"), DOUBLE(INFINITY)},
                {STRING("1e-400"), DOUBLE(0)},
                {STRING("4.9e-324"), DOUBLE(0x1p-1074)},
                {STRING("0.1000000000000000055511151231257827021181583404541015625000000000000000000000"),
                 DOUBLE(0.1)},
                {STRING("NaN"), DOUBLE(NAN)},
                {STRING("nan"), DOUBLE(NAN)},
                {STRING("-NaN"), DOUBLE(NAN)},
                {STRING("Infinity"), DOUBLE(INFINITY)},
                {STRING("-infinity"), DOUBLE(-INFINITY)},
                {STRING(" +Inf "), DOUBLE(INFINITY)},
                {STRING("-inf"), DOUBLE(-INFINITY)},
                {STRING("-nan"), NOT_DOUBLE},
                {STRING("infinit"), NOT_DOUBLE},
                {STRING("nan(1)"), NOT_DOUBLE},
                {STRING("0x1p3"), NOT_DOUBLE},
                {STRING("1e"), NOT_DOUBLE},
                {STRING("1e+"), NOT_DOUBLE},
                {STRING("1.5dd"), NOT_DOUBLE},
                {STRING("1,5"), NOT_DOUBLE},
                {STRING("1.5.5"), NOT_DOUBLE},
                {STRING("."), NOT_DOUBLE},
                {STRING("-"), NOT_DOUBLE},
                {STRING("d"), NOT_DOUBLE},
                {STRING("1\0"
                        "2"),
                 NOT_DOUBLE},
                {STRING(""), NOT_DOUBLE},
        };

        RUN(cases);
}

/* Expected texts are what Java 19 and later print. */
static void test_to_string(void **state) {
        static const Case cases[] = {
                {TRUE, STRING("true")},
                {FALSE, STRING("false")},
                {INT(INT32_MIN), STRING("-2147483648")},
                {BIGINT(INT64_MIN), STRING("-9223372036854775808")},
                {DOUBLE(0), STRING("0.0")},
                {DOUBLE(-0.0), STRING("-0.0")},
                {DOUBLE(1), STRING("1.0")},
                {DOUBLE(100), STRING("100.0")},
                {DOUBLE(-12.5), STRING("-12.5")},
                {DOUBLE(0.1), STRING("0.1")},
                {DOUBLE(0.1 + 0.2), STRING("0.30000000000000004")},
                {DOUBLE(1.0 / 3), STRING("0.3333333333333333")},
                {DOUBLE(123456.789), STRING("123456.789")},
                {DOUBLE(0.001), STRING("0.001")},
                {DOUBLE(0.00123), STRING("0.00123")},
                {DOUBLE(0.000999), STRING("9.99E-4")},
                {DOUBLE(9999999), STRING("9999999.0")},
                {DOUBLE(9999999.999), STRING("9999999.999")},
                {DOUBLE(1e7), STRING("1.0E7")},
                {DOUBLE(12345678.9), STRING("1.23456789E7")},
                {DOUBLE(1e10), STRING("1.0E10")},
                {DOUBLE(1e-5), STRING("1.0E-5")},
                {DOUBLE(2e23), STRING("2.0E23")},
                {DOUBLE(1.7976931348623157e308), STRING("1.7976931348623157E308")},
                {DOUBLE(-2.2250738585072014e-308), STRING("-2.2250738585072014E-308")},
                {DOUBLE(0x1p-1074), STRING("4.9E-324")},
                {DOUBLE(0x1p-1073), STRING("9.9E-324")},
                {DOUBLE(0x1p-1072), STRING("2.0E-323")},
                {DOUBLE(0x1p-24), STRING("5.960464477539063E-8")},
                {DOUBLE(0x1p-44), STRING("5.684341886080802E-14")},
                {DOUBLE(0x1p976), STRING("6.386688990511104E293")},
                {DOUBLE(9007199254740993.0), STRING("9.007199254740992E15")},
                {DOUBLE(NAN), STRING("NaN")},
                {DOUBLE(-NAN), STRING("NaN")},
                {DOUBLE(INFINITY), STRING("Infinity")},
                {DOUBLE(-INFINITY), STRING("-Infinity")},
        };

        RUN(cases);
}

/* NULL of any type becomes NULL of any other, and every pair of types has its cast. */
static void test_null(void **state) {
        for (ValueType from = TYPE_NULL; from < _TYPE_MAX; from++)
                for (ValueType to = TYPE_NULL + 1; to < _TYPE_MAX; to++) {
                        Case c = {{.type = from, .is_null = true}, {.type = to, .is_null = true}};

                        run_cases(&c, 1, "cast of a NULL");
                }
}

/* Whatever its bits, the text of a double reads back as the same one, and no shorter one does. */
static void test_double_text(void **state) {
        Schema schema = {&(Column){.type = TYPE_DOUBLE}, 1};
        _cleanup_(batch_freep) Batch *batch = NULL;
        uint64_t random = 1;

        assert_int_equal(batch_new(&schema, NULL, &batch), 0);
        batch->columns[0].valid[0] = 1;
        for (size_t i = 0; i < 20000; i++) {
                char copy[64], shorter[64];
                double value;
                Text text;
                int digits = 0;

                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                memcpy(&value, &random, sizeof(value));
                if (!isfinite(value))
                        continue;
                batch->columns[0].doubles[0] = value;
                assert_int_equal(vector_value_text(&batch->columns[0], 0, &batch->arena, &text), 0);
                snprintf(copy, sizeof(copy), "%.*s", (int)text.size, text.data);
                if (strtod(copy, NULL) != value)
                        fail_msg("%s is not %.17g", copy, value);
                for (const char *p = copy + strspn(copy, "-0."); *p && *p != 'E'; p++)
                        digits += *p >= '0' && *p <= '9';
                if (digits <= 2)
                        continue;
                snprintf(shorter, sizeof(shorter), "%.*e", digits - 2, value);
                if (strtod(shorter, NULL) == value)
                        fail_msg("%s could be as short as %s", copy, shorter);
        }
}

static void test_text_of_null(void **state) {
        static const Value null = NULL_OF(TYPE_INT);
        _cleanup_(batch_freep) Batch *batch = values_batch(&null, 1);
        Text text = {"untouched", 9};

        assert_int_equal(vector_value_text(&batch->columns[0], 1, &batch->arena, &text), -ENODATA);
        assert_int_equal(text.size, 9);
}

static void test_own_type(void **state) {
        Expr *column = expr_new_column(0, TYPE_INT);
        _cleanup_(expr_freep) Expr *cast = expr_new_cast(column, TYPE_INT);

        assert_ptr_equal(cast, column);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_timestamps),
                cmocka_unit_test(test_string_to_boolean),
                cmocka_unit_test(test_string_to_integer),
                cmocka_unit_test(test_string_to_double),
                cmocka_unit_test(test_to_string),
                cmocka_unit_test(test_null),
                cmocka_unit_test(test_double_text),
                cmocka_unit_test(test_text_of_null),
                cmocka_unit_test(test_own_type),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
