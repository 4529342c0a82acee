/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config-fixture.h"

#include "base/buffer.h"
#include "base/strv.h"
#include "plan/plan-text.h"

static void check_lines(char *const *lines, const char *expected) {
        _cleanup_buffer_ Buffer buffer = {};

        for (; *lines; lines++)
                assert_int_equal(buffer_append_format(&buffer, "%s\n", *lines), 0);
        assert_int_equal(buffer_append_u8(&buffer, '\0'), 0);
        assert_string_equal((const char *)buffer.data, expected);
}

static void check_job(Fixture *fixture, const char *job, const char *expected) {
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        _cleanup_strv_ char **lines = NULL;

        if (fixture_load(fixture, NULL, job) < 0 ||
            job_plan_from_config(fixture->job, &plan, &fixture->error) < 0) {
                fixture_describe(fixture);
                fail_msg("%s", fixture->text);
        }
        assert_int_equal(plan_describe(plan, fixture->job, &lines), 0);
        check_lines(lines, expected);
}

static void check_query(const char *columns, const char *query, const char *expected) {
        const PlanText text = {.columns = columns, .table = "t", .query = query, .event_time = "ts"};
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_strv_ char **lines = NULL;

        if (job_plan_new(&text, &plan, &error) < 0)
                fail_msg("%s", error.message);
        assert_int_equal(plan_describe(plan, NULL, &lines), 0);
        check_lines(lines, expected);
}

static void test_job(void **state) {
        check_job(
                *state,
                "source : { topic = \"clicks\"; event_time = \"time\"; watermark = \"30 seconds\";\n"
                "  columns = \"time DOUBLE, page STRING, ms DOUBLE, status INT, locale STRING\"; };\n"
                "query = \"SELECT window.start, window.end AS until, page, count(*) AS n, avg(status)\n"
                "  FROM clicks WHERE status < 500 AND NOT page LIKE '/x%'\n"
                "  GROUP BY window(event_time, '1 minute'), page HAVING count(*) > 10 OR sum(ms) > "
                "1.5e3\";\n"
                "trigger = \"5 seconds\";\n"
                "sinks = ( { type = \"console\"; }, { type = \"kafka\"; topic = \"out\"; },\n"
                "  { type = \"postgresql\"; connection = \"dbname=x\"; table = \"clicks\"; },\n"
                "  { type = \"file\"; folder = \"/srv/clicks\"; } );\n",
                "Deliver: output \"update\", every 5s\n"
                "   console: to the journal\n"
                "   kafka: to Kafka, topic out\n"
                "   postgresql: to PostgreSQL, table clicks\n"
                "   file: to files in /srv/clicks\n"
                "   -> Output: 5 columns\n"
                "      start        TIMESTAMP  key: window.start\n"
                "      until        TIMESTAMP  key: window.start + 1min\n"
                "      page         STRING     key: page\n"
                "      n            BIGINT     count(*)\n"
                "      avg(status)  DOUBLE     avg(CAST(status AS DOUBLE))\n"
                "      -> Having: (count(*) > 10) OR (sum(ms) > 1500.0)\n"
                "         -> Group: 2 keys, 3 aggregates\n"
                "            window.start                 TIMESTAMP  tumbling window of 1min by event_time, "
                "final when the watermark passes its end: 30s behind the newest event\n"
                "            page                         STRING     key\n"
                "            count(*)                     BIGINT     aggregate\n"
                "            avg(CAST(status AS DOUBLE))  DOUBLE     aggregate\n"
                "            sum(ms)                      DOUBLE     aggregate\n"
                "            -> Where: (status < 500) AND (NOT (page LIKE '/x%'))\n"
                "               -> Read: JSON records of topic clicks\n"
                "                  page        STRING\n"
                "                  ms          DOUBLE\n"
                "                  status      INT\n"
                "                  event_time  TIMESTAMP  from column time, DOUBLE\n"
                "                  passed over: locale\n");
}

static void test_topics(void **state) {
        static const char *const cases[][2] = {
                {"topic = \"a.b\"; table = \"t\";", "topic a.b\n"},
                {"topics = ( \"a\" ); table = \"t\";", "topic a\n"},
                {"topics = ( \"a\", \"b\", \"c\" ); table = \"t\";", "topics a, b, c\n"},
                {"topic_pattern = \"a.*\"; table = \"t\";", "every topic that matches \"a.*\"\n"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char job[512], expected[512];

                snprintf(job, sizeof(job),
                         "source : { %s columns = \"a INT\"; event_time = \"a\"; };\n" QUERY
                         "output = \"append\";\n" SINK,
                         cases[i][0]);
                snprintf(expected, sizeof(expected),
                         "Deliver: output \"append\", every 5s\n"
                         "   console: to the journal\n"
                         "   -> Output: 1 column\n"
                         "      a  INT        a\n"
                         "      -> Read: JSON records of %s"
                         "         a           INT\n"
                         "         event_time  TIMESTAMP  from column a, INT\n",
                         cases[i][1]);
                check_job(*state, job, expected);
        }
}

/* Without GROUP BY, without a configuration; every kind of operation is written as SQL. */
static void test_expressions(void **state) {
        check_query(
                "a INT, b BIGINT, s STRING, ts TIMESTAMP, flag BOOLEAN",
                "SELECT -a AS x, (a + 1) * 2 - b AS y, coalesce(s, 'it\\'s') AS z,\n"
                "       CASE WHEN a IN (1, 2) THEN s ELSE NULL END AS c, s IS NULL AS n,\n"
                "       a IS NOT NULL AS m, a <=> NULL AS e, ts = TIMESTAMP '2026-01-31 12:00:00' AS t,\n"
                "       flag AND TRUE AS f, b / 3 AS d, b % 3 AS r FROM t",
                "Output: 11 columns\n"
                "   x  INT        -a\n"
                "   y  BIGINT     CAST((a + 1) * 2 AS BIGINT) - b\n"
                "   z  STRING     coalesce(s, 'it\\'s')\n"
                "   c  STRING     CASE WHEN a IN (1, 2) THEN s ELSE NULL END\n"
                "   n  BOOLEAN    s IS NULL\n"
                "   m  BOOLEAN    a IS NOT NULL\n"
                "   e  BOOLEAN    a <=> NULL\n"
                "   t  BOOLEAN    ts = TIMESTAMP '2026-01-31 12:00:00'\n"
                "   f  BOOLEAN    flag AND true\n"
                "   d  DOUBLE     CAST(b AS DOUBLE) / 3.0\n"
                "   r  BIGINT     b % 3\n"
                "   -> Read: JSON records of topic t\n"
                "      a           INT\n"
                "      b           BIGINT\n"
                "      s           STRING\n"
                "      ts          TIMESTAMP\n"
                "      flag        BOOLEAN\n"
                "      event_time  TIMESTAMP  from column ts, TIMESTAMP\n");
}

static void test_one_group(void **state) {
        check_query("a INT, ts DOUBLE", "SELECT max(a) AS most FROM t",
                    "Output: 1 column\n"
                    "   most  INT        max(a)\n"
                    "   -> Group: 0 keys, 1 aggregate: one group of all records\n"
                    "      max(a)  INT        aggregate\n"
                    "      -> Read: JSON records of topic t\n"
                    "         a           INT\n"
                    "         event_time  TIMESTAMP  from column ts, DOUBLE\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {TEST(test_job), TEST(test_topics), TEST(test_expressions),
                                           TEST(test_one_group)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
