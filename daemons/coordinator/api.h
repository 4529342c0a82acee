/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "decisions.h"
#include "http-request.h"

/* The answers of the API, a file for each group of them; openapi.json describes what they hold. */

/* Objects, new. */
json_object *api_status(const Manager *manager);
json_object *api_jobs(const Manager *manager);
json_object *api_job_summary(const Job *job);
json_object *api_job(const Job *job);
json_object *api_partitions(const Job *job);
json_object *api_workers(const Manager *manager, const Job *job); /* job NULL: of all */
/* By reason. */
json_object *api_dead_letter_counts(const Job *job);
json_object *api_decision(const Job *job, const Decision *decision);
/* An array of all that have a greater id, the oldest first. */
json_object *api_decisions_since(const Manager *manager, const Job *job, uint64_t since);

/* The routes' handlers (http-routes.c). */
void api_get_status(Request *request);
void api_get_jobs(Request *request);
void api_get_openapi(Request *request);
void api_get_job(Request *request);
void api_get_query(Request *request);
void api_get_partitions(Request *request);
void api_get_workers(Request *request);
void api_get_decisions(Request *request);
void api_get_results(Request *request);
void api_get_dead_letters(Request *request);
void api_get_history(Request *request);
void api_get_config(Request *request);
void api_get_job_config(Request *request);
void api_pause(Request *request);
void api_resume(Request *request);
void api_drain(Request *request);
void api_start(Request *request);
void api_restart(Request *request);
void api_reset(Request *request);
void api_scale(Request *request);
void api_reload(Request *request);

/* Lists that grow: limit= and since= of the query. Without since: the newest. */
typedef struct Page {
        uint64_t limit, since;
        bool has_since;
} Page;

/* Returns false if the request is answered: something is wrong with them. */
bool api_get_page(Request *request, Page *ret);
