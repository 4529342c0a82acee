/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stddef.h>

/* Every metric of GET /metrics: what it is called, and which member of the API's answers it is. The manual
 * page streametl-metrics(7) says of each what this table says. */

#define METRIC_PREFIX "streametl_"

typedef enum MetricType { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM, METRIC_INFO } MetricType;

/* Of which things there is a sample for each. */
typedef enum MetricOf { OF_SUITE, OF_JOB, OF_PARTITION, OF_WORKER, OF_SINK, _METRIC_OF_MAX } MetricOf;

/* What the member is. */
typedef enum MetricValue {
        VALUE_NUMBER,
        VALUE_USEC,      /* exported in seconds */
        VALUE_FLAG,      /* 0 or 1 */
        VALUE_IS,        /* a text: 1 if it is the known one */
        VALUE_LENGTH,    /* of an array */
        VALUE_BY_KEY,    /* an object of numbers: a sample for each member, which is the label's value */
        VALUE_ONE_OF,    /* a text: 1 for the label's value that it is, 0 for the others */
        VALUE_TEXTS,     /* a list of members that become labels; the value is 1 */
        VALUE_HISTOGRAM, /* of the API's form */
} MetricValue;

typedef struct Metric {
        const char *name; /* without prefix, and without the _total of a counter and the _info of an info */
        MetricType type;
        MetricOf of;
        const char *unit; /* the end of the name, or NULL */
        MetricValue value;
        const char *member; /* of the object in the API's answer; of VALUE_TEXTS: all, separated by "," */
        const char *label;  /* of VALUE_BY_KEY and VALUE_ONE_OF */
        const char *const *known; /* the label's values, which are there also when the member has them not */
        bool summed;              /* of partitions: those past the limit are added up */
        const char *help;
} Metric;

extern const Metric metrics[]; /* ends with a name of NULL */

/* "job", "topic", ...: what tells the samples of one metric apart; ends with NULL. */
const char *const *metric_labels(MetricOf of);
const char *metric_type_name(MetricType type);
/* "_total" for a counter, "_info" for an info, else "". */
const char *metric_suffix(MetricType type);
