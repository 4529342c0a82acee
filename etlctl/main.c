/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <getopt.h>
#include <stdio.h>

#include "base/nearest.h"
#include "check.h"
#include "client.h"
#include "config/config.h"
#include "dead-letters.h"
#include "views.h"

typedef struct Options {
        const char *config;
        bool json, watch;
} Options;

typedef enum Argument { ARGUMENT_NONE, ARGUMENT_OPTIONAL_JOB, ARGUMENT_JOB, ARGUMENT_FILE } Argument;

typedef struct Verb {
        const char *name;
        Argument argument;
        bool post;
        const char *path;     /* in the API */
        const char *job_path; /* the same of one job: behind jobs/JOB */
        int (*view)(json_object *answer, FILE *file);
        int (*job_view)(json_object *answer, FILE *file);
        const char *help;
        int (*read)(const char *job, json_object **ret); /* the answer, if not from the API */
        const char *state_option;                        /* of etl-job, which does it */
} Verb;

static const Verb verbs[] = {
        {.name = "status",
         .argument = ARGUMENT_OPTIONAL_JOB,
         .path = "status",
         .job_path = "",
         .view = view_status,
         .job_view = view_job,
         .help = "how the suite does, or one job with its partitions"},
        {.name = "jobs", .path = "jobs", .view = view_jobs, .help = "the jobs"},
        {.name = "workers",
         .argument = ARGUMENT_OPTIONAL_JOB,
         .path = "workers",
         .job_path = "/workers",
         .view = view_workers,
         .job_view = view_workers,
         .help = "the workers and what they have done"},
        {.name = "decisions",
         .argument = ARGUMENT_OPTIONAL_JOB,
         .path = "decisions",
         .job_path = "/decisions",
         .view = view_decisions,
         .job_view = view_decisions,
         .help = "the last changes of the number of workers, and why"},
        {.name = "results",
         .argument = ARGUMENT_JOB,
         .job_path = "/results",
         .job_view = view_results,
         .help = "rows of the last epoch"},
        {.name = "dead-letters",
         .argument = ARGUMENT_JOB,
         .read = dead_letters_read,
         .job_view = view_dead_letters,
         .help = "the last records that were put aside, from the journal"},
        {.name = "pause",
         .argument = ARGUMENT_JOB,
         .post = true,
         .job_path = "/pause",
         .job_view = view_job,
         .help = "give a job no work until resume"},
        {.name = "resume",
         .argument = ARGUMENT_JOB,
         .post = true,
         .job_path = "/resume",
         .job_view = view_job,
         .help = "end a pause"},
        {.name = "reset",
         .argument = ARGUMENT_JOB,
         .state_option = "--reset",
         .help = "drop the state of a job that does not run, and begin anew"},
        {.name = "adopt",
         .argument = ARGUMENT_JOB,
         .state_option = "--adopt",
         .help = "let a job that does not run take its sinks over as they are"},
        {.name = "check",
         .argument = ARGUMENT_FILE,
         .help = "tell what is wrong with the configuration, or with one job's file"},
        {},
};

static void print_help(FILE *file) {
        static const char *const arguments[] = {"", "[JOB]", "JOB", "[FILE]"};

        fputs("Usage: etlctl [OPTION...] VERB [ARGUMENT]\n"
              "Looks at StreamETL and controls it.\n\n",
              file);
        for (const Verb *verb = verbs; verb->name; verb++)
                fprintf(file, "  %-12s %-7s %s\n", verb->name, arguments[verb->argument], verb->help);
        fputs("\n"
              "  -j, --json          print the API's answer\n"
              "  -w, --watch         print it again every second\n"
              "  -c, --config=FILE   for check: the suite's configuration\n"
              "                      (" SYSCONFDIR "/streametl.conf)\n"
              "  -h, --help          print this\n"
              "      --version       print the version\n\n"
              "See etlctl(1).\n",
              file);
}

static const Verb *find_verb(const char *name) {
        const char *names[ELEMENTSOF(verbs)] = {}, *nearest;

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

static bool argument_is_right(const Verb *verb, const char *argument) {
        if (verb->argument == ARGUMENT_NONE && argument)
                fprintf(stderr, "etlctl: %s takes no argument\n", verb->name);
        else if (verb->argument == ARGUMENT_JOB && !argument)
                fprintf(stderr, "etlctl: %s needs the name of a job; etlctl jobs lists them\n", verb->name);
        else if (argument && verb->argument != ARGUMENT_FILE && !job_name_is_valid(argument))
                fprintf(stderr, "etlctl: \"%s\" cannot be a job's name; etlctl jobs lists them\n", argument);
        else
                return true;
        return false;
}

static int ask_once(const Verb *verb, const char *job, const Options *options) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        char path[256];
        int r;

        if (job)
                snprintf(path, sizeof(path), "jobs/%s%s", job, verb->job_path ?: "");
        else
                snprintf(path, sizeof(path), "%s", verb->path);
        r = verb->read   ? verb->read(job, &answer)
            : verb->post ? client_post(path, &answer)
                         : client_get(path, &answer);
        if (r < 0)
                return r;
        if (options->watch && !options->json)
                fputs("\033[H\033[2J", stdout); /* top left, clear */
        if (options->json)
                puts(json_object_to_json_string_ext(
                        answer, options->watch ? JSON_C_TO_STRING_PLAIN
                                               : JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
        else
                r = (job ? verb->job_view : verb->view)(answer, stdout);
        return fflush(stdout) < 0 ? -errno : r;
}

static int run(const Verb *verb, const char *argument, const Options *options) {
        int r;

        if (verb->argument == ARGUMENT_FILE)
                return check_configuration(options->config, argument);
        if (verb->state_option) {
                execl(LIBEXECDIR "/etl-job", "etl-job", verb->state_option, argument, NULL);
                fprintf(stderr, "etlctl: cannot run " LIBEXECDIR "/etl-job: %s\n", strerror(errno));
                return -errno;
        }
        do {
                r = ask_once(verb, argument, options);
                if (r >= 0 && options->watch)
                        sleep(1);
        } while (r >= 0 && options->watch);
        return r;
}

int main(int argc, char *argv[]) {
        static const struct option table[] = {
                {"json", no_argument, NULL, 'j'},         {"watch", no_argument, NULL, 'w'},
                {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'V'},      {},
        };
        Options options = {.config = SYSCONFDIR "/streametl.conf"};
        const Verb *verb;
        int c;

        while ((c = getopt_long(argc, argv, "jwc:h", table, NULL)) >= 0)
                switch (c) {
                case 'j': options.json = true; break;
                case 'w': options.watch = true; break;
                case 'c': options.config = optarg; break;
                case 'h': print_help(stdout); return EXIT_SUCCESS;
                case 'V': puts(PACKAGE_STRING); return EXIT_SUCCESS;
                default: return EXIT_FAILURE;
                }
        if (optind == argc || argc - optind > 2) {
                print_help(stderr);
                return EXIT_FAILURE;
        }
        verb = find_verb(argv[optind]);
        if (!verb || !argument_is_right(verb, argv[optind + 1]))
                return EXIT_FAILURE;
        return run(verb, argv[optind + 1], &options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
