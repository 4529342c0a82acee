/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Shows what the scaling policy makes of loads that others found hard: one block of text per scenario.
 * Usage: scaling-simulator [-v] [SCENARIO...] */

#include <getopt.h>
#include <stdio.h>

#include "scaling-simulator-scenarios.h"
#include "scaling/simulation-chart.h"

enum { CHART_COLUMNS = 100 };

static void print_seconds(const char *name, double sec) {
        if (sec < 0)
                printf("  %s never", name);
        else
                printf("  %s %.1fs", name, sec);
}

static int print_outcome(const Scenario *scenario, const Outcome *outcome) {
        static const ChartStyle style = {.columns = CHART_COLUMNS, .rows = 1};
        _cleanup_buffer_ Buffer chart = {};

        if (simulation_chart(outcome, &style, &chart) < 0)
                return -ENOMEM;
        printf("%s: %s\n%.*s", scenario->name, scenario->what, (int)chart.size, (const char *)chart.data);
        print_seconds("reaction", outcome->reaction_sec);
        print_seconds("release", outcome->release_sec);
        printf("  changes %u  most %u  overshoot %u  last %u  max backlog %" PRIu64
               "  worker-seconds %.0f\n\n",
               outcome->changes, outcome->greatest,
               outcome->greatest > scenario->rise_to ? outcome->greatest - scenario->rise_to : 0,
               outcome->last, outcome->max_backlog, outcome->worker_sec);
        return 0;
}

static void print_decision(const ScalingDecision *decision, void *userdata) {
        printf("  %7.2fs  %u -> %u  %s\n", (double)decision->at_usec / USEC_PER_SEC, decision->workers_now,
               decision->workers_wanted, decision->reason);
}

static int simulate(const Scenario *scenario, DecisionCallback callback) {
        _cleanup_free_ Outcome *outcome = new0(Outcome, 1);

        if (!outcome || scenario_run(scenario, callback, NULL, outcome) < 0 ||
            print_outcome(scenario, outcome) < 0) {
                fprintf(stderr, "scaling-simulator: out of memory\n");
                return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
        DecisionCallback callback = NULL;
        int option, result = EXIT_SUCCESS;

        while ((option = getopt(argc, argv, "v")) != -1) {
                if (option != 'v') {
                        fprintf(stderr, "Usage: %s [-v] [SCENARIO...]\n", argv[0]);
                        return EXIT_FAILURE;
                }
                callback = print_decision;
        }
        if (optind == argc)
                for (const Scenario *scenario = scenarios; scenario->name && result == EXIT_SUCCESS;
                     scenario++)
                        result = simulate(scenario, callback);
        for (int i = optind; i < argc && result == EXIT_SUCCESS; i++) {
                const Scenario *scenario = scenario_find(argv[i]);

                if (!scenario) {
                        fprintf(stderr, "scaling-simulator: no scenario %s\n", argv[i]);
                        return EXIT_FAILURE;
                }
                result = simulate(scenario, callback);
        }
        return result;
}
