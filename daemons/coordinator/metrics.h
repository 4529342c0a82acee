/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "metrics-text.h"

/* So many partitions of a job have samples of their own; those behind are added up as partition "other". */
enum { METRICS_PARTITIONS_MAX = 200 };

/* The text of all metrics, from what the API says: an object as of /api/v1/status, in which "jobs" are as of
 * /api/v1/jobs/JOB and have their "workers", and what metrics-document.h adds. A member that is missing or
 * null has no sample. Returns 0 or -ENOMEM. */
int metrics_write(json_object *document, MetricsFormat format, Buffer *ret);
