/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <sys/stat.h>

#include "base/strv.h"
#include "config-fixture.h"

/* The reference job, as an admin writes it. */
static const char reference[] =
        "source : { type = \"kafka\"; topic = \"cs_student_logs\"; format = \"json\"; start = \"latest\";\n"
        "           columns = \"timestamp DOUBLE, course STRING,\n"
        "                      lines_of_code INT\";\n"
        "           event_time = \"timestamp\"; watermark = \"2 minutes\"; };\n"
        "query  = \"SELECT course,\n"
        "          sum(lines_of_code) AS total_loc\n"
        "          FROM cs_student_logs\";\n"
        "output = \"append\"; trigger = \"0 seconds\";\n"
        "sink   : { type = \"console\"; };\n"
        "workers : { min = 1; max = 8; backlog_timeout = \"1 second\"; rate_limit = 0x10; };\n"
        "limits : { max_record_bytes = 1048576; report_max_bytes = \"1 MiB\"; };\n";

static void test_job(void **state) {
        Fixture *fixture = *state;
        const JobConfig *job;

        assert_int_equal(fixture_load(fixture, NULL, reference), 0);
        job = fixture->job;
        assert_string_equal(job->name, "test");
        assert_string_equal(job->path, fixture->job_path);
        assert_true(job->enabled);
        assert_int_equal(job->source.type, SOURCE_KAFKA);
        assert_int_equal(job->source.format, FORMAT_JSON);
        assert_string_equal(job->source.topic, "cs_student_logs");
        assert_int_equal(job->source.start, START_LATEST);
        assert_string_equal(job->source.event_time, "timestamp");
        assert_int_equal(job->source.watermark_usec, 120 * USEC_PER_SEC);
        assert_int_equal(job->source.idle_after_usec, 10 * USEC_PER_SEC);
        assert_int_equal(job->source.max_future_usec, 3600 * USEC_PER_SEC);
        assert_int_equal(job->output, OUTPUT_APPEND);
        assert_int_equal(job->trigger_usec, 0);
        assert_int_equal(job->workers.min, 1);
        assert_int_equal(job->workers.max, 8);
        assert_int_equal(job->workers.backlog_timeout_usec, USEC_PER_SEC);
        assert_int_equal(job->workers.idle_timeout_usec, 10 * USEC_PER_SEC);
        assert_int_equal(job->workers.catch_up_time_usec, 10 * USEC_PER_SEC);
        assert_float_equal(job->workers.target_utilisation, 0.8, 0);
        assert_int_equal(job->workers.rate_limit, 16);
        assert_int_equal(job->report_max_bytes, 1 << 20);
        assert_int_equal(job->max_epoch_bytes, 64 << 20);
        assert_int_equal(job->worker_queue_bytes, 16 << 20);
        assert_int_equal(job->max_record_bytes, 1 << 20);
        assert_int_equal(job->max_ahead_usec, 10 * USEC_PER_SEC);
        assert_int_equal(job->n_sinks, 1);
        assert_int_equal(job->sinks[0].type, SINK_CONSOLE);
        assert_string_equal(job->sinks[0].name, "console");
        assert_int_equal(job->sinks[0].max_rows, 20);
        assert_true(job->sinks[0].truncate);
        assert_int_equal(strv_length(job->kafka_properties), 1);
        assert_string_equal(job->kafka_properties[0], "bootstrap.servers=localhost:9092");
}

static void test_suite(void **state) {
        Fixture *fixture = *state;
        char folder[96];

        assert_int_equal(
                fixture_load(
                        fixture,
                        "kafka : { bootstrap_servers = \"a:1,b:2\"; properties = ( \"x.y=1\", \"z=\" ); };\n"
                        "defaults : { trigger = \"1 minute\"; output = \"append\";\n"
                        "  source : { start = \"earliest\"; watermark = \"0\"; };\n"
                        "  workers : { max = 2; target_utilisation = 1; };\n"
                        "  sink : { max_rows = 5; truncate = false; };\n"
                        "};\n",
                        "trigger = \"2 s\"; workers : { min = 2; };\n"
                        "source : { topic = \"t\"; columns = \"a INT\"; event_time = \"a\";\n"
                        "           properties = [ \"x.y=2\" ]; };\n" QUERY
                        "sinks = ( { type = \"console\"; }, { type = \"console\"; name = \"two\"; max_rows "
                        "= 0; } );"),
                0);
        snprintf(folder, sizeof(folder), "%s/streametl.d", fixture->folder);
        assert_string_equal(fixture->suite->jobs_folder, folder);
        assert_int_equal(fixture->job->trigger_usec, 2 * USEC_PER_SEC);
        assert_int_equal(fixture->job->output, OUTPUT_APPEND);
        assert_int_equal(fixture->job->source.start, START_EARLIEST);
        assert_int_equal(fixture->job->source.watermark_usec, 0);
        assert_int_equal(fixture->job->workers.min, 2);
        assert_int_equal(fixture->job->workers.max, 2);
        assert_float_equal(fixture->job->workers.target_utilisation, 1, 0);
        assert_int_equal(fixture->job->n_sinks, 2);
        assert_int_equal(fixture->job->sinks[0].max_rows, 5);
        assert_false(fixture->job->sinks[0].truncate);
        assert_string_equal(fixture->job->sinks[1].name, "two");
        assert_int_equal(fixture->job->sinks[1].max_rows, 0);
        assert_int_equal(strv_length(fixture->suite->kafka_properties), 3);
        assert_int_equal(strv_length(fixture->job->kafka_properties), 4);
        assert_string_equal(fixture->job->kafka_properties[0], "bootstrap.servers=a:1,b:2");
        assert_string_equal(fixture->job->kafka_properties[1], "x.y=1");
        assert_string_equal(fixture->job->kafka_properties[2], "z=");
        assert_string_equal(fixture->job->kafka_properties[3], "x.y=2");
}

static void test_no_suite_file(void **state) {
        Fixture *fixture = *state;

        assert_int_equal(fixture_load(fixture, NULL, NULL), 0);
        assert_string_equal(fixture->suite->bootstrap_servers, "localhost:9092");
        assert_int_equal(
                job_config_load(fixture->suite, "/nowhere/job.conf", &fixture->job, &fixture->error),
                -ENOENT);
}

static void test_start(void **state) {
        static const struct {
                const char *text;
                StartAt start;
                int64_t usec;
        } cases[] = {
                {"latest", START_LATEST, 0},
                {"earliest", START_EARLIEST, 0},
                {"1970-01-01T00:00:00Z", START_TIMESTAMP, 0},
                {"2026-01-31T12:00:00Z", START_TIMESTAMP, INT64_C(1769860800000000)},
                {"2026-01-31 12:00:00.5", START_TIMESTAMP, INT64_C(1769860800500000)},
                {"2026-01-31T14:00:00+02:00", START_TIMESTAMP, INT64_C(1769860800000000)},
                {"2026-01-31", START_TIMESTAMP, INT64_C(1769817600000000)},
        };
        Fixture *fixture = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char text[512];

                snprintf(text, sizeof(text),
                         "source : { topic = \"t\"; columns = \"a INT\"; event_time = \"a\"; start = "
                         "\"%s\"; };" QUERY SINK,
                         cases[i].text);
                assert_int_equal(fixture_load(fixture, NULL, text), 0);
                assert_int_equal(fixture->job->source.start, cases[i].start);
                assert_int_equal(fixture->job->source.start_usec, cases[i].usec);
        }
}

static void test_topics(void **state) {
        Fixture *fixture = *state;

#define REST "columns = \"a INT\"; event_time = \"a\"; };\n" QUERY SINK
        assert_int_equal(fixture_load(fixture, NULL, "source : { topic = \"u\";" REST), 0);
        assert_string_equal(fixture->job->source.topics[0], "u");
        assert_null(fixture->job->source.topics[1]);
        assert_null(fixture->job->source.topic_pattern);
        assert_string_equal(fixture->job->source.table, "u");

        assert_int_equal(fixture_load(fixture, NULL, "source : { topic = \"u.x\"; table = \"t\";" REST), 0);
        assert_string_equal(fixture->job->source.table, "t");

        assert_int_equal(fixture_load(fixture, NULL, "source : { topics = ( \"b\", \"a.1\" );" REST), 0);
        assert_int_equal(strv_length(fixture->job->source.topics), 2);
        assert_string_equal(fixture->job->source.topics[0], "b");
        assert_string_equal(fixture->job->source.topics[1], "a.1");
        assert_string_equal(fixture->job->source.table, "test"); /* the job's name */

        assert_int_equal(fixture_load(fixture, NULL,
                                      "source : { topic_pattern = \"clicks\\\\.[0-9]{1,3}\"; table = "
                                      "\"clicks\";" REST),
                         0);
        assert_null(fixture->job->source.topics);
        assert_string_equal(fixture->job->source.topic_pattern, "clicks\\.[0-9]{1,3}");
        assert_string_equal(fixture->job->source.table, "clicks");
#undef REST
}

/* Every character of a text that its file shows as itself is found where the map says. */
static void check_map(const char *file, const char *text, const TextMap *map) {
        for (size_t offset = 0; text[offset]; offset++) {
                unsigned line, column;
                const char *p = file;

                if (((unsigned char)text[offset] & 0xc0) == 0x80)
                        continue;
                text_map_locate(map, offset, &line, &column);
                for (; line > 1; line--)
                        p = strchr(p, '\n') + 1;
                for (; column > 1; p++, column--)
                        while (((unsigned char)p[1] & 0xc0) == 0x80)
                                p++;
                assert_int_equal(*p == '\\' ? 0 : *p, *p == '\\' ? 0 : text[offset]);
        }
}

static void test_places(void **state) {
        static const char *const queries[] = {
                "query = \"SELECT a FROM t\";\n",
                "query = \"SELECT a\n  FROM t\n\";\n",
                "\n\n  query =\n    \"SELECT a\n\n\n  FROM t\";\n",
                "/* query = \"x\n */ query = \"SELECT \\\"a\\\", '\\\\d\\x41' FROM\\n\\tt\";\n",
                "query = \"SELECT 'k\xc3\xb6ln \xe2\x82\xac \\\" x', a\n   FROM t\";\n",
                "query = \"SELECT a \" # one\n  /* and */ \"FROM\n t\" \"\";\n",
                "query = \"SELECT \\q \\x4 a FROM t\";\n",
                "enabled = true; query = \"\tSELECT a\r\n\tFROM t\";\n",
        };
        Fixture *fixture = *state;

        for (size_t i = 0; i < ELEMENTSOF(queries); i++) {
                char text[1024];

                snprintf(text, sizeof(text), SOURCE "%s" SINK, queries[i]);
                print_message("%s", queries[i]);
                assert_int_equal(fixture_load(fixture, NULL, text), 0);
                check_map(text, fixture->job->query_text, &fixture->job->query_map);
                check_map(text, fixture->job->source.columns_text, &fixture->job->source.columns_map);
        }
}

/* The same by hand: libconfig alone would name the key's line and no column. */
static void test_place_of_third_line(void **state) {
        Fixture *fixture = *state;
        unsigned line, column;

        assert_int_equal(fixture_load(fixture, NULL, reference), 0);
        text_map_locate(&fixture->job->query_map, 0, &line, &column);
        assert_int_equal(line, 5);
        assert_int_equal(column, 11);
        text_map_locate(&fixture->job->query_map,
                        (size_t)(strstr(fixture->job->query_text, "cs_student") - fixture->job->query_text),
                        &line, &column);
        assert_int_equal(line, 7);
        assert_int_equal(column, 16);
}

static void test_list(void **state) {
        Fixture *fixture = *state;
        char folder[96], path[192];
        _cleanup_strv_ char **names = NULL, **none = NULL;

        snprintf(folder, sizeof(folder), "%s/streametl.d", fixture->folder);
        for (size_t i = 0; i < 5; i++) {
                static const char *const files[] = {"b.conf", "a_1.conf", ".hidden.conf", "c.conf~",
                                                    "c.conf.dpkg-new"};

                snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
                write_file(path, "", 0);
        }
        assert_int_equal(job_config_list(folder, &names, &fixture->error), 0);
        assert_int_equal(strv_length(names), 2);
        assert_string_equal(names[0], "a_1");
        assert_string_equal(names[1], "b");

        assert_int_equal(job_config_list("/nowhere", &none, &fixture->error), 0);
        assert_int_equal(strv_length(none), 0);

        snprintf(path, sizeof(path), "%s/My-Job.conf", folder);
        write_file(path, "", 0);
        assert_int_equal(job_config_list(folder, &names, &fixture->error), -EINVAL);
        fixture_describe(fixture);
        assert_string_equal(fixture->text,
                            "streametl.d/My-Job.conf: \"My-Job\" cannot be a job's name; 1 to 64 characters "
                            "a-z, 0-9 or _ are allowed");
}

static void test_job_names(void **state) {
        char longest[66] = "";

        assert_true(job_name_is_valid("cs_student_logs"));
        assert_true(job_name_is_valid("0"));
        assert_false(job_name_is_valid(""));
        assert_false(job_name_is_valid("a-b"));
        assert_false(job_name_is_valid("a:b"));
        assert_false(job_name_is_valid("../x"));
        assert_false(job_name_is_valid("A"));
        memset(longest, 'a', 64);
        assert_true(job_name_is_valid(longest));
        longest[64] = 'a';
        assert_false(job_name_is_valid(longest));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_job),           TEST(test_suite),  TEST(test_start),
                TEST(test_no_suite_file), TEST(test_places), TEST(test_place_of_third_line),
                TEST(test_list),          TEST(test_topics), cmocka_unit_test(test_job_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
