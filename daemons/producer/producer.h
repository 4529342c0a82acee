/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "options.h"

/* The running program: records are made when they are due and handed to librdkafka, until the count is
 * reached or SIGTERM comes. */
typedef struct Producer Producer;

/* The options stay the caller's (weak). Logs what is wrong and returns a negative errno. */
int producer_new(const Options *options, Producer **ret);
Producer *producer_free(Producer *producer);
DEFINE_CLEANUP(Producer *, producer_free);

/* Returns when all is delivered, or when SIGTERM came and what was made is delivered or ten seconds have
 * passed. Negative: an error, logged. */
int producer_run(Producer *producer);
