/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stdio.h>

#include "base/macros.h"

typedef enum OptionId {
        OPTION_OUTPUT,
        OPTION_JSON,
        OPTION_NO_LEGEND,
        OPTION_NO_PAGER,
        OPTION_WATCH,
        OPTION_LINES,
        OPTION_WHERE,
        OPTION_YES,
        OPTION_CONFIG,
        OPTION_MIN,
        OPTION_MAX,
        OPTION_DEFAULT,
        OPTION_JOB,
        OPTION_LOAD,
        OPTION_WORKER_RATE,
        OPTION_BACKLOG_TIMEOUT,
        OPTION_IDLE_TIMEOUT,
        OPTION_CATCH_UP_TIME,
        OPTION_TARGET_UTILISATION,
        OPTION_RATE_LIMIT,
        OPTION_HELP,
        OPTION_VERSION,
        _OPTION_MAX,
} OptionId;

#define OPTION_BIT(option) (UINT32_C(1) << (option))

typedef enum PrintFormat { PRINT_TABLE, PRINT_JSON, PRINT_CSV } PrintFormat;

typedef struct Options {
        uint32_t given;                  /* OPTION_BIT() of each */
        const char *values[_OPTION_MAX]; /* weak: of argv; "" of one without argument; the last one given */
        char **where;                    /* every --where */
        PrintFormat format;
        unsigned lines; /* 0: not given */
} Options;

void options_done(Options *options);
static inline bool option_is_given(const Options *options, OptionId option) {
        return options->given & OPTION_BIT(option);
}

/* Reads them from argv, and says on standard error what is wrong. optind is then that of the first word.
 * Returns 0, -EINVAL or -ENOMEM. */
int options_parse(Options *options, int argc, char *argv[]);
/* "--where", as a message names it. */
const char *option_name(OptionId option);
void options_print_help(FILE *file);
