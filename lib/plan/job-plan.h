/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config.h"
#include "sql/query.h"

/* Everything a worker must know to turn records into reports, as text, and the typed query made of it. The
 * job builds it from its configuration and sends it in its welcome; a worker builds the same plan from that.
 */
typedef struct JobPlan {
        char *columns_text;
        char *table;
        char *query_text;
        char *event_time;
        Query *query;
        size_t event_time_source; /* column of the source that holds the event time */
        uint64_t id;              /* XXH3 of the texts: reports of another plan are refused */
} JobPlan;

/* The maps say where in the file the texts stand; without one (a worker has no file), an error counts lines
 * and columns from the beginning of the text. */
typedef struct PlanText {
        const char *path; /* for errors; NULL: no file */
        const char *columns;
        const TextMap *columns_map;
        const char *table;
        const char *query;
        const TextMap *query_map;
        const char *event_time;
        const TextMap *event_time_map;
} PlanText;

/* Returns 0, -EINVAL with *error filled (file, line and column of the mistake; the message's further lines
 * are the line of the text with a caret below), or -ENOMEM. */
int job_plan_new(const PlanText *text, JobPlan **ret, ConfigError *error);
/* Checks as well that the query can be given out in the job's output mode, to its sinks. */
int job_plan_from_config(const JobConfig *config, JobPlan **ret, ConfigError *error);
JobPlan *job_plan_free(JobPlan *plan);
DEFINE_CLEANUP(JobPlan *, job_plan_free);
