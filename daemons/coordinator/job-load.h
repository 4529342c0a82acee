/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "scaling/scaling.h"

/* One load report of a job (CONTROL_LOAD in wire/control.h), checked. */
typedef struct JobLoad {
        LoadSample sample;
        json_object *report; /* all of it, for the API */
} JobLoad;

/* Takes a reference to report. Returns 0, or -EBADMSG if what scaling needs is missing or of another type;
 * the former *load stays then. */
int job_load_set(JobLoad *load, json_object *report, usec_t now_usec);
void job_load_done(JobLoad *load);

/* Text of a member of the report; "" if there is no report or no such text. */
const char *job_load_text(const JobLoad *load, const char *key);
/* Weak; NULL if absent or null. */
json_object *job_load_member(const JobLoad *load, const char *key);
/* What the report says of a worker; weak, or NULL. */
json_object *job_load_worker(const JobLoad *load, unsigned number);
