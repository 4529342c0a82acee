/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>
#include <stdio.h>

/* How answers of the API look on a terminal. Each returns 0 or -ENOMEM. */
int view_status(json_object *answer, FILE *file);
int view_jobs(json_object *answer, FILE *file);
int view_job(json_object *answer, FILE *file);
int view_workers(json_object *answer, FILE *file);
int view_decisions(json_object *answer, FILE *file);
int view_results(json_object *answer, FILE *file);
int view_dead_letters(json_object *answer, FILE *file);
