/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "records.h"

typedef struct Text {
        const char *text;
        size_t size;
} Text;

#define TEXT(literal) {(literal), sizeof(literal) - 1}

static const Text names[] = {
        TEXT("Ahmed Khan"),     TEXT("Ayesha Malik"),  TEXT("Bilal Hussain"), TEXT("Daniel Brooks"),
        TEXT("Emma Clarke"),    TEXT("Fatima Noor"),   TEXT("Grace Miller"),  TEXT("Hamza Sheikh"),
        TEXT("Hira Aslam"),     TEXT("Jack Turner"),   TEXT("Laura Bennett"), TEXT("Maryam Siddiqui"),
        TEXT("Michael Hughes"), TEXT("Omar Farooq"),   TEXT("Peter Walsh"),   TEXT("Sana Iqbal"),
        TEXT("Sophie Martin"),  TEXT("Thomas Parker"), TEXT("Usman Tariq"),   TEXT("Zainab Raza"),
};

static const Text courses[] = {
        TEXT("Operating Systems"),       TEXT("Data Structures"), TEXT("Web Engineering"),
        TEXT("Artificial Intelligence"), TEXT("Linear Algebra"),
};

static const Text tools[] = {
        TEXT("VS Code"), TEXT("PyCharm"), TEXT("Git"), TEXT("GDB"), TEXT("Docker"), TEXT("Jupyter"),
};

static const Text errors[] = {
        TEXT("SegmentationFault"), TEXT("NullPointerException"), TEXT("SyntaxError"),
        TEXT("TimeoutError"),      TEXT("ImportError"),
};

static const Text no_error = TEXT("None");

static const struct {
        Text name;
        bool writes_lines, meets_errors;
} activities[] = {
        {.name = TEXT("coding"), .writes_lines = true},
        {.name = TEXT("debugging"), .meets_errors = true},
        {.name = TEXT("reading_docs")},
        {.name = TEXT("committing_code")},
        {.name = TEXT("running_tests"), .meets_errors = true},
};

enum {
        YEAR_FIRST = 2021,
        YEAR_LAST = 2025,
        STUDENTS_PER_YEAR = 1000,
        LINES_LEAST = 5,
        LINES_MOST = 150,
        CPU_LEAST_HUNDREDTHS = 1050,
        CPU_MOST_HUNDREDTHS = 9500,
};

void random_seed(Random *random, uint64_t seed) {
        /* splitmix64: close seeds must not give close states. */
        for (size_t i = 0; i < ELEMENTSOF(random->state); i++) {
                uint64_t z = seed += 0x9e3779b97f4a7c15;

                z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
                z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
                random->state[i] = z ^ (z >> 31);
        }
}

static uint32_t random_between(Random *random, uint32_t least, uint32_t most) {
        return least + random_below(random, most - least + 1);
}

#define pick(random, list) (&(list)[random_below((random), ELEMENTSOF(list))])

static char *put(char *p, const char *text, size_t size) {
        memcpy(p, text, size);
        return p + size;
}

#define PUT_LITERAL(p, literal) put((p), (literal), sizeof(literal) - 1)

static char *put_text(char *p, const Text *text) {
        return put(p, text->text, text->size);
}

static char *put_digits(char *p, uint64_t value, unsigned n_digits) {
        for (unsigned i = n_digits; i-- > 0; value /= 10)
                p[i] = (char)('0' + value % 10);
        return p + n_digits;
}

static char *put_number(char *p, uint64_t value) {
        unsigned n_digits = 1;

        for (uint64_t rest = value / 10; rest > 0; rest /= 10)
                n_digits++;
        return put_digits(p, value, n_digits);
}

/* A whole number of 10^-n_decimals, as Python prints the double: at least one decimal, no zeros behind it.
 * It is the shortest text that gives the double back, as long as it has no more than 15 digits, or 16 below
 * 2^53. */
static char *put_decimal(char *p, uint64_t value, uint32_t scale, unsigned n_decimals) {
        p = put_number(p, value / scale);
        *p++ = '.';
        p = put_digits(p, value % scale, n_decimals);
        while (p[-1] == '0' && p[-2] != '.')
                p--;
        return p;
}

void record_make(Random *random, int64_t time_usec, Record *ret) {
        size_t activity = random_below(random, ELEMENTSOF(activities));
        char *p = ret->text;

        p = PUT_LITERAL(p, "{\"timestamp\": ");
        p = put_decimal(p, (uint64_t)time_usec, 1000000, 6);

        p = PUT_LITERAL(p, ", \"student_id\": \"");
        ret->key_offset = (size_t)(p - ret->text);
        p = PUT_LITERAL(p, "CS-");
        p = put_digits(p, random_between(random, YEAR_FIRST, YEAR_LAST), 4);
        p = put_digits(p, random_below(random, STUDENTS_PER_YEAR), 3);
        ret->key_size = (size_t)(p - ret->text) - ret->key_offset;

        p = PUT_LITERAL(p, "\", \"student_name\": \"");
        p = put_text(p, pick(random, names));
        p = PUT_LITERAL(p, "\", \"course\": \"");
        p = put_text(p, pick(random, courses));
        p = PUT_LITERAL(p, "\", \"activity\": \"");
        p = put_text(p, &activities[activity].name);
        p = PUT_LITERAL(p, "\", \"tool_used\": \"");
        p = put_text(p, pick(random, tools));
        p = PUT_LITERAL(p, "\", \"lines_of_code\": ");
        p = put_number(p, activities[activity].writes_lines ? random_between(random, LINES_LEAST, LINES_MOST)
                                                            : 0);
        p = PUT_LITERAL(p, ", \"last_error\": \"");
        p = put_text(p, activities[activity].meets_errors ? pick(random, errors) : &no_error);
        p = PUT_LITERAL(p, "\", \"cpu_usage_pct\": ");
        p = put_decimal(p, random_between(random, CPU_LEAST_HUNDREDTHS, CPU_MOST_HUNDREDTHS), 100, 2);
        *p++ = '}';
        ret->size = (size_t)(p - ret->text);
}
