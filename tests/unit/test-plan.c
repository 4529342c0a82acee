/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config-fixture.h"

#include "plan/job-plan.h"

static int plan_load(Fixture *fixture, const char *job, JobPlan **ret) {
        int r;

        assert_int_equal(fixture_load(fixture, NULL, job), 0);
        r = job_plan_from_config(fixture->job, ret, &fixture->error);
        fixture_describe(fixture);
        return r;
}

/* The shipped example is the reference job. */
static void test_example(void **state) {
        Fixture *fixture = *state;
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;

        assert_int_equal(fixture_load(fixture, NULL, NULL), 0);
        assert_int_equal(job_config_load(fixture->suite, TOP_SRCDIR "/etc/streametl.d/cs_student_logs.conf",
                                         &fixture->job, &fixture->error),
                         0);
        assert_string_equal(fixture->job->name, "cs_student_logs");
        assert_int_equal(job_plan_from_config(fixture->job, &plan, &fixture->error), 0);
        assert_string_equal(plan->table, "cs_student_logs");
        assert_string_equal(plan->event_time, "timestamp");
        assert_int_equal(plan->event_time_source, 0);
        assert_int_equal(plan->query->window.kind, WINDOW_TUMBLING);
        assert_int_equal(plan->query->window.size_usec, 10 * USEC_PER_SEC);
        assert_int_equal(plan->query->n_outputs, 6);
        assert_string_equal(plan->query->outputs[4].name, "total_loc");
}

/* The examples of the manual page work as they are printed. */
static void test_page(void **state) {
        static const char begin[] = "\n.Bd -literal -offset indent\nsource", end[] = "\n.Ed";
        Fixture *fixture = *state;
        _cleanup_free_ char *page = NULL;
        size_t size = 0, n = 0;
        FILE *f = fopen(TOP_SRCDIR "/man/streametl-job.5", "re");

        assert_non_null(f);
        assert_true(getdelim(&page, &size, '\0', f) > 0);
        fclose(f);
        for (char *p = page; (p = strstr(p, begin)); n++) {
                _cleanup_(job_plan_freep) JobPlan *plan = NULL;
                char *job = p + strlen(begin) - strlen("source");

                p = strstr(job, end);
                assert_non_null(p);
                *p++ = '\0';
                assert_int_equal(plan_load(fixture, job, &plan), 0);
        }
        assert_int_equal(n, 3);
}

/* A worker makes the same plan from the texts alone. */
static void test_id(void **state) {
        static const PlanText same = {
                .columns = "a INT, ts DOUBLE", .table = "t", .query = "SELECT a FROM t", .event_time = "ts"};
        static const PlanText others[] = {
                {.columns = "a INT, ts DOUBLE ",
                 .table = "t",
                 .query = "SELECT a FROM t",
                 .event_time = "ts"},
                {.columns = "a INT, ts DOUBLE",
                 .table = "t",
                 .query = "SELECT a FROM t ",
                 .event_time = "ts"},
                {.columns = "a INT, ts DOUBLE",
                 .table = "T",
                 .query = "SELECT a FROM T",
                 .event_time = "ts"},
                {.columns = "a INT, ts DOUBLE", .table = "t", .query = "SELECT a FROM t", .event_time = "a"},
        };
        Fixture *fixture = *state;
        _cleanup_(job_plan_freep) JobPlan *jobs = NULL, *workers = NULL;

        assert_int_equal(plan_load(fixture, SOURCE QUERY SINK, &jobs), 0);
        assert_int_equal(job_plan_new(&same, &workers, &fixture->error), 0);
        assert_int_equal(workers->id, jobs->id);
        assert_int_equal(workers->event_time_source, 1);
        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                _cleanup_(job_plan_freep) JobPlan *other = NULL;

                assert_int_equal(job_plan_new(&others[i], &other, &fixture->error), 0);
                assert_int_not_equal(other->id, jobs->id);
        }
}

typedef struct PlaceCase {
        const char *job;
        unsigned line, column;
        const char *picture; /* the message's last two lines */
} PlaceCase;

static void test_places(void **state) {
        static const PlaceCase cases[] = {
                {SOURCE SINK "query = \"SELECT coarse FROM t\";", 3, 17, "SELECT coarse FROM t\n       ^"},
                {SOURCE SINK "query =\n  \"SELECT a,\n    coarse\nFROM t\";", 5, 5, "    coarse\n    ^"},
                {SOURCE SINK "query = \"SELECT '\\\"\xc3\xb6\\\\\\\\', coarse FROM t\";", 3, 28,
                 "SELECT '\"\xc3\xb6\\\\', coarse FROM t\n               ^"},
                {SOURCE SINK "query = \"SELECT a,\" # the first part\n \" coarse FROM t\";", 4, 4,
                 "SELECT a, coarse FROM t\n          ^"},
                {SOURCE SINK "query = \"SELECT a\n FROM elsewhere\";", 4, 7, " FROM elsewhere\n      ^"},
                {"source : { topic = \"t\"; event_time = \"ts\";\n columns = \"a INT,\n   ts DUBLE\"; "
                 "};" QUERY SINK,
                 3, 7, "   ts DUBLE\n      ^"},
        };
        Fixture *fixture = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                JobPlan *plan = NULL;
                const char *picture;

                assert_int_equal(plan_load(fixture, cases[i].job, &plan), -EINVAL);
                print_message("%s\n", fixture->text);
                assert_null(plan);
                assert_string_equal(fixture->error.file, fixture->job_path);
                assert_int_equal(fixture->error.line, cases[i].line);
                assert_int_equal(fixture->error.column, cases[i].column);
                picture = strchr(fixture->error.message, '\n');
                assert_non_null(picture);
                assert_string_equal(picture + 1, cases[i].picture);
        }
}

static void test_errors(void **state) {
        static const struct {
                const char *job, *error;
        } cases[] = {
                {"source : { topic = \"t\"; columns = \"a INT, tstamp DOUBLE\"; event_time = \"stamp\"; "
                 "};" QUERY SINK,
                 "streametl.d/test.conf:1:73: source.event_time: \"stamp\" is not one of source.columns; "
                 "did you mean "
                 "\"tstamp\"?"},
                {"source : { topic = \"t\"; columns = \"a INT\"; event_time = \"stamp\"; };" QUERY SINK,
                 "streametl.d/test.conf:1:58: source.event_time: \"stamp\" is not one of source.columns"},
                {"source : { topic = \"t\"; columns = \"a BOOLEAN\"; event_time = \"a\"; };" QUERY SINK,
                 "streametl.d/test.conf:1:62: source.event_time: column \"a\" is a BOOLEAN; expected "
                 "TIMESTAMP, DOUBLE, "
                 "BIGINT, INT or STRING"},
                {"source : { topic = \"t\"; columns = \"a INT, event_time INT\"; event_time = \"a\"; "
                 "};" QUERY SINK,
                 "streametl.d/test.conf:1:36: source.columns: \"event_time\" is the query's name for the "
                 "time "
                 "that source.event_time gives; leave the column out, or let source.event_time name it"},
                {"output = \"complete\";" SOURCE QUERY SINK,
                 "streametl.d/test.conf:2:10: output = \"complete\" needs a query with GROUP BY; expected "
                 "\"append\" or "
                 "\"update\""},
                {"output = \"append\";" SOURCE SINK "query = \"SELECT a, count(*) FROM t GROUP BY a\";",
                 "streametl.d/test.conf:3:10: output = \"append\" needs a window among the GROUP BY keys, "
                 "or no group is ever "
                 "final; expected \"update\" or \"complete\""},
        };
        Fixture *fixture = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                JobPlan *plan = NULL;

                assert_int_equal(plan_load(fixture, cases[i].job, &plan), -EINVAL);
                assert_string_equal(fixture->text, cases[i].error);
                assert_null(plan);
        }
}

#define TABLE "sink : { type = \"postgresql\"; connection = \"dbname=d\"; table = \"t\"; };\n"
#define SELECT(what) SOURCE TABLE "query = \"SELECT " what "\";"
#define NOT_TOLD(what, other)                                                                               \
        "streametl.d/test.conf:3:10: output = \"update\" lets sink \"postgresql\" replace rows by their "   \
        "GROUP BY keys, and " what " is not in the SELECT list; select it, or write output = \"" other "\""

/* In update mode a table's row is known by the keys, so that it must have them all. */
static void test_row_keys(void **state) {
        static const struct {
                const char *job, *error; /* NULL: none */
        } cases[] = {
                {SELECT("a, count(*) FROM t GROUP BY window(event_time, '1 s'), a"),
                 NOT_TOLD("window.start", "append")},
                {SELECT("window.start, count(*) FROM t GROUP BY window(event_time, '1 s'), a"),
                 NOT_TOLD("a", "append")},
                {SELECT("count(*) FROM t GROUP BY a"), NOT_TOLD("a", "complete")},
                {SELECT("a % 2, count(*) FROM t GROUP BY a"), NOT_TOLD("a", "complete")},
                {SELECT("a % 2, count(*) FROM t GROUP BY a % 2, a % 3"), NOT_TOLD("a % 3", "complete")},
                {"output = \"append\";" SELECT("a, count(*) FROM t GROUP BY window(event_time, '1 s'), a"),
                 NULL},
                {"output = \"complete\";" SELECT("count(*) FROM t GROUP BY a"), NULL},
                {SOURCE SINK "query = \"SELECT count(*) FROM t GROUP BY a\";", NULL},
                {SELECT("window.end AS until, a AS b, count(*) FROM t GROUP BY window(event_time, '1 s'), "
                        "a"),
                 NULL},
                {SELECT("event_time, count(*) FROM t GROUP BY window(event_time, '1 s'), event_time"), NULL},
                {SELECT("a, count(*) FROM t GROUP BY a, a % 2, 'x'"), NULL},
                {SELECT("count(*) FROM t"), NULL},
                {SELECT("a FROM t"), NULL},
        };
        Fixture *fixture = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(job_plan_freep) JobPlan *plan = NULL;
                int r = plan_load(fixture, cases[i].job, &plan);

                print_message("%s\n", cases[i].job);
                assert_int_equal(r, cases[i].error ? -EINVAL : 0);
                if (cases[i].error)
                        assert_string_equal(fixture->text, cases[i].error);
        }
}

/* A worker has no file: the place is one of the text. */
static void test_without_file(void **state) {
        static const PlanText text = {
                .columns = "ts DOUBLE", .table = "t", .query = "SELECT\n a FROM t", .event_time = "ts"};
        Fixture *fixture = *state;
        JobPlan *plan = NULL;

        assert_int_equal(job_plan_new(&text, &plan, &fixture->error), -EINVAL);
        assert_null(fixture->error.file);
        assert_int_equal(fixture->error.line, 2);
        assert_int_equal(fixture->error.column, 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_example), TEST(test_page),         TEST(test_id),       TEST(test_places),
                TEST(test_errors),  TEST(test_without_file), TEST(test_row_keys),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
