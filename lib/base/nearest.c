/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <ctype.h>

#include "base/nearest.h"

/* Longer names get no suggestion: the three rows of the table stay on the stack. */
#define NAME_LENGTH_MAX ((size_t)127)

static bool same_letter(char a, char b) {
        return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The table of distances between the prefixes of both names, of which the last three rows are kept. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
        size_t rows[3][NAME_LENGTH_MAX + 1];

        for (size_t j = 0; j <= b_length; j++)
                rows[0][j] = j;

        for (size_t i = 1; i <= a_length; i++) {
                const size_t *before_last = rows[(i + 1) % 3], *last = rows[(i + 2) % 3];
                size_t *row = rows[i % 3];

                row[0] = i;
                for (size_t j = 1; j <= b_length; j++) {
                        size_t changed = last[j - 1] + !same_letter(a[i - 1], b[j - 1]);
                        size_t inserted = row[j - 1] + 1, dropped = last[j] + 1;

                        row[j] = MIN(inserted, dropped);
                        row[j] = MIN(row[j], changed);
                        if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                            same_letter(a[i - 2], b[j - 1]))
                                row[j] = MIN(row[j], before_last[j - 2] + 1);
                }
        }

        return rows[a_length % 3][b_length];
}

const char *nearest_name(const char *name, const char *const *candidates) {
        size_t length = strlen(name), least = SIZE_MAX;
        const char *nearest = NULL;

        if (length == 0 || length > NAME_LENGTH_MAX)
                return NULL;

        for (; *candidates; candidates++) {
                size_t candidate_length = strlen(*candidates), longer, d;

                if (candidate_length == 0 || candidate_length > NAME_LENGTH_MAX)
                        continue;
                longer = MAX(length, candidate_length);
                d = distance(name, length, *candidates, candidate_length);
                if (d < least && d < longer && d <= MAX(longer / 3, (size_t)1)) {
                        least = d;
                        nearest = *candidates;
                }
        }

        return nearest;
}
