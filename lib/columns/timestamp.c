/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "columns/timestamp.h"

enum {
        SECONDS_PER_MINUTE = 60,
        SECONDS_PER_HOUR = 3600,
        SECONDS_PER_DAY = 86400,
        USEC_PER_SECOND = 1000000,
        ZONE_HOURS_MAX = 18, /* Java's, and so Spark's, limit */
        /* The calendar repeats after 400 years. */
        YEARS_PER_ERA = 400,
        DAYS_PER_ERA = 146097,
        DAYS_PER_CENTURY = 36524,
        DAYS_PER_4_YEARS = 1461,
        DAYS_TO_1970 = 719468, /* from 0000-03-01 */
};

/* The text not read yet. */
typedef struct Input {
        const char *next, *end;
} Input;

static bool skip(Input *input, char c) {
        if (input->next == input->end || *input->next != c)
                return false;
        input->next++;
        return true;
}

/* Reads between min and max digits. */
static bool read_number(Input *input, int min, int max, int *ret) {
        int value = 0, n = 0;

        for (; n < max && input->next < input->end; n++, input->next++) {
                unsigned digit = (unsigned)(*input->next - '0');

                if (digit > 9)
                        break;
                value = value * 10 + (int)digit;
        }
        if (n < min)
                return false;
        *ret = value;
        return true;
}

/* Any number of digits, of which six count: microseconds. */
static bool read_fraction(Input *input, int *ret_usec) {
        int usec = 0, n = 0;

        for (; input->next < input->end; n++, input->next++) {
                unsigned digit = (unsigned)(*input->next - '0');

                if (digit > 9)
                        break;
                if (n < 6)
                        usec = usec * 10 + (int)digit;
        }
        if (n == 0)
                return false;
        for (; n < 6; n++)
                usec *= 10;
        *ret_usec = usec;
        return true;
}

static bool is_leap_year(int year) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month) {
        static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

        return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Years are counted from March here, which puts the leap day at the year's end: then the days before a month
 * are (153 * month + 2) / 5 with March as month 0 (months of 31, 30, 31, 30, 31 days: 153, twice and a bit).
 * After "chrono-Compatible Low-Level Date Algorithms" by Howard Hinnant. */
static int64_t days_since_1970(int year, int month, int day) {
        int64_t march_year = (int64_t)year - (month <= 2);
        int64_t era = (march_year >= 0 ? march_year : march_year - (YEARS_PER_ERA - 1)) / YEARS_PER_ERA;
        int64_t year_of_era = march_year - era * YEARS_PER_ERA;
        int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

        return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
               DAYS_TO_1970;
}

static void date_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day) {
        int64_t shifted = days + DAYS_TO_1970;
        int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
        int64_t day_of_era = shifted - era * DAYS_PER_ERA;
        int64_t year_of_era = (day_of_era - day_of_era / (DAYS_PER_4_YEARS - 1) +
                               day_of_era / DAYS_PER_CENTURY - day_of_era / (DAYS_PER_ERA - 1)) /
                              365;
        int day_of_year = (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
        int march_month = (5 * day_of_year + 2) / 153;

        *ret_day = day_of_year - (153 * march_month + 2) / 5 + 1;
        *ret_month = march_month < 10 ? march_month + 3 : march_month - 9;
        *ret_year = year_of_era + era * YEARS_PER_ERA + (*ret_month <= 2);
}

static bool read_date(Input *input, int *ret_year, int *ret_month, int *ret_day) {
        bool minus = skip(input, '-');
        bool sign = minus || skip(input, '+');

        /* Without a sign a fifth digit is more likely a slip than a year. */
        if (!read_number(input, 4, sign ? 6 : 4, ret_year))
                return false;
        if (minus)
                *ret_year = -*ret_year;
        if (!skip(input, '-'))
                return true;
        if (!read_number(input, 1, 2, ret_month) || *ret_month < 1 || *ret_month > 12)
                return false;
        if (!skip(input, '-'))
                return true;
        return read_number(input, 1, 2, ret_day) && *ret_day >= 1 &&
               *ret_day <= days_of_month(*ret_year, *ret_month);
}

static bool read_time(Input *input, int *ret_seconds, int *ret_usec) {
        int hour, minute = 0, second = 0;

        if (!read_number(input, 1, 2, &hour) || hour > 23)
                return false;
        if (skip(input, ':')) {
                if (!read_number(input, 1, 2, &minute) || minute > 59)
                        return false;
                if (skip(input, ':')) {
                        if (!read_number(input, 1, 2, &second) || second > 59)
                                return false;
                        if (skip(input, '.') && !read_fraction(input, ret_usec))
                                return false;
                }
        }
        *ret_seconds = hour * SECONDS_PER_HOUR + minute * SECONDS_PER_MINUTE + second;
        return true;
}

static bool read_zone(Input *input, int *ret_offset_seconds) {
        int hours, minutes = 0;
        bool minus;

        if (input->next == input->end)
                return true;
        skip(input, ' ');
        if (skip(input, 'Z'))
                return true;
        minus = skip(input, '-');
        if (!minus && !skip(input, '+'))
                return false;
        if (!read_number(input, 1, 2, &hours))
                return false;
        if (skip(input, ':')) {
                if (!read_number(input, 1, 2, &minutes))
                        return false;
        } else if (input->next < input->end && !read_number(input, 2, 2, &minutes))
                return false;
        if (minutes > 59 || hours * 60 + minutes > ZONE_HOURS_MAX * 60)
                return false;
        *ret_offset_seconds = (hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE) * (minus ? -1 : 1);
        return true;
}

int timestamp_parse(const char *data, size_t size, int64_t *ret_usec) {
        Input input = {data, data + size};
        int year, month = 1, day = 1, seconds = 0, usec = 0, offset_seconds = 0;
        int64_t value;

        if (!read_date(&input, &year, &month, &day))
                return -EINVAL;
        if (input.next < input.end) {
                if (!skip(&input, 'T') && !skip(&input, ' '))
                        return -EINVAL;
                if (!read_time(&input, &seconds, &usec) || !read_zone(&input, &offset_seconds))
                        return -EINVAL;
                if (input.next < input.end)
                        return -EINVAL;
        }
        value = days_since_1970(year, month, day) * SECONDS_PER_DAY + seconds - offset_seconds;
        /* Towards zero first: the least timestamp begins in a second whose start does not fit. */
        if (value < 0 && usec > 0) {
                value++;
                usec -= USEC_PER_SECOND;
        }
        if (__builtin_mul_overflow(value, USEC_PER_SECOND, &value) ||
            __builtin_add_overflow(value, usec, &value))
                return -ERANGE;
        *ret_usec = value;
        return 0;
}

/* Writes value with at least n digits; returns the place behind it. */
static char *write_number(char *to, int64_t value, int n) {
        char digits[20];
        int size = 0;

        for (; value > 0 || size < n; value /= 10)
                digits[size++] = (char)('0' + value % 10);
        while (size > 0)
                *to++ = digits[--size];
        return to;
}

static char *write_year(char *to, int64_t year) {
        if (year < 0)
                *to++ = '-';
        else if (year > 9999)
                *to++ = '+';
        return write_number(to, year < 0 ? -year : year, 4);
}

size_t timestamp_format(int64_t usec, char ret[static TIMESTAMP_TEXT_MAX]) {
        int64_t usec_of_second = usec % USEC_PER_SECOND, seconds = usec / USEC_PER_SECOND, days, year;
        int month, day, second_of_day;
        char *to = ret;

        if (usec_of_second < 0) {
                usec_of_second += USEC_PER_SECOND;
                seconds--;
        }
        days = seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0);
        second_of_day = (int)(seconds - days * SECONDS_PER_DAY);
        date_of_days(days, &year, &month, &day);

        to = write_year(to, year);
        *to++ = '-';
        to = write_number(to, month, 2);
        *to++ = '-';
        to = write_number(to, day, 2);
        *to++ = ' ';
        to = write_number(to, second_of_day / SECONDS_PER_HOUR, 2);
        *to++ = ':';
        to = write_number(to, second_of_day / SECONDS_PER_MINUTE % 60, 2);
        *to++ = ':';
        to = write_number(to, second_of_day % 60, 2);
        if (usec_of_second > 0) {
                *to++ = '.';
                to = write_number(to, usec_of_second, 6);
                while (to[-1] == '0')
                        to--;
        }
        return (size_t)(to - ret);
}
