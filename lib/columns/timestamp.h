/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* Reads a point in time, ISO 8601 in the forms that Spark's cast takes:
 *   [+-]yyyy[yy][-[m]m[-[d]d[(T| )[h]h[:[m]m[:[s]s[.fraction]]][zone]]]]
 * zone: Z or [+-][h]h, [+-][h]h:[m]m, [+-]hhmm up to 18 hours, a blank may stand before it; without one the
 * time is UTC. What is left out counts as its least value, digits of the fraction behind the sixth are
 * dropped. The calendar is the Gregorian one at all times; there are no leap seconds and no 24:00. Blanks
 * around the text and names of zones are not taken. Returns 0, -EINVAL (not of this form, or no such day or
 * time) or -ERANGE (does not fit 64 bits). */
int timestamp_parse(const char *data, size_t size, int64_t *ret_usec);

/* Writes the time in UTC as Spark does, "2026-01-31 12:34:56.789": the fraction without trailing zeros and
 * only where there is one; a year past 9999 with a plus, one before 0 with a minus. timestamp_parse() reads
 * it back. Not NUL-terminated. Returns its size. */
#define TIMESTAMP_TEXT_MAX 32
size_t timestamp_format(int64_t usec, char ret[static TIMESTAMP_TEXT_MAX]);
