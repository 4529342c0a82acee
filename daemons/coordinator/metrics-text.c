/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "metrics-text.h"

#define OPENMETRICS_TYPE "application/openmetrics-text"

const char *metrics_content_type(MetricsFormat format) {
        return format == METRICS_OPENMETRICS ? OPENMETRICS_TYPE "; version=1.0.0; charset=utf-8"
                                             : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsFormat metrics_format_accepted(const char *accept) {
        return accept && strcasestr(accept, OPENMETRICS_TYPE) ? METRICS_OPENMETRICS : METRICS_TEXT;
}

void metrics_text_begin(MetricsText *text, MetricsFormat format, Buffer *buffer) {
        *text = (MetricsText){.buffer = buffer, .format = format};
}

static void append_bytes(MetricsText *text, const char *bytes, size_t size) {
        if (text->error >= 0)
                text->error = buffer_append(text->buffer, bytes, size);
}

static void append(MetricsText *text, const char *part) {
        append_bytes(text, part, strlen(part));
}

/* Escapes what ends a line or, in quotes, a value. In the older format a quote in a help text stays. */
static void append_escaped(MetricsText *text, const char *part, bool quotes) {
        for (size_t size; *part; part += size) {
                size = strcspn(part, quotes ? "\\\n\"" : "\\\n");
                append_bytes(text, part, size);
                if (!part[size])
                        break;
                append(text, part[size] == '\n' ? "\\n" : part[size] == '"' ? "\\\"" : "\\\\");
                size++;
        }
}

static void append_name(MetricsText *text, const char *suffix) {
        append(text, METRIC_PREFIX);
        append(text, text->metric->name);
        append(text, suffix);
}

/* OpenMetrics names the family, without the suffix that a type has; the older format has neither families of
 * counters nor infos. */
static void append_head_line(MetricsText *text, const char *keyword) {
        append(text, "# ");
        append(text, keyword);
        append(text, " ");
        append_name(text, text->format == METRICS_OPENMETRICS ? "" : metric_suffix(text->metric->type));
        append(text, " ");
}

static void append_head(MetricsText *text) {
        const Metric *metric = text->metric;
        bool open = text->format == METRICS_OPENMETRICS;

        append_head_line(text, "TYPE");
        append(text, metric_type_name(!open && metric->type == METRIC_INFO ? METRIC_GAUGE : metric->type));
        append(text, "\n");
        if (open && metric->unit) {
                append_head_line(text, "UNIT");
                append(text, metric->unit);
                append(text, "\n");
        }
        append_head_line(text, "HELP");
        append_escaped(text, metric->help, open);
        append(text, "\n");
}

void metrics_text_family(MetricsText *text, const Metric *metric) {
        text->metric = metric;
        text->has_head = false;
}

void metrics_text_sample(MetricsText *text, const char *suffix, const MetricLabel *labels, size_t n_labels,
                         const char *value) {
        if (!text->has_head)
                append_head(text);
        text->has_head = true;

        append_name(text, suffix);
        for (size_t i = 0; i < n_labels; i++) {
                append(text, i == 0 ? "{" : ",");
                append(text, labels[i].name);
                append(text, "=\"");
                append_escaped(text, labels[i].value, true);
                append(text, "\"");
        }
        append(text, n_labels > 0 ? "} " : " ");
        append(text, value);
        append(text, "\n");
}

int metrics_text_end(MetricsText *text) {
        if (text->format == METRICS_OPENMETRICS)
                append(text, "# EOF\n");
        return text->error;
}
