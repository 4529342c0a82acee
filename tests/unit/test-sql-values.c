/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "columns/timestamp.h"
#include "expression/build.h"
#include "sql/query.h"

/* What expressions come to, over one row: precedence, coercion, NULL, literals. The expected values are
 * those of Spark 4.0 with spark.sql.ansi.enabled=false. */
#define COLUMNS                                                                                             \
        "i INT, b BIGINT, d DOUBLE, s STRING, u STRING, t TIMESTAMP, f BOOLEAN, n INT, z INT, m STRING"

static Schema *schema;
static Batch *batch;

static Vector *column(const char *name) {
        Vector *vector = batch->columns + schema_find(schema, name);

        vector->valid[0] = 1;
        return vector;
}

static int set_up(void **state) {
        SqlError error;
        int r;

        r = schema_parse(COLUMNS, &schema, &error);
        if (r < 0)
                return r;
        r = batch_new(schema, NULL, &batch);
        if (r < 0)
                return r;

        column("i")->ints[0] = 7;
        column("z")->ints[0] = 0;
        column("b")->bigints[0] = 3000000000;
        column("d")->doubles[0] = 2.5;
        column("s")->texts[0] = (Text){"12", 2};
        column("u")->texts[0] = (Text){"a_\xC3\xA4%", 5};
        column("f")->booleans[0] = 1;
        column("n")->valid[0] = 0;
        column("m")->valid[0] = 0;
        batch->n_rows = 1;
        return timestamp_parse("2026-01-31 12:34:56.5", strlen("2026-01-31 12:34:56.5"),
                               column("t")->timestamps);
}

static int tear_down(void **state) {
        batch = batch_free(batch);
        schema = schema_free(schema);
        return 0;
}

/* The expression's value as text; "NULL" for NULL. */
static void evaluate(const char *expression, Arena *arena, char *buffer, size_t size) {
        _cleanup_(query_freep) Query *query = NULL;
        SqlError error = {};
        char text[512];
        Vector value;
        Text result;
        int r;

        snprintf(text, sizeof(text), "SELECT %s AS x FROM t", expression);
        if (query_parse(text, "t", schema, &query, &error) < 0)
                fail_msg("%s: %u:%u: %s", text, error.line, error.column, error.message);
        assert_int_equal(query->n_outputs, 1);
        assert_int_equal(expr_evaluate(query->outputs[0].expr, batch, arena, &value), 0);

        r = vector_value_text(&value, 0, arena, &result);
        if (r == -ENODATA)
                snprintf(buffer, size, "NULL");
        else
                snprintf(buffer, size, "%.*s", (int)result.size, result.data);
}

typedef struct Case {
        const char *expression, *value;
} Case;

static void check_all(const Case *cases, size_t n_cases) {
        for (size_t i = 0; i < n_cases; i++) {
                _cleanup_arena_ Arena arena = {};
                char value[256];

                evaluate(cases[i].expression, &arena, value, sizeof(value));
                if (strcmp(value, cases[i].value) != 0)
                        fail_msg("%s\n  is       %s\n  expected %s", cases[i].expression, value,
                                 cases[i].value);
        }
}

static void test_precedence(void **state) {
        static const Case cases[] = {
                {"1 + 2 * 3", "7"},
                {"(1 + 2) * 3", "9"},
                {"10 - 4 - 3", "3"},
                {"i - -1", "8"},
                {"i - - - 1", "6"},
                {"-i + 1", "-6"},
                {"+i", "7"},
                {"20 / 2 / 5", "2.0"},
                {"7 % 4 * 2", "6"},
                {"- 2 * 3 % 4", "-2"},
                {"TRUE OR TRUE AND FALSE", "true"},
                {"(TRUE OR TRUE) AND FALSE", "false"},
                {"NOT FALSE AND FALSE", "false"},
                {"NOT (FALSE AND FALSE)", "true"},
                {"NOT i = 8", "true"},
                {"! i = 7 OR f", "true"},
                {"NOT NOT f", "true"},
                {"i + 1 = 8", "true"},
                {"i = 7 IS NULL", "false"},
                {"n = 7 IS NULL", "true"},
                {"NOT n IS NULL", "false"},
                {"1 < 2 = TRUE", "true"},
                {"i BETWEEN 1 AND 7 AND f", "true"},
                {"i NOT BETWEEN 1 + 1 AND 3 * 2 OR FALSE", "true"},
                {"i IN (1, 7) AND NOT i IN (7)", "false"},
                {"i NOT IN (1, 2)", "true"},
                {"s LIKE '1_' AND s NOT LIKE '_1'", "true"},
                {"CASE WHEN i > 5 THEN 'big' WHEN i > 6 THEN 'never' ELSE 'small' END", "big"},
                {"CASE i % 2 WHEN 0 THEN 'even' WHEN 1 THEN 'odd' END", "odd"},
                {"CASE i WHEN 0 THEN 'x' END", "NULL"},
                {"CASE WHEN f THEN CASE WHEN n IS NULL THEN 1 END ELSE 2 END", "1"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

static void test_coercion(void **state) {
        static const Case cases[] = {
                {"i + b", "3000000007"},
                {"i * d", "17.5"},
                {"7 / 2", "3.5"},
                {"b * 1000000000 * 1000000000", "-2345952408623906816"},
                {"2147483647 + 1", "-2147483648"},
                {"2147483647 + 1L", "2147483648"},
                {"s + 1", "13.0"},
                {"s * s", "144.0"},
                {"'x' + 1", "NULL"},
                {"-s", "-12.0"},
                {"i / z", "NULL"},
                {"i % z", "NULL"},
                {"n + 1", "NULL"},
                {"NULL + 1", "NULL"},
                /* Text becomes what it is compared with... */
                {"s = 12", "true"},
                {"s > 9", "true"},
                {"'12.0' = 12", "true"},
                {"'12.7' = 12", "true"},
                {"s < 12.5", "true"},
                {"s > '9'", "false"},
                {"'true' = f", "true"},
                {"t > '2026-01-31'", "true"},
                {"t = '2026-01-31T12:34:56.500Z'", "true"},
                {"t BETWEEN '2026' AND '2026-02'", "true"},
                {"t < TIMESTAMP '2026-01-31 13:34:56+01:00'", "false"},
                /* ...but others become text in IN, CASE and coalesce(). */
                {"12 IN ('12.0')", "false"},
                {"12 IN ('12')", "true"},
                {"1 IN (1.0)", "true"},
                {"CASE WHEN f THEN 1 ELSE 2.5 END", "1.0"},
                {"CASE WHEN f THEN 1 ELSE 'x' END", "1"},
                {"coalesce(n, d)", "2.5"},
                {"coalesce(n, i, d)", "7.0"},
                {"coalesce(t, 1, 'x')", "2026-01-31 12:34:56.5"},
                {"f = 1", "true"},
                {"f <> 0", "true"},
                {"f = 2", "false"},
                {"i LIKE 7", "true"},
                {"d LIKE '2._'", "true"},
                {"CAST(d AS INT)", "2"},
                {"CAST('abc' AS INT)", "NULL"},
                {"CAST(s AS BIGINT) + 1", "13"},
                {"CAST(f AS STRING)", "true"},
                {"CAST(0 AS TIMESTAMP)", "1970-01-01 00:00:00"},
                {"CAST(i AS BOOLEAN)", "true"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

static void test_null(void **state) {
        static const Case cases[] = {
                {"n = n", "NULL"},
                {"n <=> n", "true"},
                {"n <=> 1", "false"},
                {"NULL <=> NULL", "true"},
                {"NULL = NULL", "NULL"},
                {"NOT n = 1", "NULL"},
                {"n = 1 OR f", "true"},
                {"n = 1 AND f", "NULL"},
                {"n = 1 AND NOT f", "false"},
                {"NULL OR TRUE", "true"},
                {"NULL AND TRUE", "NULL"},
                {"i IN (1, NULL)", "NULL"},
                {"i IN (7, NULL)", "true"},
                {"i NOT IN (1, NULL)", "NULL"},
                {"n IN (1)", "NULL"},
                {"m LIKE '%'", "NULL"},
                {"n BETWEEN 1 AND 2", "NULL"},
                {"i BETWEEN 8 AND NULL", "false"},
                {"n IS TRUE", "false"},
                {"n = 1 IS TRUE", "false"},
                {"n = 1 IS NOT FALSE", "true"},
                {"n IS DISTINCT FROM 1", "true"},
                {"n IS NOT DISTINCT FROM NULL", "true"},
                {"CASE WHEN n = 1 THEN 'a' ELSE 'b' END", "b"},
                {"CASE n WHEN NULL THEN 'a' ELSE 'b' END", "b"},
                {"CASE WHEN NULL THEN 'a' END", "NULL"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

static void test_functions(void **state) {
        static const Case cases[] = {
                {"coalesce(n, m, i)", "7"},   {"COALESCE(i)", "7"},         {"ifnull(n, i)", "7"},
                {"nvl(m, 'x')", "x"},         {"nvl2(n, 1, 2)", "2"},       {"nvl2(i, 1, 2)", "1"},
                {"if(i > 5, 'a', 'b')", "a"}, {"if(n > 5, 'a', 'b')", "b"}, {"nullif(i, 7)", "NULL"},
                {"nullif(i, 8)", "7"},        {"nullif(i, n)", "7"},        {"nullif(s, 12)", "NULL"},
                {"isnull(n)", "true"},        {"isnotnull(n)", "false"},    {"isnull(NULL)", "true"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

static void test_literals(void **state) {
        static const Case cases[] = {
                {"'it''s'", "it's"},
                {"\"say \"\"x\"\"\"", "say \"x\""},
                {"'it\\'s \\\"q\\\"'", "it's \"q\""},
                {"'a\\tb\\nc\\\\d\\/e\\Z'", "a\tb\nc\\d/e\x1A"},
                {"'\\u00e4\\U0001F600'", "\xC3\xA4\xF0\x9F\x98\x80"},
                {"'\\uD83D\\uDE00'", "\xF0\x9F\x98\x80"},
                {"'\\101\\1'", "A1"},
                {"'\\%\\_'", "\\%\\_"},
                {"'\\u00g1'", "u00g1"},
                {"u LIKE 'a\\__\\%'", "true"},
                {"u LIKE 'a\\_\\%'", "false"},
                {"'\xC3\xA4'", "\xC3\xA4"},
                {"''", ""},
                {"-2147483648", "-2147483648"},
                {"-9223372036854775808", "-9223372036854775808"},
                {"- 9223372036854775807L", "-9223372036854775807"},
                {"1.50", "1.5"},
                {".5", "0.5"},
                {"1e10", "1.0E10"},
                {"-1.5e-3D", "-0.0015"},
                {"TRUE", "true"},
                {"TIMESTAMP '2026-01-31'", "2026-01-31 00:00:00"},
                {"timestamp \"2026-01-31 12:00:00.25+02:00\"", "2026-01-31 10:00:00.25"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

/* Texts may hold NUL. */
static void test_nul(void **state) {
        _cleanup_arena_ Arena arena = {};
        char value[64];

        evaluate("CASE WHEN 'a\\0b' = 'a' THEN 'cut' ELSE 'whole' END", &arena, value, sizeof(value));
        assert_string_equal(value, "whole");
}

/* Outputs of groups are expressions over the keys, then the aggregates. */
static void test_groups(void **state) {
        static const char text[] =
                "SELECT i + 1 AS next, sum(b) / count(*) AS mean, window.start, window.end, max(s)\n"
                "FROM t GROUP BY i, window(event_time, '1 minute') HAVING next = 8 AND count(*) > 1";
        static const char *const expected[] = {"8", "2.5", "2026-01-31 12:34:00", "2026-01-31 12:35:00",
                                               "NULL"};
        _cleanup_(query_freep) Query *query = NULL;
        _cleanup_(batch_freep) Batch *groups = NULL;
        _cleanup_arena_ Arena arena = {};
        SqlError error = {};
        uint16_t selection[1];
        size_t n_selected;

        assert_int_equal(query_parse(text, "t", schema, &query, &error), 0);
        assert_int_equal(query->group->n_columns, 5);
        assert_int_equal(batch_new(query->group, NULL, &groups), 0);
        groups->n_rows = 1;
        for (size_t i = 0; i < 4; i++)
                groups->columns[i].valid[0] = 1;
        groups->columns[0].ints[0] = 7;
        assert_int_equal(timestamp_parse("2026-01-31 12:34", strlen("2026-01-31 12:34"),
                                         groups->columns[1].timestamps),
                         0);
        groups->columns[2].bigints[0] = 5;
        groups->columns[3].bigints[0] = 2;
        groups->columns[4].valid[0] = 0;

        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                Vector value;
                Text result = {"NULL", 4};

                assert_int_equal(expr_evaluate(query->outputs[i].expr, groups, &arena, &value), 0);
                (void)vector_value_text(&value, 0, &arena, &result);
                assert_int_equal(result.size, strlen(expected[i]));
                assert_memory_equal(result.data, expected[i], result.size);
        }

        assert_int_equal(expr_select(query->having, groups, &arena, selection, &n_selected), 0);
        assert_int_equal(n_selected, 1);
        groups->columns[3].bigints[0] = 1;
        assert_int_equal(expr_select(query->having, groups, &arena, selection, &n_selected), 0);
        assert_int_equal(n_selected, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_precedence), cmocka_unit_test(test_coercion),
                cmocka_unit_test(test_null),       cmocka_unit_test(test_functions),
                cmocka_unit_test(test_literals),   cmocka_unit_test(test_nul),
                cmocka_unit_test(test_groups),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
