/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/signals.h"
#include "wire/messages.h"
#include "worker.h"

typedef struct Options {
        char *job;
        unsigned number;
        char *socket_path;
} Options;

static void options_done(Options *options) {
        free(options->job);
        free(options->socket_path);
}

static int usage(FILE *file) {
        fputs("usage: etl-worker [--socket=PATH] JOB:NUMBER\n"
              "Works for a job: reads the ranges that it leases to this worker. See etl-worker(8).\n",
              file);
        return 0;
}

/* "cs_student_logs:3": the instance of the unit. */
static int parse_instance(const char *text, Options *options) {
        const char *colon = strrchr(text, ':');
        char *end;
        unsigned long number;

        if (!colon || colon == text || colon[1] < '0' || colon[1] > '9')
                return -EINVAL;
        errno = 0;
        number = strtoul(colon + 1, &end, 10);
        if (*end != '\0' || errno != 0 || number > UINT16_MAX)
                return -EINVAL;
        options->number = (unsigned)number;
        options->job = strndup(text, (size_t)(colon - text));
        return options->job ? 0 : -ENOMEM;
}

/* Returns 1 to go on, 0 if everything asked for is done, or a negative errno. */
static int options_parse(int argc, char *argv[], Options *options) {
        static const struct option table[] = {
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'V'},
                {"socket", required_argument, NULL, 's'},
                {},
        };
        int c, r;

        while ((c = getopt_long(argc, argv, "h", table, NULL)) >= 0)
                switch (c) {
                case 'h': return usage(stdout);
                case 'V': puts(PACKAGE_STRING); return 0;
                case 's':
                        free(options->socket_path);
                        options->socket_path = strdup(optarg);
                        if (!options->socket_path)
                                return log_oom();
                        break;
                default: return -EINVAL;
                }
        r = optind + 1 == argc ? parse_instance(argv[optind], options) : -EINVAL;
        if (r == -EINVAL) {
                usage(stderr);
                return r;
        }
        if (r >= 0 && !options->socket_path &&
            asprintf(&options->socket_path, "%s/%s.sock", WORKER_SOCKET_FOLDER, options->job) < 0) {
                options->socket_path = NULL;
                r = -ENOMEM;
        }
        return r < 0 ? log_oom() : 1;
}

static int on_sigterm(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        worker_leave(userdata);
        return 0;
}

static int run(int argc, char *argv[]) {
        _cleanup_(options_done) Options options = {};
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(worker_freep) Worker *worker = NULL;
        char number[16];
        int r;

        log_open("etl-worker");
        r = options_parse(argc, argv, &options);
        if (r <= 0)
                return r;
        snprintf(number, sizeof(number), "%u", options.number);
        log_set_field("STREAMETL_JOB", options.job);
        log_set_field("STREAMETL_WORKER", number);
        r = sd_event_default(&event);
        if (r >= 0)
                r = worker_new(event, options.socket_path, options.number, &worker);
        if (r >= 0)
                r = signals_watch(event, on_sigterm, NULL, worker);
        if (r < 0)
                return log_error_errno(r, "Cannot start: %m");
        (void)sd_notify(0, "READY=1\nSTATUS=Connecting to the job");
        return sd_event_loop(event);
}

int main(int argc, char *argv[]) {
        return run(argc, argv) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
