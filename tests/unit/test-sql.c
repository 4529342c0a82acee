/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "base/buffer.h"
#include "expression/build.h"
#include "sql/query.h"

#define COLUMNS                                                                                             \
        "i INT, b BIGINT, d DOUBLE, s STRING, t TIMESTAMP, f BOOLEAN, `group` INT, `odd ``name` STRING"

static const char *const aggregate_names[] = {
        [AGGREGATE_COUNT_ALL] = "count(*)",
        [AGGREGATE_COUNT] = "count",
        [AGGREGATE_SUM] = "sum",
        [AGGREGATE_AVG] = "avg",
        [AGGREGATE_MIN] = "min",
        [AGGREGATE_MAX] = "max",
};

static void append(Buffer *buffer, const char *separator, const char *name, ValueType type,
                   const char *mark) {
        assert_int_equal(
                buffer_append_format(buffer, "%s%s %s%s", separator, name, value_type_name(type), mark), 0);
}

/* What a plan is, in a line: "outputs (keys with a *) | WHERE | keys | aggregates with the types of their
 * inputs and results | window | HAVING | columns used". */
static char *describe(const Query *query) {
        Buffer text = {};

        for (size_t i = 0; i < query->n_outputs; i++)
                append(&text, i > 0 ? ", " : "", query->outputs[i].name, expr_type(query->outputs[i].expr),
                       query->outputs[i].is_key ? "*" : "");
        if (query->where)
                append(&text, " | ", "where", expr_type(query->where), "");
        if (query->grouped)
                assert_int_equal(buffer_append_format(&text, " | grouped"), 0);
        for (size_t i = 0; i < query->n_keys; i++)
                append(&text, " | ", "key", expr_type(query->keys[i]), "");
        for (size_t i = 0; i < query->n_aggregates; i++) {
                const Aggregate *aggregate = query->aggregates + i;
                char name[64];

                snprintf(name, sizeof(name), "%s %s", aggregate_names[aggregate->function],
                         aggregate->input ? value_type_name(expr_type(aggregate->input)) : "->");
                append(&text, " | ", name, aggregate->type, "");
        }
        if (query->window.kind == WINDOW_TUMBLING)
                assert_int_equal(buffer_append_format(&text, " | window %zu %" PRIu64,
                                                      query->window.key_index, query->window.size_usec),
                                 0);
        if (query->having)
                append(&text, " | ", "having", expr_type(query->having), "");
        assert_int_equal(buffer_append_format(&text, " | uses"), 0);
        for (size_t i = 0; i < query->source->n_columns; i++)
                if (query->used[i])
                        assert_int_equal(buffer_append_format(&text, " %s", query->source->columns[i].name),
                                         0);
        assert_int_equal(buffer_append(&text, "", 1), 0);
        return (char *)text.data;
}

static Schema *parse_columns(const char *text) {
        Schema *schema = NULL;
        SqlError error = {};

        if (schema_parse(text, &schema, &error) < 0)
                fail_msg("%s: %u:%u: %s", text, error.line, error.column, error.message);
        return schema;
}

static Query *parse(const char *text, const char *columns) {
        _cleanup_(schema_freep) Schema *schema = parse_columns(columns);
        SqlError error = {};
        Query *query = NULL;

        if (query_parse(text, "logs", schema, &query, &error) < 0)
                fail_msg("%s: %u:%u: %s", text, error.line, error.column, error.message);
        return query;
}

static void check(const char *text, const char *columns, const char *expected) {
        _cleanup_(query_freep) Query *query = parse(text, columns);
        _cleanup_free_ char *description = describe(query);

        if (strcmp(description, expected) != 0)
                fail_msg("%s\n  is       %s\n  expected %s", text, description, expected);
}

typedef struct Case {
        const char *text, *expected;
} Case;

static void check_all(const Case *cases, size_t n_cases) {
        for (size_t i = 0; i < n_cases; i++)
                check(cases[i].text, COLUMNS, cases[i].expected);
}

static void test_reference(void **state) {
        check("SELECT window.start, window.end, course, activity, sum(lines_of_code) AS total_loc,\n"
              "       avg(cpu_usage_pct) AS avg_cpu\n"
              "FROM logs GROUP BY window(event_time, '10 seconds'), course, activity",
              "timestamp DOUBLE, student_id STRING, student_name STRING, course STRING, activity STRING,\n"
              "tool_used STRING, lines_of_code INT, last_error STRING, cpu_usage_pct DOUBLE",
              "start TIMESTAMP*, end TIMESTAMP*, course STRING*, activity STRING*, total_loc BIGINT, "
              "avg_cpu DOUBLE"
              " | grouped | key TIMESTAMP | key STRING | key STRING | sum INT BIGINT | avg DOUBLE DOUBLE"
              " | window 0 10000000 | uses course activity lines_of_code cpu_usage_pct event_time");
}

static void test_rows(void **state) {
        static const Case cases[] = {
                {"SELECT s FROM logs", "s STRING | uses s event_time"},
                {"select S, I as Total from LOGS where f",
                 "S STRING, Total INT | where BOOLEAN | uses i s f event_time"},
                {"SELECT i one, i AS `a ``b`, i timestamp, i end, i AS left FROM logs",
                 "one INT, a `b INT, timestamp INT, end INT, left INT | uses i event_time"},
                {"SELECT `odd ``name`, `group` FROM logs",
                 "odd `name STRING, group INT | uses group odd `name event_time"},
                {"SELECT logs.i, LOGS.s FROM logs", "i INT, s STRING | uses i s event_time"},
                {"SELECT l.i FROM logs AS l", "i INT | uses i event_time"},
                {"SELECT l.i FROM logs l WHERE l.f", "i INT | where BOOLEAN | uses i f event_time"},
                {"SELECT event_time FROM logs", "event_time TIMESTAMP | uses event_time"},
                {"SELECT *, i + 1 AS next FROM logs", "i INT, b BIGINT, d DOUBLE, s STRING, t TIMESTAMP, f "
                                                      "BOOLEAN, group INT, odd `name STRING, next INT"
                                                      " | uses i b d s t f group odd `name event_time"},
                {"SELECT l.* FROM logs l",
                 "i INT, b BIGINT, d DOUBLE, s STRING, t TIMESTAMP, f BOOLEAN, group INT, odd `name STRING"
                 " | uses i b d s t f group odd `name event_time"},
                {"SELECT 1 FROM logs;;", "1 INT | uses event_time"},
                /* An output without an alias is called what it is written as. */
                {"SELECT i +\n\t  1, (i), 'a  \\' b' -- the end\nFROM logs",
                 "i + 1 INT, i INT, 'a  \\' b' STRING | uses i event_time"},
                {"SELECT i /* /* x */ */ + -- y\n 2 FROM logs /* */ WHERE/**/NULL",
                 "i + 2 INT | where BOOLEAN | uses i event_time"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

static void test_types(void **state) {
        static const Case cases[] = {
                {"SELECT 1 a, 1L c, 2147483647 e, 2147483648 g, -2147483648 h, -9223372036854775808 j FROM "
                 "logs",
                 "a INT, c BIGINT, e INT, g BIGINT, h INT, j BIGINT | uses event_time"},
                {"SELECT 1.5 a, 1. c, .5 e, 1e3 g, 1.5E-3 h, 2D j, 1.5d k, 1e3D l FROM logs",
                 "a DOUBLE, c DOUBLE, e DOUBLE, g DOUBLE, h DOUBLE, j DOUBLE, k DOUBLE, l DOUBLE | uses "
                 "event_time"},
                {"SELECT 'x' a, \"y\" c, TRUE e, false g, TIMESTAMP '2026-01-31' h, CAST(NULL AS INT) j "
                 "FROM logs",
                 "a STRING, c STRING, e BOOLEAN, g BOOLEAN, h TIMESTAMP, j INT | uses event_time"},
                {"SELECT i + i a, i - b c, i * d e, i % i g, i / i h, b / b j, -i k, -b l, -d m, +s n, -s o "
                 "FROM logs",
                 "a INT, c BIGINT, e DOUBLE, g INT, h DOUBLE, j DOUBLE, k INT, l BIGINT, m DOUBLE, n "
                 "STRING, o DOUBLE"
                 " | uses i b d s event_time"},
                {"SELECT i + '1' a, s * s c, i + NULL e, NULL + NULL g, NULL / b h FROM logs",
                 "a DOUBLE, c DOUBLE, e INT, g DOUBLE, h DOUBLE | uses i b s event_time"},
                {"SELECT i < d a, s = i c, t > '2026' e, f = 1 g, f <=> NULL h, s != 'x' j, NULL == NULL k "
                 "FROM logs",
                 "a BOOLEAN, c BOOLEAN, e BOOLEAN, g BOOLEAN, h BOOLEAN, j BOOLEAN, k BOOLEAN"
                 " | uses i d s t f event_time"},
                {"SELECT coalesce(i, b) a, coalesce(NULL, i, d) c, ifnull(i, s) e, nvl(t, 'x') g, "
                 "coalesce(f, NULL) h,"
                 " coalesce(t, i, s) j FROM logs",
                 "a BIGINT, c DOUBLE, e STRING, g STRING, h BOOLEAN, j STRING | uses i b d s t f "
                 "event_time"},
                {"SELECT CASE WHEN f THEN i ELSE b END a, CASE i WHEN 1 THEN NULL WHEN 2 THEN 1.5 END c,"
                 " CASE s WHEN 1 THEN 'x' ELSE i END e, CASE WHEN NULL THEN t END g FROM logs",
                 "a BIGINT, c DOUBLE, e STRING, g TIMESTAMP | uses i b s t f event_time"},
                {"SELECT if(f, i, d) a, nullif(i, 1.5) c, nullif(s, i) e, nvl2(s, 1, 2L) g, isnull(NULL) h,"
                 " isnotnull(i) j FROM logs",
                 "a DOUBLE, c INT, e STRING, g BIGINT, h BOOLEAN, j BOOLEAN | uses i d s f event_time"},
                {"SELECT CAST(s AS integer) a, cast(i as LONG) c, CAST(NULL AS Timestamp) e, CAST(f AS "
                 "STRING) g FROM logs",
                 "a INT, c BIGINT, e TIMESTAMP, g STRING | uses i s f event_time"},
                {"SELECT i IN (1, 2.5, NULL) a, i NOT IN ('1') c, i BETWEEN 1 AND '2' e, s NOT BETWEEN 'a' "
                 "AND 'b' g,"
                 " i LIKE '1%' h, s NOT LIKE s j, i IS NULL k, NULL IS NOT NULL l, f IS TRUE m, f IS NOT "
                 "FALSE n,"
                 " i IS DISTINCT FROM b o, i IS NOT DISTINCT FROM NULL p FROM logs",
                 "a BOOLEAN, c BOOLEAN, e BOOLEAN, g BOOLEAN, h BOOLEAN, j BOOLEAN, k BOOLEAN, l BOOLEAN, m "
                 "BOOLEAN,"
                 " n BOOLEAN, o BOOLEAN, p BOOLEAN | uses i b s f event_time"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

static void test_groups(void **state) {
        static const Case cases[] = {
                {"SELECT s, count(*) FROM logs GROUP BY s",
                 "s STRING*, count(*) BIGINT | grouped | key STRING | count(*) -> BIGINT | uses s "
                 "event_time"},
                {"SELECT s FROM logs GROUP BY s", "s STRING* | grouped | key STRING | uses s event_time"},
                {"SELECT count(*) FROM logs",
                 "count(*) BIGINT | grouped | count(*) -> BIGINT | uses event_time"},
                {"SELECT 1 AS one FROM logs HAVING count(i) > 1",
                 "one INT | grouped | count INT BIGINT | having BOOLEAN | uses i event_time"},
                {"SELECT sum(i) a, sum(b) c, sum(d) e, sum('1') g, sum(NULL) h FROM logs",
                 "a BIGINT, c BIGINT, e DOUBLE, g DOUBLE, h DOUBLE | grouped | sum INT BIGINT | sum BIGINT "
                 "BIGINT"
                 " | sum DOUBLE DOUBLE | sum DOUBLE DOUBLE | sum DOUBLE DOUBLE | uses i b d event_time"},
                {"SELECT avg(i) a, mean(b) c, avg(s) e FROM logs",
                 "a DOUBLE, c DOUBLE, e DOUBLE | grouped | avg DOUBLE DOUBLE | avg DOUBLE DOUBLE | avg "
                 "DOUBLE DOUBLE"
                 " | uses i b s event_time"},
                {"SELECT min(s) a, max(t) c, min(f) e, max(i) g, min(event_time) h FROM logs",
                 "a STRING, c TIMESTAMP, e BOOLEAN, g INT, h TIMESTAMP | grouped | min STRING STRING"
                 " | max TIMESTAMP TIMESTAMP | min BOOLEAN BOOLEAN | max INT INT | min TIMESTAMP TIMESTAMP"
                 " | uses i s t f event_time"},
                {"SELECT count(1) a, count('x') c, COUNT(i) e, count(NULL) g, count_if(i > 1) h FROM logs",
                 "a BIGINT, c BIGINT, e BIGINT, g BIGINT, h BIGINT | grouped | count(*) -> BIGINT | count "
                 "INT BIGINT"
                 " | count BOOLEAN BIGINT | count BOOLEAN BIGINT | uses i event_time"},
                /* The same aggregate is computed once. */
                {"SELECT sum(i + b) a, SUM(logs.I+b) / count(*) c FROM logs GROUP BY s HAVING sum(i + b) > "
                 "count(1)",
                 "a BIGINT, c DOUBLE | grouped | key STRING | sum BIGINT BIGINT | count(*) -> BIGINT | "
                 "having BOOLEAN"
                 " | uses i b s event_time"},
                /* Keys: expressions, aliases, ordinals; the same one once. */
                {"SELECT i % 10 AS digit, max(i % 10) FROM logs GROUP BY i % 10",
                 "digit INT*, max(i % 10) INT | grouped | key INT | max INT INT | uses i event_time"},
                {"SELECT i % 10 AS digit, (I % 10) + 1 AS next FROM logs GROUP BY digit",
                 "digit INT*, next INT | grouped | key INT | uses i event_time"},
                {"SELECT s AS name, logs.s, i AS n FROM logs GROUP BY 1, n, s",
                 "name STRING*, s STRING*, n INT* | grouped | key STRING | key INT | uses i s event_time"},
                /* A column goes before an alias. */
                {"SELECT max(i) AS s FROM logs GROUP BY s",
                 "s INT | grouped | key STRING | max INT INT | uses i s event_time"},
                {"SELECT sum(i) AS total FROM logs GROUP BY s HAVING total > 5 AND s <> 'x'",
                 "total BIGINT | grouped | key STRING | sum INT BIGINT | having BOOLEAN | uses i s "
                 "event_time"},
                {"SELECT count(*) AS n FROM logs WHERE f GROUP BY 'all', CASE WHEN i > 1 THEN 'x' END, TRUE",
                 "n BIGINT | where BOOLEAN | grouped | key STRING | key STRING | key BOOLEAN | count(*) -> "
                 "BIGINT"
                 " | uses i f event_time"},
        };

        check_all(cases, ELEMENTSOF(cases));
}

static void test_windows(void **state) {
        static const Case cases[] = {
                {"SELECT s, window.START, Window.end AS till FROM logs GROUP BY s, window(event_time, '1 "
                 "MINUTE 30 Seconds')",
                 "s STRING*, START TIMESTAMP*, till TIMESTAMP* | grouped | key STRING | key TIMESTAMP | "
                 "window 1 90000000"
                 " | uses s event_time"},
                {"SELECT window(event_time, '1 hour').end FROM logs GROUP BY WINDOW(logs.event_time, '1 "
                 "hour')",
                 "end TIMESTAMP* | grouped | key TIMESTAMP | window 0 3600000000 | uses event_time"},
                {"SELECT count(*) n FROM logs GROUP BY window(event_time, 'INTERVAL 1 day') HAVING "
                 "window.start > '2026'",
                 "n BIGINT | grouped | key TIMESTAMP | count(*) -> BIGINT | window 0 86400000000 | having "
                 "BOOLEAN"
                 " | uses event_time"},
                /* The window's key is not the event time itself. */
                {"SELECT event_time, window.start, window.end > TIMESTAMP '2026-01-31' AS late FROM logs"
                 " GROUP BY window(event_time, '500ms'), event_time",
                 "event_time TIMESTAMP*, start TIMESTAMP*, late BOOLEAN | grouped | key TIMESTAMP | key "
                 "TIMESTAMP"
                 " | window 0 500000 | uses event_time"},
        };

        check_all(cases, ELEMENTSOF(cases));
        check("SELECT * FROM logs", "Event_Time TIMESTAMP, x INT",
              "Event_Time TIMESTAMP, x INT | uses Event_Time x");
        check("SELECT window.start AS a FROM logs GROUP BY window(event_time, '1s')",
              "x INT, Event_Time TIMESTAMP",
              "a TIMESTAMP* | grouped | key TIMESTAMP | window 0 1000000 | uses Event_Time");
        check("SELECT event_time FROM logs", "event_time DOUBLE", "event_time DOUBLE | uses event_time");
}

static void test_columns(void **state) {
        _cleanup_(schema_freep) Schema *schema = parse_columns(
                "a INT, -- first\n B bigint, `c d` Double, timestamp TIMESTAMP, end string, order BOOLEAN");
        static const Column expected[] = {
                {.name = (char *)"a", .type = TYPE_INT},
                {.name = (char *)"B", .type = TYPE_BIGINT},
                {.name = (char *)"c d", .type = TYPE_DOUBLE},
                {.name = (char *)"timestamp", .type = TYPE_TIMESTAMP},
                {.name = (char *)"end", .type = TYPE_STRING},
                {.name = (char *)"order", .type = TYPE_BOOLEAN},
        };

        assert_int_equal(schema->n_columns, ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                assert_string_equal(schema->columns[i].name, expected[i].name);
                assert_string_equal(value_type_name(schema->columns[i].type),
                                    value_type_name(expected[i].type));
        }
        assert_int_equal(schema_find(schema, "TimeStamp"), 3);
        assert_int_equal(schema_find(schema, "x"), -ENOENT);
        assert_int_equal(schema_add(schema, "A", TYPE_INT), -EEXIST);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reference), cmocka_unit_test(test_rows),
                cmocka_unit_test(test_types),     cmocka_unit_test(test_groups),
                cmocka_unit_test(test_windows),   cmocka_unit_test(test_columns),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
