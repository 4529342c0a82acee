/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <stdio.h>

#include "columns/timestamp.h"
#include "expression/build.h"

/* Java's Double.toString() needs at most 26: "-1.2345678901234567E-308". */
#define DOUBLE_TEXT_MAX 32

/* The next greater decimal with as many digits. */
static void next_form(char *form) {
        char *digit = strchr(form, 'e') - 1;

        for (; digit > form && (*digit == '9' || *digit == '.'); digit--)
                if (*digit == '9')
                        *digit = '0';
        (*digit)++;
}

/* The shortest decimal form that reads back as the same value, as d.ddde+NN with trailing zeros.
 * A decimal of up to 15 digits survives being made a normal double and back, so the form with 15 digits is
 * the shortest one with zeros behind it, or too short. Denormal doubles are less exact and are tried from
 * two digits on, which is the least that Java looks at. A power of two has its neighbour below at half the
 * distance of the one above: there the 16 digits next above may do where the nearest, below, do not. */
static void shortest_form(double value, char form[static DOUBLE_TEXT_MAX]) {
        bool is_power_of_two = frexp(value, &(int){0}) == 0.5;

        for (int digits = isnormal(value) ? 15 : 2; digits < 17; digits++) {
                snprintf(form, DOUBLE_TEXT_MAX, "%.*e", digits - 1, value);
                if (strtod(form, NULL) == value)
                        return;
        }
        if (is_power_of_two) {
                next_form(form);
                if (strtod(form, NULL) == value)
                        return;
        }
        snprintf(form, DOUBLE_TEXT_MAX, "%.16e", value);
}

/* Digits of the form without point and trailing zeros; its exponent. */
static size_t split_form(const char *form, char digits[static DOUBLE_TEXT_MAX], int *ret_exponent) {
        size_t n = 0;

        for (; *form != 'e'; form++)
                if (*form != '.')
                        digits[n++] = *form;
        while (n > 1 && digits[n - 1] == '0')
                n--;
        *ret_exponent = atoi(form + 1);
        return n;
}

static char *put(char *to, const char *from, size_t size) {
        memcpy(to, from, size);
        return to + size;
}

static char *put_zeros(char *to, int n) {
        for (; n > 0; n--)
                *to++ = '0';
        return to;
}

/* digits[0].digits[1..] with the point moved right by exponent places; at least one digit on either side. */
static char *put_plain(char *to, const char *digits, size_t n, int exponent) {
        size_t before = exponent >= 0 ? MIN((size_t)exponent + 1, n) : 0;

        if (before == 0)
                *to++ = '0';
        to = put(to, digits, before);
        to = put_zeros(to, exponent + 1 - (int)before);
        *to++ = '.';
        to = put_zeros(to, -exponent - 1);
        if (before == n)
                *to++ = '0';
        return put(to, digits + before, n - before);
}

/* As Java's Double.toString(): "0.1", "100.0", "1.0E10", "NaN", "-Infinity". Returns the size. */
static size_t double_to_text(double value, char buffer[static DOUBLE_TEXT_MAX]) {
        char form[DOUBLE_TEXT_MAX], digits[DOUBLE_TEXT_MAX], *to = buffer;
        int exponent;
        size_t n;

        if (isnan(value))
                return (size_t)(put(to, "NaN", 3) - buffer);
        if (signbit(value))
                *to++ = '-';
        value = fabs(value);
        if (isinf(value))
                return (size_t)(put(to, "Infinity", 8) - buffer);
        if (value == 0)
                return (size_t)(put(to, "0.0", 3) - buffer);

        shortest_form(value, form);
        n = split_form(form, digits, &exponent);
        if (value >= 1e-3 && value < 1e7)
                return (size_t)(put_plain(to, digits, n, exponent) - buffer);
        to = put_plain(to, digits, n, 0);
        return (size_t)(to - buffer) + (size_t)sprintf(to, "E%d", exponent);
}

static int text_copy(Arena *arena, const char *data, size_t size, Text *ret) {
        char *copy = arena_alloc(arena, size);

        if (!copy)
                return -ENOMEM;
        memcpy(copy, data, size);
        *ret = (Text){.data = copy, .size = size};
        return 0;
}

int vector_value_text(const Vector *vector, size_t row, Arena *arena, Text *ret) {
        char buffer[DOUBLE_TEXT_MAX + TIMESTAMP_TEXT_MAX]; /* room for either */
        size_t size;

        if (!vector->valid[row])
                return -ENODATA;
        switch (vector->type) {
        case TYPE_BOOLEAN: *ret = vector->booleans[row] ? (Text){"true", 4} : (Text){"false", 5}; return 0;
        case TYPE_STRING: *ret = vector->texts[row]; return 0;
        case TYPE_INT: size = (size_t)sprintf(buffer, "%" PRId32, vector->ints[row]); break;
        case TYPE_BIGINT: size = (size_t)sprintf(buffer, "%" PRId64, vector->bigints[row]); break;
        case TYPE_DOUBLE: size = double_to_text(vector->doubles[row], buffer); break;
        case TYPE_TIMESTAMP: size = timestamp_format(vector->timestamps[row], buffer); break;
        default: /* a NULL type has no valid rows */ return -ENODATA;
        }
        return text_copy(arena, buffer, size, ret);
}
