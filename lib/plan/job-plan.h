/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config.h"
#include "sql/query.h"

/* Everything a worker must know to turn records into reports, as text, and the typed query made of it. The
 * job builds it from its configuration and sends it in its welcome; a worker builds the same plan from that. */
typedef struct JobPlan {
        char *columns_text;
        char *table;
        char *query_text;
        char *event_time;
        Query *query;
        size_t event_time_source; /* column of the source that holds the event time */
        uint64_t id;              /* of the texts: reports of another plan are refused */
} JobPlan;

/* Returns 0, -EINVAL with *error filled (file, line and column of the mistake, the line with a caret below), or -ENOMEM.
 * path, columns_line, query_line: where the texts stand, for the error; a worker passes NULL, 1, 1. */
typedef struct PlanText {
        const char *path;
        const char *columns;
        unsigned columns_line;
        const char *table;
        const char *query;
        unsigned query_line;
        const char *event_time;
} PlanText;

int job_plan_new(const PlanText *text, JobPlan **ret, ConfigError *error);
int job_plan_from_config(const JobConfig *config, JobPlan **ret, ConfigError *error);
JobPlan *job_plan_free(JobPlan *plan);
DEFINE_CLEANUP(JobPlan *, job_plan_free);
