/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "manager.h"

static void print_help(FILE *file) {
        fputs("Usage: etl-coordinator [OPTION...]\n"
              "Starts the jobs and as many workers as their load asks for.\n\n"
              "  -c, --config=FILE   the suite's configuration (" SYSCONFDIR "/streametl.conf)\n"
              "  -h, --help          print this\n"
              "      --version       print the version\n\n"
              "See etl-coordinator(8).\n",
              file);
}

/* Returns 1 to go on, 0 if everything asked for is done, or -EINVAL. */
static int parse_options(int argc, char *argv[], const char **ret_config) {
        static const struct option table[] = {
                {"config", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'V'},
                {},
        };
        int c;

        *ret_config = SYSCONFDIR "/streametl.conf";
        while ((c = getopt_long(argc, argv, "c:h", table, NULL)) >= 0)
                switch (c) {
                case 'c': *ret_config = optarg; break;
                case 'h': print_help(stdout); return 0;
                case 'V': puts(PACKAGE_STRING); return 0;
                default: return -EINVAL; /* getopt has said why */
                }
        if (optind == argc)
                return 1;
        print_help(stderr);
        return -EINVAL;
}

static int run(const char *config) {
        _cleanup_(manager_freep) Manager *manager = NULL;
        int r;

        r = manager_new(config, &manager);
        if (r < 0)
                return r == -EINVAL || r == -ENOENT ? EX_CONFIG : EXIT_FAILURE;
        manager_listen(manager);
        r = manager_watch(manager);
        if (r < 0) {
                log_error_errno(r, "Cannot start: %m");
                return EXIT_FAILURE;
        }
        (void)sd_notify(0, "READY=1");
        r = sd_event_loop(manager->event);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
        const char *config;
        int r;

        log_open("etl-coordinator");
        r = parse_options(argc, argv, &config);
        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        return run(config);
}
