/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "record-reader-oracle.h"

/* An entry for libFuzzer and AFL++ (build it with -fsanitize=fuzzer). The first record of an input, up to
 * the first newline, is read before the rest: what the reader has learnt from one record must not change
 * what it makes of the next. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(Oracle *oracle, const uint8_t *data, size_t size) {
        _cleanup_free_ uint8_t *exact = malloc(size); /* so that the sanitizer sees a read past the end */
        const char *error;

        if (!exact)
                abort();
        error = oracle_check(oracle, memcpy(exact, data, size), size);
        if (error) {
                fprintf(stderr, "%s: %.*s\n", error, (int)size, (const char *)data);
                abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Oracle *oracle; /* a reader lives long, and new ones would cost most of the time */
        const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;

        if (!oracle && oracle_new(&oracle) < 0)
                abort();
        if (newline) {
                check(oracle, data, (size_t)(newline - data));
                size -= (size_t)(newline + 1 - data);
                data = newline + 1;
        }
        if (size > 0)
                check(oracle, data, size);
        return 0;
}
