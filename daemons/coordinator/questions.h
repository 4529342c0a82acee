/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "http-request.h"

/* Requests that wait for a job to answer (CONTROL_RESULTS). */
typedef struct Questions Questions;

int questions_new(sd_event *event, Questions **ret);
/* None may wait any more. */
Questions *questions_free(Questions *questions);
DEFINE_CLEANUP(Questions *, questions_free);

/* Sends the message, with an id of its own, to the job that the request names, and answers the request: now,
 * if the job cannot be asked, or else when the job has answered or has not in time. Consumes the message. */
void questions_ask(Questions *questions, Request *request, json_object *message);
/* A job's answer. Those that nobody waits for are dropped. */
void questions_answered(Questions *questions, const Job *job, json_object *answer);
