/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "manager.h"

/* What the API tells, as JSON (etl-coordinator(8) describes it). Each returns a new object. json-c ends the
 * process without memory for a small object. */
json_object *api_status(const Manager *manager);
json_object *api_jobs(const Manager *manager);
json_object *api_job(const Job *job);
/* job: NULL for all jobs. */
json_object *api_workers(const Manager *manager, const Job *job);
json_object *api_decisions(const Manager *manager, const Job *job);
json_object *api_results(const Job *job);
