/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "scaling/simulation.h"

/* A load as the simulation takes it: points in the order of time, ended by an empty one. The caller frees.
 */
typedef struct Load {
        LoadPoint *points;
        double last_sec; /* when it changes for the last time */
} Load;

/* "0s 100/s, 10s 5000/s, 40s 0/s": from each time on so many records arrive a second. The first time is 0.
 * Returns 0, -EINVAL with what is wrong and where in *ret_error (the caller frees), or -ENOMEM. */
int load_parse(const char *text, Load *ret, char **ret_error);

/* From the API's /jobs/NAME/history. Returns 0, -ENODATA (no points), or -ENOMEM. */
int load_from_history(json_object *history, Load *ret);
