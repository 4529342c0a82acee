/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* Holds the record reader against yyjson and the C library, which were written by others. */
typedef struct Oracle Oracle;

int oracle_new(Oracle **ret);
Oracle *oracle_free(Oracle *oracle);
DEFINE_CLEANUP(Oracle *, oracle_free);

/* The columns that the oracle's reader has, by name and in order:
 *   timestamp DOUBLE, course STRING, activity STRING, lines_of_code INT, cpu_usage_pct DOUBLE,
 *   flag BOOLEAN, big BIGINT, time TIMESTAMP, and student_id, which is not in use.
 * Reads the record (of exactly size bytes) twice, the second time with all keys foreseen, and compares
 * verdict and values. Returns what is wrong, valid until the next call, or NULL. */
const char *oracle_check(Oracle *oracle, const void *data, size_t size);
