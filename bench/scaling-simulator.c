/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Shows what the scaling policy makes of loads that others found hard: one block of text per scenario.
 * Usage: scaling-simulator [-v] [SCENARIO...] */

#include <getopt.h>
#include <math.h>
#include <stdio.h>

#include "scaling-simulator-scenarios.h"

enum { CHART_COLUMNS = 100 };

static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

typedef double (*SecondValue)(const Second *second);

static double arrival_of(const Second *second) {
        return second->arrived_per_sec;
}

static double backlog_of(const Second *second) {
        return (double)second->backlog;
}

static double workers_of(const Second *second) {
        return second->wanted;
}

/* The greatest value of the seconds that a column stands for. */
static double column_value(const Outcome *outcome, SecondValue value, size_t column, size_t n_columns) {
        size_t from = column * outcome->n_seconds / n_columns,
               to = (column + 1) * outcome->n_seconds / n_columns;
        double greatest = 0;

        for (size_t i = from; i < MAX(to, from + 1); i++)
                greatest = fmax(greatest, value(&outcome->seconds[i]));
        return greatest;
}

static void print_row(const Outcome *outcome, const char *name, SecondValue value) {
        size_t n_columns = MIN(outcome->n_seconds, (size_t)CHART_COLUMNS);
        double greatest = 0;

        for (size_t i = 0; i < outcome->n_seconds; i++)
                greatest = fmax(greatest, value(&outcome->seconds[i]));
        printf("  %-8s |", name);
        for (size_t i = 0; i < n_columns; i++) {
                double part = greatest > 0 ? column_value(outcome, value, i, n_columns) / greatest : 0;

                fputs(bars[(int)ceil(part * (ELEMENTSOF(bars) - 1))], stdout);
        }
        printf("| up to %.4g\n", greatest);
}

static void print_seconds(const char *name, double sec) {
        if (sec < 0)
                printf("  %s never", name);
        else
                printf("  %s %.1fs", name, sec);
}

static void print_outcome(const Scenario *scenario, const Outcome *outcome) {
        printf("%s: %s\n", scenario->name, scenario->what);
        print_row(outcome, "arrival", arrival_of);
        print_row(outcome, "backlog", backlog_of);
        print_row(outcome, "workers", workers_of);
        print_seconds("reaction", outcome->reaction_sec);
        print_seconds("release", outcome->release_sec);
        printf("  changes %u  most %u  overshoot %u  last %u  max backlog %" PRIu64
               "  worker-seconds %.0f\n\n",
               outcome->changes, outcome->greatest,
               outcome->greatest > scenario->rise_to ? outcome->greatest - scenario->rise_to : 0,
               outcome->last, outcome->max_backlog, outcome->worker_sec);
}

static void print_decision(const ScalingDecision *decision, void *userdata) {
        printf("  %7.2fs  %u -> %u  %s\n", (double)decision->at_usec / USEC_PER_SEC, decision->workers_now,
               decision->workers_wanted, decision->reason);
}

static int simulate(const Scenario *scenario, DecisionCallback callback) {
        _cleanup_free_ Outcome *outcome = new0(Outcome, 1);

        if (!outcome || scenario_run(scenario, callback, NULL, outcome) < 0) {
                fprintf(stderr, "scaling-simulator: out of memory\n");
                return EXIT_FAILURE;
        }
        print_outcome(scenario, outcome);
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
