/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <ctype.h>
#include <time.h>

#include "config/config-value.h"

static bool take_digits(const char **text, size_t n, int *ret) {
        int value = 0;

        for (size_t i = 0; i < n; i++) {
                if (!isdigit((unsigned char)(*text)[i]))
                        return false;
                value = value * 10 + ((*text)[i] - '0');
        }
        *text += n;
        *ret = value;
        return true;
}

static bool take_char(const char **text, const char *any_of) {
        if (!**text || !strchr(any_of, **text))
                return false;
        (*text)++;
        return true;
}

static bool take_date(const char **text, struct tm *tm) {
        if (!take_digits(text, 4, &tm->tm_year) || !take_char(text, "-") ||
            !take_digits(text, 2, &tm->tm_mon) || !take_char(text, "-") ||
            !take_digits(text, 2, &tm->tm_mday))
                return false;
        tm->tm_year -= 1900;
        tm->tm_mon -= 1;
        return true;
}

/* Digits past the sixth are below a microsecond. */
static bool take_fraction(const char **text, int *ret_usec) {
        int usec = 0, weight = 100000;

        if (!isdigit((unsigned char)**text))
                return false;
        for (; isdigit((unsigned char)**text); (*text)++, weight /= 10)
                usec += (**text - '0') * weight;
        *ret_usec = usec;
        return true;
}

static bool take_zone(const char **text, int *ret_offset_sec) {
        bool west = **text == '-';
        int hours = 0, minutes = 0;

        if (take_char(text, "+-")) {
                if (!take_digits(text, 2, &hours) || !take_char(text, ":") ||
                    !take_digits(text, 2, &minutes) || hours > 14 || minutes > 59)
                        return false;
        } else
                (void)take_char(text, "Z");
        *ret_offset_sec = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
        return true;
}

int config_parse_time(const char *text, int64_t *ret_usec) {
        struct tm given = {}, normal;
        int usec = 0, offset_sec = 0;
        time_t seconds;

        if (!take_date(&text, &given))
                return -EINVAL;
        if (take_char(&text, "T ")) {
                if (!take_digits(&text, 2, &given.tm_hour) || !take_char(&text, ":") ||
                    !take_digits(&text, 2, &given.tm_min) || !take_char(&text, ":") ||
                    !take_digits(&text, 2, &given.tm_sec))
                        return -EINVAL;
                if (take_char(&text, ".") && !take_fraction(&text, &usec))
                        return -EINVAL;
                if (!take_zone(&text, &offset_sec))
                        return -EINVAL;
        }
        if (*text)
                return -EINVAL;

        /* timegm() takes the 30th of February for the 2nd of March. */
        normal = given;
        seconds = timegm(&normal);
        if (normal.tm_mon != given.tm_mon || normal.tm_mday != given.tm_mday ||
            normal.tm_hour != given.tm_hour || normal.tm_min != given.tm_min ||
            normal.tm_sec != given.tm_sec || normal.tm_year != given.tm_year)
                return -EINVAL;
        *ret_usec = ((int64_t)seconds - offset_sec) * (int64_t)USEC_PER_SEC + usec;
        return 0;
}
