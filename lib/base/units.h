/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* Microseconds: of a duration, since the epoch, or on the monotonic clock; the name says which. */
typedef uint64_t usec_t;

#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC ((usec_t)1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_INFINITY UINT64_MAX

usec_t monotonic_usec(void);
usec_t realtime_usec(void);

/* Durations and sizes as people write them: a non-negative decimal number and a unit, in one or more
 * parts ("1 minute 30 seconds", "250ms", "1.5 hours"; "64 MiB", "1 MB", "4096"). Units of time: us, ms, s,
 * min, h, d, w and their English names, singular or plural; a number without a unit is refused, except 0.
 * Units of size: none or B, kB/MB/GB (powers of 1000), KiB/MiB/GiB (of 1024). Returns 0, -EINVAL (not of
 * this form) or -ERANGE (does not fit 64 bits). */
int parse_duration(const char *text, usec_t *ret_usec);
int parse_size(const char *text, uint64_t *ret_bytes);

/* The shortest exact form that parse_duration() and parse_size() read back: "1min 30s", "64MiB".
 * The buffer takes any value. Returns the buffer. */
#define UNIT_TEXT_MAX 96
char *format_duration(char buffer[static UNIT_TEXT_MAX], usec_t usec);
char *format_size(char buffer[static UNIT_TEXT_MAX], uint64_t bytes);

/* A count with a comma between thousands: "12,400". */
char *format_count(char buffer[static UNIT_TEXT_MAX], uint64_t count);
