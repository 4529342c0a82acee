/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "json/scan-string.h"

/* A number as it is written: +-digits * 10^exponent. */
typedef struct Number {
        uint64_t digits;  /* the first 19 significant ones: all of them fit 64 bits */
        int64_t exponent; /* of ten */
        bool negative;
        bool integer;   /* without fraction and exponent */
        bool truncated; /* there were more digits */
} Number;

/* p: at the sign or the first digit. */
const uint8_t *scan_number(const uint8_t *p, const uint8_t *end, Number *ret);

/* The double nearest to the number, ties to even: the same bits as strtod(). text is what was scanned. Too
 * small becomes 0, too large -ERANGE. */
int number_to_double(const Number *number, const uint8_t *text, size_t size, double *ret);
/* Returns 0, -EINVAL (not written as an integer) or -ERANGE. */
int number_to_integer(const Number *number, int64_t least, int64_t greatest, int64_t *ret);
/* Seconds to microseconds, digits behind the sixth of the fraction dropped. Returns 0 or -ERANGE. */
int number_to_usec(const Number *number, int64_t *ret_usec);
