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

/* A number as nearly all are: up to 16 digits before the point and behind it, together not more than 19, no
 * exponent, and all of it and the byte behind it in one window. Scanned without being converted. */
typedef struct ShortNumber {
        const uint8_t *first; /* digit */
        unsigned n_integer, n_fraction;
        bool negative;
} ShortNumber;

/* Returns NULL for any other number, and for what is none. */
static inline const uint8_t *scan_short_number(Extent extent, const uint8_t *p, ShortNumber *ret) {
        bool negative = *p == '-';
        const uint8_t *first = p + negative, *behind;
        unsigned n_integer, n_fraction = 0;
        uint64_t others;

        /* Eight bytes before the first digit can be read: see eight_digits(). */
        if (unlikely(first - extent.start < 8))
                return NULL;
        others = ~digits_at(extent, first);
        n_integer = (unsigned)__builtin_ctzll(others);
        behind = first + n_integer;
        if (unlikely(n_integer - 1 >= 16 || behind == extent.end || (*first == '0' && n_integer > 1)))
                return NULL;
        if (*behind == '.') {
                n_fraction = (unsigned)__builtin_ctzll(others >> (n_integer + 1));
                behind += 1 + n_fraction;
                if (unlikely(n_fraction - 1 >= 16 || n_integer + n_fraction > 19 || behind == extent.end))
                        return NULL;
        }
        if (unlikely((*behind | 0x20) == 'e'))
                return NULL;
        *ret = (ShortNumber){first, n_integer, n_fraction, negative};
        return behind;
}

/* The n (1 to 8) digits before p. Eight bytes are read that end with the last digit, which is safe at the
 * end of the record; what is not a digit of this number becomes a leading zero. Then neighbours are joined,
 * all pairs at once: 8 digits to 4 numbers of two digits, 2 of four, 1 of eight. */
static inline uint64_t eight_digits(const uint8_t *p, unsigned n) {
        uint64_t word = word_load(p - 8) & EACH_BYTE(0x0f) << (64 - 8 * n);

        word = word * (1 + (UINT64_C(10) << 8)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
        word = word * (1 + (UINT64_C(100) << 16)) >> 16 & UINT64_C(0x0000ffff0000ffff);
        return word * (1 + (UINT64_C(10000) << 32)) >> 32;
}

/* The same for 1 to 16 digits. */
static inline uint64_t sixteen_digits(const uint8_t *p, unsigned n) {
        if (n <= 8)
                return eight_digits(p, n);
        return eight_digits(p - 8, n - 8) * 100000000 + eight_digits(p, 8);
}

extern const uint64_t powers_of_ten[20];
/* Those that a double holds exactly: 10^22 = 5^22 * 2^22 and 5^22 < 2^53. */
enum { EXACT_POWER_MAX = 22 };
extern const double exact_powers_of_ten[EXACT_POWER_MAX + 1];

/* All of its digits as one integer. */
static inline uint64_t short_number_digits(ShortNumber number) {
        const uint8_t *behind = number.first + number.n_integer;
        uint64_t digits = sixteen_digits(behind, number.n_integer);

        if (number.n_fraction > 0)
                digits = digits * powers_of_ten[number.n_fraction] +
                         sixteen_digits(behind + 1 + number.n_fraction, number.n_fraction);
        return digits;
}

/* The double nearest to digits / 10^n, n <= 19. W. D. Clinger, "How to Read Floating Point Numbers
 * Accurately": one operation on two exact operands rounds once; else we divide exactly. */
double divide_exactly(uint64_t digits, unsigned n);

static inline double divide_by_power_of_ten(uint64_t digits, unsigned n) {
        if (likely(digits <= UINT64_C(1) << 53))
                return (double)(int64_t)digits / exact_powers_of_ten[n];
        return divide_exactly(digits, n);
}

/* The double nearest to the number, ties to even: the same bits as strtod(). text is what was scanned. Too
 * small becomes 0, too large -ERANGE. */
int number_to_double(const Number *number, const uint8_t *text, size_t size, double *ret);
/* Returns 0, -EINVAL (not written as an integer) or -ERANGE. */
int number_to_integer(const Number *number, int64_t least, int64_t greatest, int64_t *ret);
/* Seconds to microseconds, digits behind the sixth of the fraction dropped. Returns 0 or -ERANGE. */
int number_to_usec(const Number *number, int64_t *ret_usec);
