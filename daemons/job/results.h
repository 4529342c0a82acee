/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "epoch.h"

struct json_object;
typedef struct Job Job;

/* The current results, for whoever asks (CONTROL_RESULTS): the groups of open windows, as the query outputs
 * them, exactly as the last epoch left them in the store. They are read there, in a transaction of its own
 * and in a thread of its own, so that neither what is merged since is seen, nor merging waits. Of a query
 * without GROUP BY: the first rows of the last epoch that had any, of which the store keeps nothing. */
typedef struct Results Results;

enum { RESULTS_ROWS_MAX = 1000 };

/* job: weak; its store and state are there. */
int results_new(Job *job, Results **ret);
/* Ends an answer in the making. */
Results *results_free(Results *results);

/* Takes a question; the answer is sent (load_send_object()) now or later. Returns 0 or -EBADMSG. */
int results_ask(Results *results, struct json_object *question);
/* The epoch was closed. Returns 0 or -ENOMEM. */
int results_keep(Results *results, const Epoch *epoch);
