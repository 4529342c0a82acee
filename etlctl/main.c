/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <locale.h>

#include "base/nearest.h"
#include "config/config.h"
#include "output.h"
#include "verbs.h"

enum { VERBS_MAX = 64 };

static void print_help(FILE *file) {
        static const char *const arguments[_ARGUMENT_MAX] = {"", "[JOB]", "JOB", "[FILE]",
                                                             "JOB|FILE [QUERY]"};

        fputs("Usage: etlctl [OPTION...] VERB [ARGUMENT...]\n"
              "Looks at StreamETL and controls it.\n\n",
              file);
        for (const Verb *verb = verbs; verb->name; verb++) {
                char text[64];

                snprintf(text, sizeof(text), "%s %s", verb->name, arguments[verb->argument]);
                fprintf(file, "  %-26s %s\n", text, verb->help);
        }
        fputc('\n', file);
        options_print_help(file);
        fputs("\nSee etlctl(1).\n", file);
}

static const Verb *find_verb(const char *name) {
        const char *names[VERBS_MAX] = {}, *nearest;

        for (size_t i = 0; verbs[i].name; i++) {
                if (strcmp(verbs[i].name, name) == 0)
                        return &verbs[i];
                names[i] = verbs[i].name;
        }
        nearest = nearest_name(name, names);
        if (nearest)
                fprintf(stderr, "etlctl: there is no verb %s; did you mean %s?\n", name, nearest);
        else
                fprintf(stderr, "etlctl: there is no verb %s; etlctl --help lists them\n", name);
        return NULL;
}

static bool options_are_right(const Call *call) {
        const uint32_t always =
                OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION) | OPTION_BIT(OPTION_NO_PAGER);

        for (OptionId i = 0; i < _OPTION_MAX; i++)
                if (option_is_given(call->options, i) && !((call->verb->options | always) & OPTION_BIT(i))) {
                        fprintf(stderr, "etlctl: %s does not take %s; etlctl --help says which verb does\n",
                                call->verb->name, option_name(i));
                        return false;
                }
        return true;
}

static bool words_are_right(const Call *call, int n_words) {
        const Verb *verb = call->verb;
        int most = verb->argument == ARGUMENT_NONE ? 0 : verb->argument == ARGUMENT_QUERY ? 2 : 1;
        bool is_job = verb->argument == ARGUMENT_JOB || verb->argument == ARGUMENT_OPTIONAL_JOB;

        if (n_words > most)
                fprintf(stderr, "etlctl: %s takes %s%s\n", verb->name,
                        most == 0   ? "no argument"
                        : most == 1 ? "one argument"
                                    : "a job or a file, and a query",
                        most == 2 ? "; quote the query" : "");
        else if (verb->argument == ARGUMENT_JOB && !call->job)
                fprintf(stderr, "etlctl: %s needs the name of a job; etlctl jobs lists them\n", verb->name);
        else if (verb->argument == ARGUMENT_QUERY && !call->job)
                fprintf(stderr, "etlctl: %s needs the name of a job or the file of one\n", verb->name);
        else if (is_job && call->job && !job_name_is_valid(call->job))
                fprintf(stderr, "etlctl: \"%s\" cannot be a job's name; etlctl jobs lists them\n",
                        call->job);
        else
                return true;
        return false;
}

static int run(const Options *options, int n_words, char *words[]) {
        Call call = {.options = options};
        int r;

        if (option_is_given(options, OPTION_HELP)) {
                print_help(stdout);
                return 0;
        }
        if (option_is_given(options, OPTION_VERSION)) {
                puts(PACKAGE_STRING);
                return 0;
        }
        if (n_words == 0) {
                print_help(stderr);
                return STATUS_USAGE;
        }
        call.verb = find_verb(words[0]);
        if (!call.verb)
                return STATUS_USAGE;
        call.job = n_words > 1 ? words[1] : NULL;
        call.query = n_words > 2 ? words[2] : NULL;
        if (!options_are_right(&call) || !words_are_right(&call, n_words - 1))
                return STATUS_USAGE;
        /* JSON escapes them; CSV that goes elsewhere is to be read by programs. */
        if (options->format == PRINT_JSON || (options->format == PRINT_CSV && !isatty(STDOUT_FILENO)))
                client_keep_controls();
        r = call.verb->run(&call);
        output_end();
        return r < 0 ? STATUS_FAILED : r;
}

int main(int argc, char *argv[]) {
        Options options;
        int r;

        setlocale(LC_ALL, "");
        r = options_parse(&options, argc, argv);
        r = r < 0 ? STATUS_USAGE : run(&options, argc - optind, argv + optind);
        options_done(&options);
        return r;
}
