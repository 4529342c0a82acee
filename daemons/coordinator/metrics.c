/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/units.h"
#include "metrics.h"

enum { LABELS_MAX = 4, NUMBER_MAX = 40 };

/* What tells a sample apart, and the room for what of it is not text in the document. */
typedef struct Labels {
        MetricLabel list[LABELS_MAX];
        size_t n;
        char number[NUMBER_MAX];
} Labels;

static void add_label(Labels *labels, const char *name, const char *value) {
        if (labels->n < LABELS_MAX)
                labels->list[labels->n++] = (MetricLabel){name, value};
}

static const char *text_member(json_object *object, const char *key) {
        json_object *value = json_object_object_get(object, key);

        return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static json_object *list_member(json_object *object, const char *key) {
        json_object *value = json_object_object_get(object, key);

        return json_object_is_type(value, json_type_array) ? value : NULL;
}

static size_t list_length(json_object *list) {
        return list ? json_object_array_length(list) : 0;
}

/* The shortest form that is read back as the same number; a whole one as "1.0", which is how both formats
 * write the bounds of a histogram. */
static const char *format_double(char buffer[static NUMBER_MAX], double value) {
        for (int digits = 15; digits <= 17; digits++) {
                snprintf(buffer, NUMBER_MAX, "%.*g", digits, value);
                if (strtod(buffer, NULL) == value)
                        break;
        }
        if (!strpbrk(buffer, ".einf"))
                strcat(buffer, ".0");
        return buffer;
}

/* Microseconds as seconds, exactly. */
static const char *format_usec(char buffer[static NUMBER_MAX], int64_t usec) {
        uint64_t size = usec < 0 ? -(uint64_t)usec : (uint64_t)usec;

        snprintf(buffer, NUMBER_MAX, "%s%" PRIu64 ".%06" PRIu64, usec < 0 ? "-" : "", size / USEC_PER_SEC,
                 size % USEC_PER_SEC);
        return buffer;
}

/* NULL: it is no number. */
static const char *format_number(char buffer[static NUMBER_MAX], json_object *value, bool is_usec) {
        switch (json_object_get_type(value)) {
        case json_type_int:
                if (is_usec)
                        return format_usec(buffer, json_object_get_int64(value));
                snprintf(buffer, NUMBER_MAX, "%s", json_object_get_string(value));
                return buffer;
        case json_type_double: return format_double(buffer, json_object_get_double(value));
        default: return NULL;
        }
}

static void write_sample(MetricsText *text, const Labels *labels, const char *value) {
        if (value)
                metrics_text_sample(text, metric_suffix(text->metric->type), labels->list, labels->n, value);
}

static void write_number(MetricsText *text, const Labels *labels, json_object *value) {
        char number[NUMBER_MAX];

        write_sample(text, labels, format_number(number, value, text->metric->value == VALUE_USEC));
}

static void write_keyed(MetricsText *text, const Labels *labels, const char *key, const char *value) {
        Labels keyed = *labels;

        add_label(&keyed, text->metric->label, key);
        write_sample(text, &keyed, value);
}

static bool is_known(const Metric *metric, const char *key) {
        for (const char *const *known = metric->known; *known; known++)
                if (strcmp(*known, key) == 0)
                        return true;
        return false;
}

/* Also those that are 0 and not said: a counter is to be there before it counts. */
static void write_by_key(MetricsText *text, const Labels *labels, json_object *value) {
        char number[NUMBER_MAX];

        if (!json_object_is_type(value, json_type_object))
                return;
        for (const char *const *key = text->metric->known; *key; key++)
                write_keyed(text, labels, *key,
                            format_number(number, json_object_object_get(value, *key), false) ?: "0");
        json_object_object_foreach(value, key, member) if (!is_known(text->metric, key))
                write_keyed(text, labels, key, format_number(number, member, false));
}

static void write_one_of(MetricsText *text, const Labels *labels, json_object *value) {
        const char *is;

        if (!json_object_is_type(value, json_type_string))
                return;
        is = json_object_get_string(value);
        for (const char *const *key = text->metric->known; *key; key++)
                write_keyed(text, labels, *key, strcmp(*key, is) == 0 ? "1" : "0");
        if (!is_known(text->metric, is))
                write_keyed(text, labels, is, "1");
}

static void write_texts(MetricsText *text, const Labels *labels, json_object *object) {
        _cleanup_free_ char *names = strdup(text->metric->member);
        Labels all = *labels;
        char *rest = names;

        for (const char *name; (name = strsep(&rest, ","));) {
                if (!json_object_is_type(json_object_object_get(object, name), json_type_string))
                        return;
                add_label(&all, name, text_member(object, name));
        }
        write_sample(text, &all, "1");
}

static void write_bucket(MetricsText *text, const Labels *labels, const char *bound, json_object *count) {
        Labels bounded = *labels;
        char number[NUMBER_MAX];
        const char *value = format_number(number, count, false);

        add_label(&bounded, "le", bound);
        if (value)
                metrics_text_sample(text, "_bucket", bounded.list, bounded.n, value);
}

/* {"buckets":[[bound in seconds, count up to there],...],"sum_seconds":s,"count":n} */
static void write_histogram(MetricsText *text, const Labels *labels, json_object *value) {
        json_object *count = json_object_object_get(value, "count"),
                    *sum = json_object_object_get(value, "sum_seconds"),
                    *buckets = list_member(value, "buckets");
        char number[NUMBER_MAX];

        if (!json_object_is_type(count, json_type_int) || !sum || !buckets)
                return;
        for (size_t i = 0; i < json_object_array_length(buckets); i++) {
                json_object *bucket = json_object_array_get_idx(buckets, i);

                if (json_object_is_type(bucket, json_type_array) && json_object_array_length(bucket) == 2)
                        write_bucket(text, labels,
                                     format_double(number, json_object_get_double(
                                                                   json_object_array_get_idx(bucket, 0))),
                                     json_object_array_get_idx(bucket, 1));
        }
        write_bucket(text, labels, "+Inf", count);
        metrics_text_sample(text, "_count", labels->list, labels->n, json_object_get_string(count));
        metrics_text_sample(text, "_sum", labels->list, labels->n,
                            format_double(number, json_object_get_double(sum)));
}

static void write_value(MetricsText *text, const Labels *labels, json_object *object) {
        json_object *value = json_object_object_get(object, text->metric->member);
        char number[NUMBER_MAX];

        switch (text->metric->value) {
        case VALUE_NUMBER:
        case VALUE_USEC: write_number(text, labels, value); break;
        case VALUE_FLAG:
                if (json_object_is_type(value, json_type_boolean))
                        write_sample(text, labels, json_object_get_boolean(value) ? "1" : "0");
                break;
        case VALUE_IS:
                if (json_object_is_type(value, json_type_string))
                        write_sample(text, labels,
                                     strcmp(json_object_get_string(value), text->metric->known[0]) == 0
                                             ? "1"
                                             : "0");
                break;
        case VALUE_LENGTH:
                if (!json_object_is_type(value, json_type_array))
                        break;
                snprintf(number, sizeof(number), "%zu", json_object_array_length(value));
                write_sample(text, labels, number);
                break;
        case VALUE_BY_KEY: write_by_key(text, labels, value); break;
        case VALUE_ONE_OF: write_one_of(text, labels, value); break;
        case VALUE_TEXTS: write_texts(text, labels, object); break;
        case VALUE_HISTOGRAM: write_histogram(text, labels, value); break;
        }
}

/* One thing of the job: a partition, a worker or a sink. */
static void write_part(MetricsText *text, const Labels *of_job, json_object *part) {
        Labels labels = *of_job;

        switch (text->metric->of) {
        case OF_PARTITION:
                add_label(&labels, "topic", text_member(part, "topic"));
                add_label(&labels, "partition",
                          format_number(labels.number, json_object_object_get(part, "partition"), false)
                                  ?: "");
                break;
        case OF_WORKER:
                add_label(&labels, "worker",
                          format_number(labels.number, json_object_object_get(part, "number"), false) ?: "");
                break;
        default: add_label(&labels, "sink", text_member(part, "name"));
        }
        write_value(text, &labels, part);
}

/* So that sums over a job are right, however many partitions it has. */
static void write_other_partitions(MetricsText *text, const Labels *of_job, json_object *partitions) {
        Labels labels = *of_job;
        char number[NUMBER_MAX];
        uint64_t sum = 0;

        for (size_t i = METRICS_PARTITIONS_MAX; i < json_object_array_length(partitions); i++)
                sum += json_object_get_uint64(json_object_object_get(
                        json_object_array_get_idx(partitions, i), text->metric->member));
        add_label(&labels, "topic", "other");
        add_label(&labels, "partition", "other");
        snprintf(number, sizeof(number), "%" PRIu64, sum);
        write_sample(text, &labels, number);
}

static void write_parts(MetricsText *text, const Labels *of_job, json_object *parts) {
        size_t n = list_length(parts), n_max = text->metric->of == OF_PARTITION ? METRICS_PARTITIONS_MAX : n;

        for (size_t i = 0; i < MIN(n, n_max); i++)
                write_part(text, of_job, json_object_array_get_idx(parts, i));
        if (n > n_max && text->metric->summed)
                write_other_partitions(text, of_job, parts);
}

static void write_job(MetricsText *text, json_object *job) {
        static const char *const parts[_METRIC_OF_MAX] = {
                [OF_PARTITION] = "partitions",
                [OF_WORKER] = "workers",
                [OF_SINK] = "sinks",
        };
        Labels labels = {};

        add_label(&labels, "job", text_member(job, "name"));
        if (text->metric->of == OF_JOB)
                write_value(text, &labels, job);
        else
                write_parts(text, &labels, list_member(job, parts[text->metric->of]));
}

int metrics_write(json_object *document, MetricsFormat format, Buffer *ret) {
        json_object *jobs = list_member(document, "jobs");
        MetricsText text;

        metrics_text_begin(&text, format, ret);
        for (const Metric *metric = metrics; metric->name; metric++) {
                metrics_text_family(&text, metric);
                if (metric->of == OF_SUITE)
                        write_value(&text, &(Labels){}, document);
                else
                        for (size_t i = 0; i < list_length(jobs); i++)
                                write_job(&text, json_object_array_get_idx(jobs, i));
        }
        return metrics_text_end(&text);
}
