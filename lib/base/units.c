/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/units.h"

typedef struct Unit {
        const char *name;
        uint64_t factor;
} Unit;

static const Unit duration_units[] = {
        {"us", 1},
        {"usec", 1},
        {"microsecond", 1},
        {"microseconds", 1},
        {"ms", 1000},
        {"msec", 1000},
        {"millisecond", 1000},
        {"milliseconds", 1000},
        {"s", 1000000},
        {"sec", 1000000},
        {"second", 1000000},
        {"seconds", 1000000},
        {"min", 60000000},
        {"minute", 60000000},
        {"minutes", 60000000},
        {"h", 3600000000},
        {"hour", 3600000000},
        {"hours", 3600000000},
        {"d", 86400000000},
        {"day", 86400000000},
        {"days", 86400000000},
        {"w", 604800000000},
        {"week", 604800000000},
        {"weeks", 604800000000},
        {},
};

static const Unit size_units[] = {
        {"", 1},
        {"B", 1},
        {"kB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"KiB", 1024},
        {"MiB", 1048576},
        {"GiB", 1073741824},
        {},
};

static usec_t clock_usec(clockid_t clock) {
        struct timespec ts;

        clock_gettime(clock, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

usec_t monotonic_usec(void) {
        return clock_usec(CLOCK_MONOTONIC);
}

usec_t realtime_usec(void) {
        return clock_usec(CLOCK_REALTIME);
}

/* Digits with an optional fraction. strtold() would also read signs, hex and "infinity". */
static int parse_number(const char **text, long double *ret) {
        long double value = 0, weight = 1;
        const char *p = *text;

        if (!isdigit((unsigned char)*p))
                return -EINVAL;
        for (; isdigit((unsigned char)*p); p++)
                value = value * 10 + (*p - '0');
        if (*p == '.') {
                if (!isdigit((unsigned char)*++p))
                        return -EINVAL;
                for (; isdigit((unsigned char)*p); p++)
                        value += (*p - '0') * (weight /= 10);
        }
        *text = p;
        *ret = value;
        return 0;
}

static int parse_parts(const char *text, const Unit *units, uint64_t *ret) {
        long double total = 0;
        uint64_t whole;

        text += strspn(text, " ");
        do {
                long double number;
                const Unit *unit;
                size_t n;
                int r;

                r = parse_number(&text, &number);
                if (r < 0)
                        return r;
                text += strspn(text, " ");
                for (n = 0; isalpha((unsigned char)text[n]);)
                        n++;
                for (unit = units; unit->name; unit++)
                        if (strlen(unit->name) == n && strncmp(unit->name, text, n) == 0)
                                break;
                if (unit->name)
                        total += number * unit->factor;
                else if (n > 0 || number != 0)
                        return -EINVAL;
                text += n;
                text += strspn(text, " ");
        } while (*text);

        if (total >= 18446744073709551615.0L)
                return -ERANGE;
        /* total + 0.5 would itself be rounded from 2^63 on. */
        whole = (uint64_t)total;
        *ret = whole + (total - (long double)whole >= 0.5L);
        return 0;
}

int parse_duration(const char *text, usec_t *ret_usec) {
        return parse_parts(text, duration_units, ret_usec);
}

int parse_size(const char *text, uint64_t *ret_bytes) {
        return parse_parts(text, size_units, ret_bytes);
}

char *format_duration(char buffer[static UNIT_TEXT_MAX], usec_t usec) {
        static const Unit parts[] = {
                {"w", 604800000000}, {"d", 86400000000}, {"h", 3600000000}, {"min", 60000000},
                {"s", 1000000},      {"ms", 1000},       {"us", 1}};
        size_t n = 0;

        if (usec == 0)
                return strcpy(buffer, "0");
        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                if (usec < parts[i].factor)
                        continue;
                n += (size_t)snprintf(buffer + n, UNIT_TEXT_MAX - n, "%s%" PRIu64 "%s", n > 0 ? " " : "",
                                      usec / parts[i].factor, parts[i].name);
                usec %= parts[i].factor;
        }
        return buffer;
}

char *format_size(char buffer[static UNIT_TEXT_MAX], uint64_t bytes) {
        static const Unit units[] = {{"GiB", 1073741824}, {"MiB", 1048576}, {"KiB", 1024}, {"", 1}};
        const Unit *unit = units;

        while (bytes % unit->factor != 0 || (bytes == 0 && unit->factor > 1))
                unit++;
        snprintf(buffer, UNIT_TEXT_MAX, "%" PRIu64 "%s", bytes / unit->factor, unit->name);
        return buffer;
}

char *format_count(char buffer[static UNIT_TEXT_MAX], uint64_t count) {
        char digits[24];
        size_t length, out = 0;

        length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
        for (size_t i = 0; i < length; i++) {
                if (i > 0 && (length - i) % 3 == 0)
                        buffer[out++] = ',';
                buffer[out++] = digits[i];
        }
        buffer[out] = '\0';
        return buffer;
}
