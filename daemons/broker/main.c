/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/log.h"
#include "base/signals.h"
#include "cluster.h"
#include "relay.h"

#define DEFAULT_ADDRESS "localhost:9092"
#define DEFAULT_TOPIC "cs_student_logs:1"

typedef struct Options {
        const char *address;
        char **topics; /* the strings are argv's (weak) */
        size_t n_topics;
} Options;

static void options_done(Options *options) {
        free(options->topics);
}

static void print_help(void) {
        printf("Usage: %s [OPTION...]\n"
               "Development broker: Kafka's protocol without Kafka, everything in memory.\n\n"
               "  -l, --listen=HOST:PORT       where clients find it (" DEFAULT_ADDRESS ")\n"
               "  -t, --topic=NAME:PARTITIONS  create this topic, may be repeated (" DEFAULT_TOPIC ")\n"
               "  -h, --help                   print this\n"
               "      --version                print the version\n\n"
               "See etl-broker(8).\n",
               program_invocation_short_name);
}

/* 1, 0 if there is nothing left to do, or a negative errno. */
static int parse_options(int argc, char *argv[], Options *options) {
        static const struct option long_options[] = {
                {"listen", required_argument, NULL, 'l'},
                {"topic", required_argument, NULL, 't'},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'V'},
                {},
        };
        int option;

        options->address = DEFAULT_ADDRESS;
        options->topics = new0(char *, (size_t)argc + 1);
        if (!options->topics)
                return log_oom();
        while ((option = getopt_long(argc, argv, "l:t:h", long_options, NULL)) >= 0)
                switch (option) {
                case 'l': options->address = optarg; break;
                case 't': options->topics[options->n_topics++] = optarg; break;
                case 'h': print_help(); return 0;
                case 'V': puts(PACKAGE_STRING); return 0;
                default: return -EINVAL; /* getopt has said why */
                }
        if (optind < argc)
                return log_error_errno(EINVAL, "Unexpected argument \"%s\"", argv[optind]);
        if (options->n_topics == 0)
                options->topics[options->n_topics++] = (char *)DEFAULT_TOPIC;
        return 1;
}

/* The topics would live on, but nobody could find them: better to be restarted. */
static int on_relay_exit(sd_event_source *source, const siginfo_t *info, void *userdata) {
        log_error("systemd-socket-proxyd ended unexpectedly (%s %d)",
                  info->si_code == CLD_EXITED ? "status" : "signal", info->si_status);
        return sd_event_exit(sd_event_source_get_event(source), -ECHILD);
}

static int setup_signals(sd_event *event) {
        int r;

        r = signals_watch(event, NULL, NULL, NULL);
        /* sd-event wants it blocked before a child is watched. */
        return r < 0 ? r : sd_event_add_signal(event, NULL, SIGCHLD | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
}

static int run(int argc, char *argv[]) {
        _cleanup_(options_done) Options options = {};
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(cluster_freep) Cluster *cluster = NULL;
        _cleanup_(listeners_done) Listeners listeners = {};
        pid_t relay = 0;
        int r;

        log_open("etl-broker");
        r = parse_options(argc, argv, &options);
        if (r <= 0)
                return r;
        r = listeners_open(options.address, &listeners);
        if (r < 0)
                return r;
        r = sd_event_default(&event);
        if (r >= 0)
                r = setup_signals(event);
        if (r < 0)
                return log_error_errno(r, "Cannot set up the event loop: %m");
        r = cluster_new(options.topics, options.n_topics, &cluster);
        if (r < 0)
                return r;
        r = relay_start(&listeners, cluster_address(cluster), &relay);
        if (r < 0)
                return r;
        r = sd_event_add_child(event, NULL, relay, WEXITED, on_relay_exit, NULL);
        if (r < 0)
                return log_error_errno(r, "Cannot watch the relay: %m");

        log_info("Development broker, everything in memory; clients are sent on to %s",
                 cluster_address(cluster));
        sd_notifyf(false, "READY=1\nSTATUS=Everything in memory; clients are sent on to %s",
                   cluster_address(cluster));
        r = sd_event_loop(event);
        sd_notify(false, "STOPPING=1");
        return r;
}

int main(int argc, char *argv[]) {
        return run(argc, argv) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
