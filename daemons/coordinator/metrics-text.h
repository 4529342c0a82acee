/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "metrics-table.h"

/* The two formats that Prometheus reads. Both are lines of a name, labels and a value below a head for each
 * metric; they differ in what the head says.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md */
typedef enum MetricsFormat { METRICS_TEXT, METRICS_OPENMETRICS } MetricsFormat;

typedef struct MetricLabel {
        const char *name, *value; /* UTF-8 */
} MetricLabel;

/* A text in the making. An error stays, and what follows it does nothing. */
typedef struct MetricsText {
        Buffer *buffer;
        MetricsFormat format;
        const Metric *metric; /* whose samples come now */
        bool has_head;
        int error;
} MetricsText;

/* What the server says of the text, and the one that it is to have by the request's Accept, or NULL. */
const char *metrics_content_type(MetricsFormat format);
MetricsFormat metrics_format_accepted(const char *accept);

void metrics_text_begin(MetricsText *text, MetricsFormat format, Buffer *buffer);
/* The metric that the next samples are of; its head is written with the first of them. */
void metrics_text_family(MetricsText *text, const Metric *metric);
/* suffix: of the name. value: a number as both formats write it. */
void metrics_text_sample(MetricsText *text, const char *suffix, const MetricLabel *labels, size_t n_labels,
                         const char *value);
/* Returns 0 or -ENOMEM. */
int metrics_text_end(MetricsText *text);
