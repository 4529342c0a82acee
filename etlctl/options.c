/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <getopt.h>

#include "base/strv.h"
#include "options.h"

typedef struct OptionSpec {
        const char *name; /* with its dashes, as it is printed */
        char letter;
        const char *argument; /* NULL: none */
        const char *help;
} OptionSpec;

static const OptionSpec specs[_OPTION_MAX] = {
        [OPTION_OUTPUT] = {"--output", 'o', "FORMAT", "table, json or csv"},
        [OPTION_JSON] = {"--json", 'j', NULL, "the API's answer as JSON, as --output=json"},
        [OPTION_NO_LEGEND] = {"--no-legend", 0, NULL, "no line of heads"},
        [OPTION_NO_PAGER] = {"--no-pager", 0, NULL, "do not pipe long output into a pager"},
        [OPTION_WATCH] = {"--watch", 'w', NULL, "show it again every second"},
        [OPTION_LINES] = {"--lines", 'n', "N", "of a list that grows, the newest N (100)"},
        [OPTION_WHERE] = {"--where", 0, "COLUMN=VALUE", "results: only these rows; may be repeated"},
        [OPTION_YES] = {"--yes", 'y', NULL, "reset: do not ask"},
        [OPTION_CONFIG] = {"--config", 'c', "FILE",
                           "the suite's configuration (" SYSCONFDIR "/streametl.conf)"},
        [OPTION_MIN] = {"--min", 0, "N", "scale, simulate: at least so many workers"},
        [OPTION_MAX] = {"--max", 0, "N", "scale, simulate: at most so many workers"},
        [OPTION_DEFAULT] = {"--default", 0, NULL, "scale: back to what the job's file says"},
        [OPTION_JOB] = {"--job", 0, "JOB", "simulate: this job's settings and last hour"},
        [OPTION_LOAD] = {"--load", 0, "TEXT", "simulate: \"0s 100/s, 10s 5000/s, 40s 0/s\""},
        [OPTION_WORKER_RATE] = {"--worker-rate", 0, "N", "simulate: records per second of a busy worker"},
        [OPTION_BACKLOG_TIMEOUT] = {"--backlog-timeout", 0, "TIME",
                                    "simulate: how long a backlog must last"},
        [OPTION_IDLE_TIMEOUT] = {"--idle-timeout", 0, "TIME", "simulate: how long fewer must have sufficed"},
        [OPTION_CATCH_UP_TIME] = {"--catch-up-time", 0, "TIME", "simulate: in what time a backlog is to go"},
        [OPTION_TARGET_UTILISATION] = {"--target-utilisation", 0, "X", "simulate: share of a worker's time"},
        [OPTION_RATE_LIMIT] = {"--rate-limit", 0, "N", "simulate: most records per second of a worker"},
        [OPTION_HELP] = {"--help", 'h', NULL, "print this"},
        [OPTION_VERSION] = {"--version", 0, NULL, "print the version"},
};

void options_done(Options *options) {
        strv_free(options->where);
}

const char *option_name(OptionId option) {
        return specs[option].name;
}

void options_print_help(FILE *file) {
        for (const OptionSpec *spec = specs; spec < specs + _OPTION_MAX; spec++) {
                char text[64], letter[] = {'-', spec->letter, ',', ' ', '\0'};

                snprintf(text, sizeof(text), "%s%s%s%s", spec->letter ? letter : "    ", spec->name,
                         spec->argument ? "=" : "", spec->argument ?: "");
                fprintf(file, "  %-28s %s\n", text, spec->help);
        }
}

/* What getopt wants. An option's value is its id, out of the way of the letters. */
enum { FIRST_ID = 256 };

static void fill_tables(struct option table[static _OPTION_MAX + 1],
                        char letters[static 2 * _OPTION_MAX + 1]) {
        size_t n = 0;

        for (size_t i = 0; i < _OPTION_MAX; i++) {
                table[i] = (struct option){specs[i].name + strlen("--"),
                                           specs[i].argument ? required_argument : no_argument, NULL,
                                           FIRST_ID + (int)i};
                if (specs[i].letter)
                        letters[n++] = specs[i].letter;
                if (specs[i].letter && specs[i].argument)
                        letters[n++] = ':';
        }
        table[_OPTION_MAX] = (struct option){};
        letters[n] = '\0';
}

static OptionId id_of(int c) {
        OptionId id = 0;

        if (c >= FIRST_ID)
                return (OptionId)(c - FIRST_ID);
        while (specs[id].letter != c)
                id++;
        return id;
}

static int set_format(Options *options, const char *text) {
        static const char *const names[] = {
                [PRINT_TABLE] = "table", [PRINT_JSON] = "json", [PRINT_CSV] = "csv"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(text, names[i]) == 0) {
                        options->format = (PrintFormat)i;
                        return 0;
                }
        fprintf(stderr, "etlctl: there is no output \"%s\"; there are table, json and csv\n", text);
        return -EINVAL;
}

static int set_lines(Options *options, const char *text) {
        char *end;
        unsigned long n = strtoul(text, &end, 10);

        if (*text < '0' || *text > '9' || *end || n < 1 || n > 1000) {
                fprintf(stderr, "etlctl: --lines takes a number from 1 to 1000, not \"%s\"\n", text);
                return -EINVAL;
        }
        options->lines = (unsigned)n;
        return 0;
}

static int set_where(Options *options, const char *text) {
        const char *equals = strchr(text, '=');

        if (!equals || equals == text) {
                fprintf(stderr, "etlctl: --where takes COLUMN=VALUE, not \"%s\"\n", text);
                return -EINVAL;
        }
        return strv_extend(&options->where, text);
}

static int set(Options *options, OptionId id, const char *text) {
        options->given |= OPTION_BIT(id);
        options->values[id] = text ?: "";
        switch (id) {
        case OPTION_OUTPUT: return set_format(options, text);
        case OPTION_JSON: options->format = PRINT_JSON; return 0;
        case OPTION_LINES: return set_lines(options, text);
        case OPTION_WHERE: return set_where(options, text);
        default: return 0;
        }
}

int options_parse(Options *options, int argc, char *argv[]) {
        struct option table[_OPTION_MAX + 1];
        char letters[2 * _OPTION_MAX + 1];
        int c, r = 0;

        *options = (Options){.values = {[OPTION_CONFIG] = SYSCONFDIR "/streametl.conf"}};
        fill_tables(table, letters);
        while (r >= 0 && (c = getopt_long(argc, argv, letters, table, NULL)) >= 0)
                r = c == '?' ? -EINVAL : set(options, id_of(c), optarg); /* getopt has said why */
        return r;
}
