/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <strings.h>

#include "columns/timestamp.h"
#include "expression/text-to-value.h"

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* Spark trims white space and control characters, of ASCII only. */
static Text text_trim(Text text) {
        while (text.size > 0 && ((uint8_t)text.data[0] <= ' ' || text.data[0] == 0x7f)) {
                text.data++;
                text.size--;
        }
        while (text.size > 0 &&
               ((uint8_t)text.data[text.size - 1] <= ' ' || text.data[text.size - 1] == 0x7f))
                text.size--;
        return text.size > 0 ? text : (Text){"", 0};
}

static bool text_is_word(Text text, const char *word) {
        return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

int text_to_boolean(Text text, uint8_t *ret) {
        static const struct {
                const char *word;
                bool value;
        } words[] = {
                {"t", true},  {"true", true},   {"y", true},  {"yes", true}, {"1", true},
                {"f", false}, {"false", false}, {"n", false}, {"no", false}, {"0", false},
        };

        text = text_trim(text);
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (text_is_word(text, words[i].word)) {
                        *ret = words[i].value;
                        return 0;
                }
        return -EINVAL;
}

int text_to_bigint(Text text, int64_t *ret) {
        bool negative = false;
        int64_t value = 0;
        size_t i = 0;

        text = text_trim(text);
        if (text.size == 0)
                return -EINVAL;
        if (text.data[0] == '-' || text.data[0] == '+') {
                negative = text.data[0] == '-';
                i++;
                if (text.size == 1)
                        return -EINVAL;
        }
        /* Below zero, where there is room for the least number too. */
        for (; i < text.size && is_digit(text.data[i]); i++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                    __builtin_sub_overflow(value, text.data[i] - '0', &value))
                        return -ERANGE;
        if (i < text.size && text.data[i] == '.')
                i++;
        while (i < text.size && is_digit(text.data[i]))
                i++;
        if (i < text.size)
                return -EINVAL;
        if (!negative && __builtin_sub_overflow(0, value, &value))
                return -ERANGE;
        *ret = value;
        return 0;
}

int text_to_int(Text text, int32_t *ret) {
        int64_t value;
        int r;

        r = text_to_bigint(text, &value);
        if (r < 0)
                return r;
        if (value < INT32_MIN || value > INT32_MAX)
                return -ERANGE;
        *ret = (int32_t)value;
        return 0;
}

static int word_to_double(Text text, double *ret) {
        bool has_sign = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+');
        Text word = {text.data + has_sign, text.size - has_sign};

        if (text_is_word(word, "inf") || text_is_word(word, "infinity"))
                *ret = has_sign && text.data[0] == '-' ? -INFINITY : INFINITY;
        /* A signed NaN is Java's, which minds the case; a plain one is Spark's, which does not. */
        else if (has_sign ? word.size == 3 && memcmp(word.data, "NaN", 3) == 0 : text_is_word(word, "nan"))
                *ret = NAN;
        else
                return -EINVAL;
        return 0;
}

/* The bytes of [sign] digits [. digits] [exponent] at the start of the text, with a digit before or behind
 * the point; 0 if there are none. strtod() alone would also take hexadecimal and "nan(...)". */
static size_t decimal_size(Text text) {
        size_t i = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+'), digits = 0, exponent;

        for (; i < text.size && is_digit(text.data[i]); i++)
                digits++;
        if (i < text.size && text.data[i] == '.')
                for (i++; i < text.size && is_digit(text.data[i]); i++)
                        digits++;
        if (digits == 0)
                return 0;
        if (i == text.size || (text.data[i] | 0x20) != 'e')
                return i;
        exponent = i + 1;
        if (exponent < text.size && (text.data[exponent] == '-' || text.data[exponent] == '+'))
                exponent++;
        if (exponent == text.size || !is_digit(text.data[exponent]))
                return i;
        while (exponent < text.size && is_digit(text.data[exponent]))
                exponent++;
        return exponent;
}

int text_to_double(Text text, Arena *arena, double *ret) {
        char buffer[64], *copy = buffer;
        size_t size;

        text = text_trim(text);
        size = decimal_size(text);
        if (size == 0)
                return word_to_double(text, ret);
        /* Java takes a type suffix, as in its source code: "1.5d". */
        if (size + 1 == text.size && memchr("dDfF", text.data[size], 4))
                text.size--;
        if (size != text.size)
                return -EINVAL;
        if (size >= sizeof(buffer)) {
                copy = arena_alloc(arena, size + 1);
                if (!copy)
                        return -ENOMEM;
        }
        memcpy(copy, text.data, size);
        copy[size] = '\0';
        *ret = strtod(copy, NULL);
        return 0;
}

int text_to_timestamp(Text text, int64_t *ret_usec) {
        text = text_trim(text);
        return timestamp_parse(text.data, text.size, ret_usec);
}
