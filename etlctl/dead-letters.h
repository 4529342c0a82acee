/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

/* The last dead letters of a job that the journal shows, oldest first: an object with the list
 * "dead_letters" of time_usec, reason, topic, partition, offset, column and value, each where there is one.
 * Needs no coordinator. Logs what goes wrong to standard error; returns 0 or a negative errno. */
int dead_letters_read(const char *job, json_object **ret);
