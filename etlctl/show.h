/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "verbs.h"

/* Prints an answer as the options say: as JSON, or through the verb's view. Returns 0 or an exit status. */
int show_answer(const Call *call, json_object *answer);

/* Fetches and shows an answer, with --watch again every second until interrupted. fetch returns 0 or an exit
 * status, of which the user has been told. */
typedef int (*Fetch)(const Call *call, json_object **ret);
int show(const Call *call, Fetch fetch);
