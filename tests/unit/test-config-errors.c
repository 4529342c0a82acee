/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What is said about a file that is wrong, to the letter: an admin reads nothing else. */

#include "config-fixture.h"

typedef struct ErrorCase {
        const char *text;
        const char *error;
} ErrorCase;

#define JOB "streametl.d/test.conf"

static void check(Fixture *fixture, const char *suite, const char *job, const char *expected) {
        print_message("%.200s\n", job ?: suite);
        assert_int_equal(fixture_load(fixture, suite, job), -EINVAL);
        assert_string_equal(fixture->text, expected);
        assert_null(fixture->job);
}

/* Each text stands in front of a job that is otherwise right, so its first line is the file's. */
static void check_all(Fixture *fixture, const ErrorCase *cases, size_t n) {
        for (size_t i = 0; i < n; i++) {
                char job[1024];

                snprintf(job, sizeof(job), "%s\n" SOURCE QUERY SINK, cases[i].text);
                check(fixture, NULL, job, cases[i].error);
        }
}

static void test_values(void **state) {
        static const ErrorCase cases[] = {
                {"enabled = \"yes\";",
                 JOB ":1:11: enabled: \"yes\" is of the wrong type; expected true or false"},
                {"enabled = 1;", JOB ":1:11: enabled: 1 is of the wrong type; expected true or false"},
                {"trigger = 5;",
                 JOB ":1:11: trigger: 5 is of the wrong type; expected a duration from 0 to 1d, such as "
                     "\"10 seconds\""},
                {"trigger = \"5\";",
                 JOB ":1:11: trigger: \"5\" is not understood; expected a duration from 0 to 1d, such "
                     "as \"10 seconds\""},
                {"trigger = \"2 days\";",
                 JOB ":1:11: trigger: \"2 days\" is out of range; expected a duration from 0 to "
                     "1d, such as \"10 seconds\""},
                {"trigger = \"99999999999 weeks\";", JOB ":1:11: trigger: \"99999999999 weeks\" is out of "
                                                         "range; expected a duration from 0 to 1d, such as "
                                                         "\"10 seconds\""},
                {"trigger = { };",
                 JOB ":1:11: trigger: a group is of the wrong type; expected a duration from 0 to 1d, "
                     "such as \"10 seconds\""},
                {"output = \"updte\";", JOB ":1:10: output: \"updte\" is not understood; expected "
                                            "\"update\", \"append\" or \"complete\""},
                {"workers : {\n  max = 0;\n};",
                 JOB ":2:9: workers.max: 0 is out of range; expected an integer from 1 to 256"},
                {"workers : { max = -1; };",
                 JOB ":1:19: workers.max: -1 is out of range; expected an integer from 1 to 256"},
                {"workers : { max = 2.0; };",
                 JOB ":1:19: workers.max: 2.0 is of the wrong type; expected an integer from 1 to 256"},
                {"workers : { max = 1e1; };",
                 JOB ":1:19: workers.max: 1e1 is of the wrong type; expected an integer from 1 to 256"},
                {"workers : { max = \"4\"; };",
                 JOB ":1:19: workers.max: \"4\" is of the wrong type; expected an integer from 1 to 256"},
                {"workers : { max = ( 1, 2 ); };",
                 JOB ":1:19: workers.max: a list is of the wrong type; expected an integer from 1 to 256"},
                {"workers : { target_utilisation = 0; };", JOB
                 ":1:34: workers.target_utilisation: 0 is out of range; expected a number from 0.05 to 1"},
                {"workers : { target_utilisation = 1e999; };",
                 JOB ":1:34: workers.target_utilisation: 1e999 is out of range; expected a number from 0.05 "
                     "to 1"},
                {"workers : { target_utilisation = .; };", JOB
                 ":1:34: workers.target_utilisation: . is not understood; expected a number from 0.05 to 1"},
                {"limits : { max_ahead = \"10 parsecs\"; };",
                 JOB ":1:24: limits.max_ahead: \"10 parsecs\" is not understood; expected a duration from "
                     "1s to 1h, such "
                     "as \"10 seconds\""},
                {"limits : { report_max_bytes = \"4 Mb\"; };",
                 JOB ":1:31: limits.report_max_bytes: \"4 Mb\" is not understood; expected a size from "
                     "64KiB to 1GiB, "
                     "such as \"4 MiB\""},
                {"limits : { report_max_bytes = 3; };",
                 JOB ":1:31: limits.report_max_bytes: 3 is out of range; expected a size from 64KiB to "
                     "1GiB, such as \"4 "
                     "MiB\""},
                {"limits : { report_max_bytes = true; };",
                 JOB ":1:31: limits.report_max_bytes: true is of the wrong type; expected a size from 64KiB "
                     "to 1GiB, "
                     "such as \"4 MiB\""},
                {"output = \"a very long text that nobody would want to read again in full\";",
                 JOB ":1:10: output: \"a very long text that nobody would want to ... is not understood; "
                     "expected "
                     "\"update\", \"append\" or \"complete\""},
        };

        check_all(*state, cases, ELEMENTSOF(cases));
}

/* libconfig 1.7 wraps or clamps each of these without a word, or calls it a syntax error. */
static void test_altered_numbers(void **state) {
        static const char *const numbers[] = {
                "3000000000",
                "4294967297",
                "0xffffffff",
                "0x100000001",
                "0x10000000000000001",
                "9223372036854775808L",
                "4294967297L",
                "0x100000001L",
                "99999999999999999999L",
                "-4294967295",
                "18446744073709551615L",
                "0x10000000000000001LL",
        };

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                char job[512], expected[512];

                snprintf(job, sizeof(job), "workers : { max = %s; };\n" SOURCE QUERY SINK, numbers[i]);
                snprintf(expected, sizeof(expected),
                         JOB ":1:19: workers.max: %s is out of range; expected an integer from 1 to 256",
                         numbers[i]);
                check(*state, NULL, job, expected);
        }
        check(*state, NULL, "workers : {\n max = 99999999999999999999; };",
              JOB ":2:8: the number 99999999999999999999 does not fit 64 bits");
}

static void test_unknown_keys(void **state) {
        static const ErrorCase cases[] = {
                {"triger = \"5 s\";", JOB ":1:1: unknown key triger; did you mean trigger?"},
                {"\n\n  Output = 1;", JOB ":3:3: unknown key Output; did you mean output?"},
                {"worker : { };", JOB ":1:1: unknown key worker; did you mean workers?"},
                {"workers : { maximum = 1; };", JOB ":1:13: unknown key maximum in workers; expected one of "
                                                    "min, max, backlog_timeout, idle_timeout, "
                                                    "catch_up_time, target_utilisation, rate_limit"},
                {"xyzzy = 1;",
                 JOB ":1:1: unknown key xyzzy; expected one of enabled, query, output, trigger, source, "
                     "workers, limits, sink, sinks, dead_letter"},
                {"watermark = \"1 s\";", JOB ":1:1: watermark stands in the group source : { ... }"},
                {"workers : { trigger = \"1 s\"; };",
                 JOB ":1:13: trigger stands outside of the group workers"},
                {"workers : { max_ahead = \"1 s\"; };",
                 JOB ":1:13: max_ahead stands in the group limits : { ... }"},
                {"workers = 4;", JOB ":1:11: workers is a group; write workers : { ... };"},
                {"workers = ( 4 );", JOB ":1:11: workers is a group; write workers : { ... };"},
                {"bootstrap_servers = \"a\";", JOB ":1:1: unknown key bootstrap_servers; expected one of "
                                                   "enabled, query, output, trigger, source, "
                                                   "workers, limits, sink, sinks, dead_letter"},
        };

        check_all(*state, cases, ELEMENTSOF(cases));
}

static void test_syntax(void **state) {
        static const ErrorCase cases[] = {
                {"trigger = \"1 s\";\ntrigger = \"2 s\";",
                 JOB ":2:1: \"trigger\" is set a second time; the first is on line 1"},
                {"workers : { max = 1;\n min = 0; max = 2; };",
                 JOB ":2:11: \"max\" is set a second time; the first is on line 1"},
                {"workers : { max = 1; };\nlimits : { };\n workers : { min = 0; };",
                 JOB ":3:2: \"workers\" is set a second time; the first is on line 1"},
                {"trigger \"1 s\";", JOB ":1:1: expected = or : after \"trigger\""},
                {"workers.max = 4;", JOB ":1:1: a key has no dots; write GROUP : { KEY = VALUE; };"},
                {"enabled = yes;", JOB ":1:11: expected a value, found yes; write true"},
                {"enabled = Off;", JOB ":1:11: expected a value, found Off; write false"},
                {"output = update;",
                 JOB ":1:10: expected a value, found update; a text stands in double quotes"},
                {"output = 'update';",
                 JOB ":1:10: expected a value, found '; a text stands in double quotes"},
                {"output = ;", JOB ":1:10: expected a value, found ;"},
                {"= 5;", JOB ":1:1: expected a key, found ="},
                {"5 = 5;", JOB ":1:1: expected a key, found 5"},
                {"enabled = true;;", JOB ":1:16: expected a key, found ;"},
                {"};", JOB ":1:1: this } closes nothing"},
                {"workers : { max = 1; );", JOB ":1:22: expected } for the { of line 1, found )"},
                {"sinks = ( { type = \"console\"; } { } );", JOB ":1:33: expected , or ), found {"},
                {"sinks = ( 1 2 );", JOB ":1:13: expected , or ), found 2"},
                {"workers : {\n  max = 1;\n\n",
                 JOB ":1:11: the { that opens here is never closed; a } is missing"},
                {"x = ( 1,\n", JOB ":3:1: expected a value, found source; a text stands in double quotes"},
                {"x = [ ( 1 ) ];",
                 JOB ":1:7: [ ] holds numbers, texts or booleans; lists of more are written in ( )"},
                {"x = [ 1, \"a\" ];", JOB ":1: mismatched element type in array"},
                {"@include \"/etc/passwd\"",
                 JOB ":1:1: @include is not allowed; a configuration is one file"},
                {"enabled = true; @include \"x\"",
                 JOB ":1:17: @include is not allowed; a configuration is one file"},
                {"/* a comment", JOB ":1:1: the comment that begins here is never closed; a */ is missing"},
                {"\xef\xbb\xbf", JOB ":1:1: the file begins with a byte order mark; UTF-8 needs none"},
                {"\xe2\x82\xac = 1;", JOB ":1:1: expected a key, found \xe2\x82\xac"},
                {"limits : { a : { b : { c : { d : { e : { f : { g : { h : { i : { j : { k : { l : { m : { "
                 "n : { o : { p : {",
                 JOB ":1:106: nested too deeply; 16 levels of brackets are allowed"},
        };

        check_all(*state, cases, ELEMENTSOF(cases));
        check(*state, NULL, SOURCE "query = \"SELECT a\n FROM t;\n" SINK,
              JOB ":4:25: the text that begins here is never closed; a \" is missing, here or in the text "
                  "of line 2");
        check(*state, NULL, SOURCE SINK "query = \"SELECT a\n FROM t;\n",
              JOB ":3:9: the text that begins here is never closed; a \" is missing");
        check(*state, NULL,
              SOURCE SINK "workers : { max = ", JOB ":3:19: expected a value, found the end of the file");
}

static void test_job(void **state) {
        static const ErrorCase cases[] = {
                {"", JOB ": query is missing: The SELECT that makes the results out of the records."},
                {QUERY, JOB ": source.columns is missing: Name and type of each field of a record that the "
                            "query may use."},
                {QUERY "source : { columns = \"a INT\"; event_time = \"a\"; };" SINK,
                 JOB ":2:1: source.topic is missing: The topic that is read; or give source.topics or "
                     "source.topic_pattern."},
                {QUERY "source : { topic = \"t\"; };",
                 JOB ":2:1: source.columns is missing: Name and type of each field of a record that the "
                     "query may use."},
                {QUERY SOURCE, JOB ": the job has no sink; write sink : { type = \"console\"; };"},
                {QUERY SOURCE "sinks = ( );",
                 JOB ": the job has no sink; write sink : { type = \"console\"; };"},
                {QUERY SOURCE "sink = \"console\";",
                 JOB ":3:8: a sink is a group; write { type = \"console\"; }"},
                {QUERY SOURCE "sinks : { };",
                 JOB ":3:9: sinks is a list; write sinks = ( { ... }, { ... } );"},
                {QUERY SOURCE "sinks = ( \"console\" );",
                 JOB ":3:11: a sink is a group; write { type = \"console\"; }"},
                {QUERY SOURCE SINK "sinks = ( { } );",
                 JOB ":4:1: sink and sinks are both given; put all into sinks = ( { ... }, { ... } )"},
                {QUERY SOURCE "sink : { max_rows = 1; };",
                 JOB ":3:1: sink.type is missing: Where the results go; console is the journal."},
                {QUERY SOURCE "sink : { type = \"konsole\"; };",
                 JOB ":3:17: sink.type: \"konsole\" is not understood; expected \"console\", \"file\", "
                     "\"kafka\" or \"postgresql\""},
                {QUERY SOURCE "sink : { tpye = \"console\"; };",
                 JOB ":3:10: unknown key tpye in sink; did you mean type?"},
                {QUERY SOURCE "sink : { type = \"console\"; name = \"A B\"; };",
                 JOB ":3:35: sink.name: \"A B\" is not understood; expected a name of 1 to 64 characters "
                     "a-z, 0-9 or _, in "
                     "double quotes"},
                {QUERY SOURCE "sink : { type = \"kafka\"; topic = \"t\"; };",
                 JOB ":3:34: the job would read what it writes into topic \"t\"; give the sink another "
                     "topic, or source.topics that leaves it out"},
                {QUERY SOURCE SINK "dead_letter : { type = \"kafka\"; properties = ( \"linger.ms=1\" ); "
                                   "topic = \"t\"; };",
                 JOB ":4:73: the job would read what it writes into topic \"t\"; give the sink another "
                     "topic, or source.topics that leaves it out"},
                {QUERY "source : { topic_pattern = \"cs_.*\"; columns = \"a INT, ts DOUBLE\"; event_time "
                       "= \"ts\"; };\n" SINK "dead_letter : { type = \"kafka\"; topic = \"cs_dead\"; };",
                 JOB ":4:41: the job would read what it writes into topic \"cs_dead\"; give the sink "
                     "another topic, or a source.topic_pattern that leaves it out"},
                {QUERY SOURCE "sinks = ( { type = \"console\"; },\n { type = \"console\"; } );",
                 JOB ":4:2: two sinks are called \"console\"; give one of them another sink.name"},
                {QUERY SOURCE SINK "workers : { min = 5; max = 4; };",
                 JOB ":4:13: workers.min (5) is above workers.max (4)"},
                {QUERY SOURCE SINK "workers : { min = 5; };",
                 JOB ":4:13: workers.min (5) is above workers.max (4, the default)"},
                {QUERY SOURCE SINK "limits : { worker_queue_bytes = \"1 MiB\"; };",
                 JOB ":4:12: limits.max_record_bytes (8MiB) is above limits.worker_queue_bytes (1MiB)"},
                {"query = \"\";" SOURCE SINK,
                 JOB ":1:9: query: \"\" is not understood; expected a text in double quotes"},
                {"query = \"SELECT \\x00a\";" SOURCE SINK,
                 JOB ":1:9: query: \"SELECT \\x00a\" holds a NUL; expected a text in double quotes"},
                {"source : { topic = \"a b\"; };", JOB ":1:20: source.topic: \"a b\" is not understood; "
                                                       "expected the name of a topic, in double quotes"},
                {"source : { topics = \"a\"; };",
                 JOB ":1:21: source.topics: \"a\" is of the wrong type; expected a list of names of topics, "
                     "such as ( \"a\", \"b\" )"},
                {"source : { topics = ( ); };",
                 JOB ":1:21: source.topics: a list is not understood; expected a list of names of topics, "
                     "such as ( \"a\", \"b\" )"},
                {"source : { topics = ( \"a\",\n \"b c\" ); };",
                 JOB ":2:2: source.topics: \"b c\" is not understood; expected the name of a topic"},
                {"source : { topics = ( \"a\", 1 ); };",
                 JOB ":1:28: source.topics: 1 is not understood; expected the name of a topic"},
                {"source : { topics = ( \"a\", \"b\", \"a\" ); };",
                 JOB ":1:33: source.topics: \"a\" stands there twice; remove one"},
                {"source : { topic_pattern = \"a(\"; };",
                 JOB ":1:28: source.topic_pattern: \"a(\" is no extended regular expression (Unmatched ( or "
                     "\\(); see regex(7), and write \\\\ for a backslash"},
                {"source : { topic_pattern = \"\"; };",
                 JOB ":1:28: source.topic_pattern: \"\" is not understood; expected an extended regular "
                     "expression, in double quotes"},
                {"source : { table = \"a b\"; };",
                 JOB ":1:20: source.table: \"a b\" is not understood; expected a name of 1 to 64 characters "
                     "a-z, 0-9 or _, in double quotes"},
                {"source : { topic = \"t\"; columns = \"a INT\"; event_time = \"a\";\n topics = ( \"u\" ); "
                 "};\n" QUERY SINK,
                 JOB ":2:2: source.topic and source.topics are both given; remove one"},
                {"source : { topics = ( \"t\" ); columns = \"a INT\"; event_time = \"a\";\n topic_pattern = "
                 "\"u\"; };\n" QUERY SINK,
                 JOB ":2:2: source.topics and source.topic_pattern are both given; remove one"},
                {"source : { topic = \"..\"; };", JOB ":1:20: source.topic: \"..\" is not understood; "
                                                      "expected the name of a topic, in double quotes"},
                {"source : { start = \"yesterday\"; };",
                 JOB ":1:20: source.start: \"yesterday\" is not understood; expected \"latest\", "
                     "\"earliest\" or a time such "
                     "as \"2026-01-31T12:00:00Z\""},
                {"source : { start = \"2026-02-30\"; };",
                 JOB ":1:20: source.start: \"2026-02-30\" is not understood; expected \"latest\", "
                     "\"earliest\" or a time such "
                     "as \"2026-01-31T12:00:00Z\""},
                {"source : { start = \"1969-12-31\"; };",
                 JOB ":1:20: source.start: \"1969-12-31\" is out of range; expected \"latest\", "
                     "\"earliest\" or a time such as "
                     "\"2026-01-31T12:00:00Z\""},
                {"source : { properties = \"a=b\"; };",
                 JOB ":1:25: source.properties: this is of the wrong type; expected a list such as ( "
                     "\"socket.keepalive.enable=true\" )"},
                {"source : { properties = ( \"a=b\", \"nothing\" ); };",
                 JOB ":1:34: source.properties: this is not understood; expected \"key=value\""},
                {"source : { properties = ( { a = 1; } ); };",
                 JOB ":1:27: source.properties: this is not understood; expected \"key=value\""},
                {"source : { properties = ( \"group.id=mine\" ); };", JOB
                 ":1:27: source.properties: group.id cannot be set; the exactness of results rests on it"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                check(*state, NULL, cases[i].text, cases[i].error);
}

static void test_suite(void **state) {
        static const ErrorCase cases[] = {
                {"kafka : { bootstrap_server = \"a\"; };",
                 "streametl.conf:1:11: unknown key bootstrap_server in kafka; did you mean "
                 "bootstrap_servers?"},
                {"default : { };", "streametl.conf:1:1: unknown key default; did you mean defaults?"},
                {"trigger = \"1 s\";",
                 "streametl.conf:1:1: unknown key trigger; expected one of kafka, http, defaults"},
                {"defaults = 5;", "streametl.conf:1:12: defaults is a group; write defaults : { ... };"},
                {"defaults : { sink = 5; };", "streametl.conf:1:21: sink is a group; write sink : { ... };"},
                {"defaults : { query = \"SELECT 1\"; };",
                 "streametl.conf:1:14: query has no default; it is given in each job's file"},
                {"defaults : { source : { topic = \"t\"; }; };",
                 "streametl.conf:1:25: topic has no default; it is given in each job's file"},
                {"defaults : { sink : { name = \"t\"; }; };",
                 "streametl.conf:1:23: name has no default; it is given in each job's file"},
                {"defaults : { trigger = 1; };",
                 "streametl.conf:1:24: trigger: 1 is of the wrong type; expected a duration "
                 "from 0 to 1d, such as \"10 seconds\""},
                {"defaults : {\n workers : { min = 9; };\n};",
                 "streametl.conf:2:14: workers.min (9) is above workers.max (4, the default)"},
                {"kafka : { properties = ( \"isolation.level=read_uncommitted\" ); };",
                 "streametl.conf:1:26: kafka.properties: isolation.level cannot be set; the exactness of "
                 "results rests on "
                 "it"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                check(*state, cases[i].text, NULL, cases[i].error);
        check(*state, "defaults : { workers : { max = 2; }; };", QUERY SOURCE SINK "workers : { min = 3; };",
              JOB ":4:13: workers.min (3) is above workers.max (2, the default)");
}

static void test_files(void **state) {
        Fixture *fixture = *state;
        _cleanup_free_ char *large = new (char, (1 << 20) + 1);
        char path[128];

        assert_non_null(large);
        assert_int_equal(fixture_load(fixture, NULL, NULL), 0);

        memset(large, '\n', (1 << 20) + 1);
        write_file(fixture->job_path, large, (1 << 20) + 1);
        assert_int_equal(job_config_load(fixture->suite, fixture->job_path, &fixture->job, &fixture->error),
                         -EINVAL);
        fixture_describe(fixture);
        assert_string_equal(fixture->text, JOB ": larger than the 1024 KiB a configuration file may have");

        for (size_t i = 0; i < 1 << 20; i += 8)
                memcpy(large + i, "x = 1; \n", 8);
        write_file(fixture->job_path, large, 1 << 20);
        assert_int_equal(job_config_load(fixture->suite, fixture->job_path, &fixture->job, &fixture->error),
                         -EINVAL);
        fixture_describe(fixture);
        assert_string_equal(fixture->text,
                            JOB ":5001:1: too many settings; 20000 names, values and signs are allowed");

        write_file(fixture->job_path, "a\0b", 3);
        assert_int_equal(job_config_load(fixture->suite, fixture->job_path, &fixture->job, &fixture->error),
                         -EINVAL);
        fixture_describe(fixture);
        assert_string_equal(fixture->text, JOB ": byte 2 is NUL; a configuration file is text");

        snprintf(path, sizeof(path), "%s/streametl.d", fixture->folder);
        assert_int_equal(suite_config_load(path, &fixture->suite, &fixture->error), -EINVAL);
        fixture_describe(fixture);
        assert_string_equal(fixture->text, "streametl.d: not a regular file");

        snprintf(path, sizeof(path), "%s/streametl.d/Big.conf", fixture->folder);
        assert_int_equal(job_config_load(fixture->suite, path, &fixture->job, &fixture->error), -EINVAL);
        fixture_describe(fixture);
        assert_string_equal(
                fixture->text,
                "streametl.d/Big.conf: \"Big\" cannot be a job's name; 1 to 64 characters a-z, 0-9 "
                "or _ are allowed");
}

/* Cuts and changes of a right file: whatever comes of it, it is an answer, and an error says something. */
static void test_damaged(void **state) {
        static const char whole[] =
                "# c\nsource : { topic = \"t\"; columns = \"a INT\"; /* x */ event_time = \"\\x41\" \"b\"; "
                "properties = [ \"a=b\" ]; };\n" QUERY "sinks = ( { type = \"console\"; }, );\n"
                "workers : { min = 0x1; target_utilisation = 5.e-1; rate_limit = 10L };";
        static const char replacements[] = "\"\\/*#{}()[]=:;,.@-0xLe\n \xc3\xff";
        Fixture *fixture = *state;
        size_t size = sizeof(whole) - 1;

        assert_int_equal(fixture_load(fixture, NULL, whole), 0);
        for (size_t at = 0; at < size; at++)
                for (size_t i = 0; i <= sizeof(replacements); i++) {
                        char text[sizeof(whole)];
                        int r;

                        memcpy(text, whole, sizeof(whole));
                        text[at] = i < sizeof(replacements) ? replacements[i] : ' ';
                        r = fixture_load(fixture, text, NULL);
                        assert_true(r == 0 || r == -EINVAL);
                        r = fixture_load(fixture, NULL, text);
                        assert_true(r == 0 || (r == -EINVAL && *fixture->error.message));
                        if (strstr(fixture->text, "unexpected way"))
                                fail_msg("%s\n%s", fixture->text, text);
                }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_values), TEST(test_altered_numbers), TEST(test_unknown_keys), TEST(test_syntax),
                TEST(test_job),    TEST(test_suite),           TEST(test_files),        TEST(test_damaged),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
