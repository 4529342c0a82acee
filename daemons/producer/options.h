/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "pacing.h"

typedef struct Options {
        const char *topic;
        char **properties; /* of librdkafka, "key=value", NULL-terminated */
        size_t n_properties;
        PacingMode pacing;
        double per_sec;
        uint64_t count; /* UINT64_MAX: without end */
        uint64_t seed;
        bool fixed_times; /* event times are start_usec, start_usec + step_usec, ... and not the clock's */
        int64_t start_usec, step_usec;
        bool keys;
        bool quiet;
} Options;

/* Reads the command line; says itself what is wrong with it. Returns 1; 0 if there is nothing left to do
 * (--help); or a negative errno. */
int options_parse(int argc, char *argv[], Options *ret);
void options_done(Options *options);
