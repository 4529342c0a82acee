/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The text of the metrics for given answers of the API, in both formats, and the rules of Prometheus for the
 * names in the table. */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "metrics.h"
#include "unit.h"
#include "json/record-reader.h"

static char *text_of(const char *json, MetricsFormat format) {
        json_object *document = json_tokener_parse(json);
        Buffer buffer = {};

        assert_non_null(document);
        assert_int_equal(metrics_write(document, format, &buffer), 0);
        assert_int_equal(buffer_append(&buffer, "", 1), 0);
        json_object_put(document);
        return (char *)buffer.data;
}

static void check_text(const char *json, MetricsFormat format, const char *expected) {
        _cleanup_free_ char *text = text_of(json, format);

        assert_string_equal(text, expected);
}

/* The text has these lines, one after the other. */
static void check_lines(const char *json, const char *lines) {
        _cleanup_free_ char *text = text_of(json, METRICS_OPENMETRICS);

        if (!strstr(text, lines))
                fail_msg("expected:\n%sin:\n%s", lines, text);
}

static void check_lacks(const char *json, const char *part) {
        _cleanup_free_ char *text = text_of(json, METRICS_OPENMETRICS);

        if (strstr(text, part))
                fail_msg("did not expect %s in:\n%s", part, text);
}

static void test_nothing_is_known(void **state) {
        check_text("{}", METRICS_TEXT, "");
        check_text("{}", METRICS_OPENMETRICS, "# EOF\n");
        check_text(
                "{\"jobs\":[{\"name\":\"a\",\"watermark_usec\":null,\"partitions\":null,\"latency\":null}]}",
                METRICS_OPENMETRICS, "# EOF\n");
}

/* A counter and an info, whose heads the formats write differently, and a gauge. */
static void test_both_formats(void **state) {
        static const char json[] = "{\"version\":\"1.0\",\"cpu_usec\":1500000,\"problems\":[\"a\",\"b\"]}";

        check_text(json, METRICS_OPENMETRICS,
                   "# TYPE streametl_build info\n"
                   "# HELP streametl_build The coordinator's version, as a label.\n"
                   "streametl_build_info{version=\"1.0\"} 1\n"
                   "# TYPE streametl_coordinator_cpu_seconds counter\n"
                   "# UNIT streametl_coordinator_cpu_seconds seconds\n"
                   "# HELP streametl_coordinator_cpu_seconds User and system time of the coordinator's "
                   "process.\n"
                   "streametl_coordinator_cpu_seconds_total 1.500000\n"
                   "# TYPE streametl_problems gauge\n"
                   "# HELP streametl_problems Problems that \\\"etlctl status\\\" names; 0 if all is well.\n"
                   "streametl_problems 2\n"
                   "# EOF\n");
        check_text(json, METRICS_TEXT,
                   "# TYPE streametl_build_info gauge\n"
                   "# HELP streametl_build_info The coordinator's version, as a label.\n"
                   "streametl_build_info{version=\"1.0\"} 1\n"
                   "# TYPE streametl_coordinator_cpu_seconds_total counter\n"
                   "# HELP streametl_coordinator_cpu_seconds_total User and system time of the "
                   "coordinator's process.\n"
                   "streametl_coordinator_cpu_seconds_total 1.500000\n"
                   "# TYPE streametl_problems gauge\n"
                   "# HELP streametl_problems Problems that \"etlctl status\" names; 0 if all is well.\n"
                   "streametl_problems 2\n");
}

static void test_accept(void **state) {
        static const struct {
                const char *accept;
                MetricsFormat expected;
        } cases[] = {
                {NULL, METRICS_TEXT},
                {"*/*", METRICS_TEXT},
                {"text/plain", METRICS_TEXT},
                {"application/openmetrics-text", METRICS_OPENMETRICS},
                {"Application/OpenMetrics-Text; version=1.0.0", METRICS_OPENMETRICS},
                {"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                 METRICS_OPENMETRICS},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(metrics_format_accepted(cases[i].accept), cases[i].expected);
        assert_string_equal(metrics_content_type(METRICS_OPENMETRICS),
                            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

static void test_label_values_are_escaped(void **state) {
        check_lines("{\"version\":\"a\\\\b\\\"c\\nd\"}",
                    "streametl_build_info{version=\"a\\\\b\\\"c\\nd\"} 1\n");
        check_lines("{\"version\":\"\"}", "streametl_build_info{version=\"\"} 1\n");
}

static void test_numbers(void **state) {
        check_lines("{\"rss_bytes\":18446744073709551615}",
                    "streametl_coordinator_resident_memory_bytes 18446744073709551615\n");
        check_lines("{\"jobs\":[{\"name\":\"a\",\"watermark_usec\":-1}]}",
                    "streametl_watermark_timestamp_seconds{job=\"a\"} -0.000001\n");
        check_lines("{\"jobs\":[{\"name\":\"a\",\"watermark_usec\":1700000000123456}]}",
                    "streametl_watermark_timestamp_seconds{job=\"a\"} 1700000000.123456\n");
        check_lines("{\"jobs\":[{\"name\":\"a\",\"paused\":true}]}", "streametl_job_paused{job=\"a\"} 1\n");
        check_lacks("{\"jobs\":[{\"name\":\"a\",\"paused\":\"yes\",\"groups\":\"9\"}]}", "streametl");
}

static void test_one_state(void **state) {
        static const char json[] = "{\"jobs\":[{\"name\":\"a\",\"state\":\"waiting\"}]}";

        check_lines(json, "streametl_job_state{job=\"a\",state=\"running\"} 0\n");
        check_lines(json, "streametl_job_state{job=\"a\",state=\"waiting\"} 1\n");
        check_lines("{\"jobs\":[{\"name\":\"a\",\"state\":\"new\"}]}",
                    "streametl_job_state{job=\"a\",state=\"inactive\"} 0\n"
                    "streametl_job_state{job=\"a\",state=\"new\"} 1\n");
}

/* A counter is there before it counts, and so is one that the table does not know yet. */
static void test_reasons(void **state) {
        static const char json[] =
                "{\"jobs\":[{\"name\":\"a\",\"dead_letters\":{\"not_json\":3,\"new\":1}}]}";

        check_lines(json, "streametl_dead_letters_total{job=\"a\",reason=\"empty\"} 0\n"
                          "streametl_dead_letters_total{job=\"a\",reason=\"not_json\"} 3\n");
        check_lines(json, "streametl_dead_letters_total{job=\"a\",reason=\"late\"} 0\n"
                          "streametl_dead_letters_total{job=\"a\",reason=\"new\"} 1\n");
}

static void test_histogram(void **state) {
        check_lines("{\"jobs\":[{\"name\":\"a\",\"latency\":{\"buckets\":[[0.1,2],[1,5],[2.5,5]],"
                    "\"sum_seconds\":1.75,\"count\":7}}]}",
                    "# TYPE streametl_end_to_end_latency_seconds histogram\n"
                    "# UNIT streametl_end_to_end_latency_seconds seconds\n"
                    "# HELP streametl_end_to_end_latency_seconds Time from Kafka's timestamp of the oldest "
                    "record of an epoch until the epoch is delivered.\n"
                    "streametl_end_to_end_latency_seconds_bucket{job=\"a\",le=\"0.1\"} 2\n"
                    "streametl_end_to_end_latency_seconds_bucket{job=\"a\",le=\"1.0\"} 5\n"
                    "streametl_end_to_end_latency_seconds_bucket{job=\"a\",le=\"2.5\"} 5\n"
                    "streametl_end_to_end_latency_seconds_bucket{job=\"a\",le=\"+Inf\"} 7\n"
                    "streametl_end_to_end_latency_seconds_count{job=\"a\"} 7\n"
                    "streametl_end_to_end_latency_seconds_sum{job=\"a\"} 1.75\n");
}

/* The samples of a metric stand together, those of all jobs. */
static void test_parts_of_jobs(void **state) {
        static const char json[] =
                "{\"jobs\":[{\"name\":\"a\",\"sinks\":[{\"name\":\"s\",\"type\":\"kafka\",\"kind\":"
                "\"results\","
                "\"rows_total\":5,\"state\":\"retrying\"}],\"workers\":[{\"number\":2,\"records\":8}],"
                "\"partitions\":[{\"topic\":\"t\",\"partition\":1,\"lag\":4}]},"
                "{\"name\":\"b\",\"workers\":[{\"number\":1,\"records\":9},{\"number\":3,\"records\":null}]}"
                "]}";

        check_lines(json, "streametl_lag_records{job=\"a\",topic=\"t\",partition=\"1\"} 4\n");
        check_lines(json, "streametl_worker_records_total{job=\"a\",worker=\"2\"} 8\n"
                          "streametl_worker_records_total{job=\"b\",worker=\"1\"} 9\n");
        check_lacks(json, "worker=\"3\"");
        check_lines(json, "streametl_sink_info{job=\"a\",sink=\"s\",type=\"kafka\",kind=\"results\"} 1\n");
        check_lines(json, "streametl_sink_rows_total{job=\"a\",sink=\"s\"} 5\n");
        check_lines(json, "streametl_sink_retrying{job=\"a\",sink=\"s\"} 1\n");
}

/* With two more partitions than have samples of their own, each with a lag of 10. */
static void test_partitions_past_the_limit_are_added_up(void **state) {
        Buffer json = {};
        const char *start = "{\"jobs\":[{\"name\":\"a\",\"partitions\":[";

        assert_int_equal(buffer_append(&json, start, strlen(start)), 0);
        for (int i = 0; i < METRICS_PARTITIONS_MAX + 2; i++)
                assert_int_equal(buffer_append_format(
                                         &json,
                                         "%s{\"topic\":\"t\",\"partition\":%d,\"lag\":10,\"position\":7}",
                                         i > 0 ? "," : "", i),
                                 0);
        assert_int_equal(buffer_append(&json, "]}]}", sizeof("]}]}")), 0);
        check_lines((char *)json.data,
                    "streametl_lag_records{job=\"a\",topic=\"t\",partition=\"199\"} 10\n"
                    "streametl_lag_records{job=\"a\",topic=\"other\",partition=\"other\"} 20\n");
        check_lines((char *)json.data,
                    "streametl_position_offset{job=\"a\",topic=\"t\",partition=\"199\"} 7\n# ");
        check_lines((char *)json.data, "streametl_partitions{job=\"a\"} 202\n");
        buffer_done(&json);
}

static bool ends_with(const char *text, const char *end) {
        size_t a = strlen(text), b = strlen(end);

        return a > b && strcmp(text + a - b, end) == 0;
}

/* What promtool and OpenMetrics ask of names. */
static void test_names(void **state) {
        size_t n = 0;

        for (const Metric *metric = metrics; metric->name; metric++, n++) {
                for (const char *p = metric->name; *p; p++)
                        if (!islower(*p) && *p != '_' && !isdigit(*p))
                                fail_msg("%s: %c", metric->name, *p);
                if (ends_with(metric->name, "_total") || ends_with(metric->name, "_info") ||
                    ends_with(metric->name, "_count") || ends_with(metric->name, "_sum"))
                        fail_msg("%s ends with what is added to some types", metric->name);
                if (metric->unit && !ends_with(metric->name, metric->unit))
                        fail_msg("%s does not end with its unit, %s", metric->name, metric->unit);
                if (!metric->unit &&
                    (ends_with(metric->name, "_seconds") || ends_with(metric->name, "_bytes")))
                        fail_msg("%s: its unit is not said", metric->name);
                if ((metric->value == VALUE_USEC) !=
                            (metric->unit && strcmp(metric->unit, "seconds") == 0) &&
                    metric->type != METRIC_HISTOGRAM)
                        fail_msg("%s: microseconds are exported as seconds", metric->name);
                if ((metric->value == VALUE_BY_KEY || metric->value == VALUE_ONE_OF) !=
                            (metric->label != NULL) ||
                    (metric->label && !metric->known))
                        fail_msg("%s: label", metric->name);
                if (!ends_with(metric->help, "."))
                        fail_msg("%s: \"%s\" is no sentence", metric->name, metric->help);
                for (const Metric *other = metrics; other < metric; other++)
                        assert_string_not_equal(metric->name, other->name);
        }
        assert_in_range(n, 40, 100);
}

static const Metric *find(const char *name) {
        for (const Metric *metric = metrics; metric->name; metric++)
                if (strcmp(metric->name, name) == 0)
                        return metric;
        fail_msg("no metric %s", name);
        return NULL;
}

static bool knows(const Metric *metric, const char *value) {
        for (const char *const *known = metric->known; *known; known++)
                if (strcmp(*known, value) == 0)
                        return true;
        return false;
}

static void test_all_values_of_labels_are_known(void **state) {
        for (RecordFault fault = RECORD_OK + 1; fault < _RECORD_FAULT_MAX; fault++)
                if (!knows(find("dead_letters"), record_fault_name(fault)))
                        fail_msg("reason %s", record_fault_name(fault));
        assert_true(knows(find("dead_letters"), "late"));
        for (UnitState unit = 0; unit < _UNIT_STATE_MAX; unit++)
                if (!knows(find("job_state"), unit_state_to_text(unit)))
                        fail_msg("state %s", unit_state_to_text(unit));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_is_known),
                cmocka_unit_test(test_both_formats),
                cmocka_unit_test(test_accept),
                cmocka_unit_test(test_label_values_are_escaped),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_one_state),
                cmocka_unit_test(test_reasons),
                cmocka_unit_test(test_histogram),
                cmocka_unit_test(test_parts_of_jobs),
                cmocka_unit_test(test_partitions_past_the_limit_are_added_up),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_all_values_of_labels_are_known),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
