/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "fields.h"

/* How an answer of the API looks on a terminal. Returns 0 or -ENOMEM. */
typedef int (*View)(json_object *answer, const Style *style);

int view_status(json_object *answer, const Style *style);
int view_jobs(json_object *answer, const Style *style);
int view_job(json_object *answer, const Style *style);
int view_changed(json_object *answer, const Style *style); /* a job after a change: one line */
int view_workers(json_object *answer, const Style *style);
int view_partitions(json_object *answer, const Style *style);
int view_decisions(json_object *answer, const Style *style);
int view_results(json_object *answer, const Style *style);
int view_dead_letters(json_object *answer, const Style *style);
int view_lag(json_object *answer, const Style *style); /* {"lag":[...]}, see lag.c */

/* The line above the jobs in status and top. */
void print_summary(json_object *status, FILE *file);
