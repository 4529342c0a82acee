/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "http-request.h"

/* What metrics_write() takes: the API's answers, and besides
 * in the suite "api_requests": {"http": n, "unix": n};
 * in a job "started_usec" (realtime), "event_time_delay_usec", "decisions": {"up": n, "down": n},
 * "worker_failures", "partitions_left_out", "dead_letters": {reason: n} and "store_max_bytes". */
json_object *metrics_document(const Manager *manager);

/* GET /metrics */
void metrics_get(Request *request);
