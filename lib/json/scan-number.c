/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <stdio.h>

#include "json/scan-number.h"

enum {
        DIGITS_MAX = 19, /* 10^19 < 2^64 */
        /* No double, nor the middle between two, has more than 767 significant digits: what stands behind
         * them can only tell "this" from "a little more than this". */
        EXACT_DIGITS_MAX = 768,
        EXPONENT_MAX = 9999, /* with 768 digits certainly infinite, or 0 */
};
/* Keeps sums of exponents and counts of digits far from overflow. */
#define EXPONENT_CLAMP INT64_C(1000000000000)

const uint64_t powers_of_ten[20] = {
        UINT64_C(1),
        UINT64_C(10),
        UINT64_C(100),
        UINT64_C(1000),
        UINT64_C(10000),
        UINT64_C(100000),
        UINT64_C(1000000),
        UINT64_C(10000000),
        UINT64_C(100000000),
        UINT64_C(1000000000),
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
};

const double exact_powers_of_ten[EXACT_POWER_MAX + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static bool is_digit(uint8_t c) {
        return c >= '0' && c <= '9';
}

/* Takes one more digit into the number; behind: in the fraction. */
static void add_digit(Number *number, int *n_significant, uint8_t c, bool behind) {
        if (*n_significant < DIGITS_MAX) {
                number->digits = number->digits * 10 + (c - '0');
                *n_significant += number->digits > 0;
                number->exponent -= behind;
        } else {
                number->truncated = true;
                number->exponent += !behind;
        }
}

static const uint8_t *scan_exponent(const uint8_t *p, const uint8_t *end, int64_t *exponent) {
        int64_t value = 0;
        bool minus = false;

        if (p < end && (*p == '-' || *p == '+'))
                minus = *p++ == '-';
        if (p == end || !is_digit(*p))
                return NULL;
        for (; p < end && is_digit(*p); p++)
                value = MIN(value * 10 + (*p - '0'), EXPONENT_CLAMP);
        *exponent += minus ? -value : value;
        return p;
}

const uint8_t *scan_number(const uint8_t *p, const uint8_t *end, Number *ret) {
        Number number = {.integer = true};
        int n_significant = 0;

        if (p < end && *p == '-') {
                number.negative = true;
                p++;
        }
        if (p == end || !is_digit(*p))
                return NULL;
        if (*p == '0') {
                p++;
                if (p < end && is_digit(*p))
                        return NULL;
        } else
                for (; p < end && is_digit(*p); p++)
                        add_digit(&number, &n_significant, *p, /* behind= */ false);
        if (p < end && *p == '.') {
                p++;
                number.integer = false;
                if (p == end || !is_digit(*p))
                        return NULL;
                for (; p < end && is_digit(*p); p++)
                        add_digit(&number, &n_significant, *p, /* behind= */ true);
        }
        if (p < end && (*p | 0x20) == 'e') {
                number.integer = false;
                p = scan_exponent(p + 1, end, &number.exponent);
                if (!p)
                        return NULL;
        }
        *ret = number;
        return p;
}

static double power_of_two(int exponent) {
        uint64_t bits = (uint64_t)(exponent + 1023) << 52;
        double value;

        memcpy(&value, &bits, sizeof(value));
        return value;
}

/* The quotient has 64 bits, 11 more than a double, and the remainder says whether anything follows them,
 * which is all that rounding wants to know. */
double divide_exactly(uint64_t digits, unsigned n) {
        int digits_shift = __builtin_clzll(digits), power_shift = __builtin_clzll(powers_of_ten[n]);
        uint64_t power = powers_of_ten[n] << power_shift, quotient;
        unsigned __int128 dividend;
        int shift = 64;

        digits <<= digits_shift;
        if (digits >= power)
                shift--;
        dividend = (unsigned __int128)digits << shift;
        quotient = (uint64_t)(dividend / power);
        quotient |= quotient * power != (uint64_t)dividend;
        return (double)quotient * power_of_two(power_shift - digits_shift - shift);
}

static double to_double_slowly(const Number *number, const uint8_t *text, size_t size) {
        /* Without a decimal point the locale has no say. */
        char copy[EXACT_DIGITS_MAX + sizeof("1e-9999")], *to = copy;
        int64_t exponent = number->exponent;
        bool more = false;

        for (const uint8_t *p = text; p < text + size && (*p | 0x20) != 'e'; p++) {
                if (!is_digit(*p) || (*p == '0' && to == copy))
                        continue;
                if (to < copy + EXACT_DIGITS_MAX)
                        *to++ = (char)*p;
                else
                        more |= *p != '0';
        }
        exponent -= MAX(to - copy - DIGITS_MAX, 0);
        if (more) {
                *to++ = '1';
                exponent--;
        }
        exponent = MIN(MAX(exponent, -EXPONENT_MAX), EXPONENT_MAX);
        snprintf(to, (size_t)(copy + sizeof(copy) - to), "e%d", (int)exponent);
        return strtod(copy, NULL);
}

int number_to_double(const Number *number, const uint8_t *text, size_t size, double *ret) {
        int64_t exponent = number->exponent;
        uint64_t digits = number->digits;
        double value;

        if (digits == 0)
                value = 0;
        else if (number->truncated)
                value = to_double_slowly(number, text, size);
        else if (exponent <= 0 && exponent >= -DIGITS_MAX)
                value = divide_by_power_of_ten(digits, (unsigned)-exponent);
        else if (digits <= UINT64_C(1) << 53 && exponent > 0 && exponent <= EXACT_POWER_MAX)
                value = (double)digits * exact_powers_of_ten[exponent];
        else
                value = to_double_slowly(number, text, size);
        if (isinf(value))
                return -ERANGE;
        *ret = number->negative ? -value : value;
        return 0;
}

int number_to_integer(const Number *number, int64_t least, int64_t greatest, int64_t *ret) {
        if (!number->integer)
                return -EINVAL;
        if (number->truncated || number->digits > (number->negative ? -(uint64_t)least : (uint64_t)greatest))
                return -ERANGE;
        *ret = (int64_t)(number->negative ? -number->digits : number->digits);
        return 0;
}

int number_to_usec(const Number *number, int64_t *ret_usec) {
        /* Truncated digits do no harm: 19 are as many as 64 bits of microseconds have. */
        uint64_t usec = number->digits;
        int64_t exponent = number->exponent + 6;

        if (exponent < -DIGITS_MAX)
                usec = 0;
        else if (exponent < 0)
                usec /= powers_of_ten[-exponent];
        else if (usec > 0 &&
                 (exponent > DIGITS_MAX || __builtin_mul_overflow(usec, powers_of_ten[exponent], &usec)))
                return -ERANGE;
        if (usec > (uint64_t)INT64_MAX + number->negative)
                return -ERANGE;
        *ret_usec = (int64_t)(number->negative ? -usec : usec);
        return 0;
}
