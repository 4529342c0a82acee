/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <langinfo.h>

#include "output.h"
#include "printable.h"
#include "scaling/simulation-chart.h"
#include "simulate.h"

/* Left and right of the bars. */
enum { CHART_ROWS = 4, CHART_MARGIN = 23 };

static void print_settings(const Scenario *scenario) {
        const ScalingLimits *limits = &scenario->limits;
        char backlog[UNIT_TEXT_MAX], idle[UNIT_TEXT_MAX], catch_up[UNIT_TEXT_MAX];

        printf("min %u, max %u, backlog_timeout %s, idle_timeout %s, catch_up_time %s, target_utilisation "
               "%g",
               limits->min, limits->max, format_duration(backlog, limits->backlog_timeout_usec),
               format_duration(idle, limits->idle_timeout_usec),
               format_duration(catch_up, limits->catch_up_time_usec), limits->target_utilisation);
        if (limits->rate_limit_per_sec > 0)
                printf(", rate_limit %.0f", limits->rate_limit_per_sec);
        printf("; a busy worker does %.0f records/s\n\n", scenario->worker_per_sec);
}

static int print_chart(const Outcome *outcome) {
        _cleanup_buffer_ Buffer chart = {};
        unsigned width = output_width();
        const ChartStyle style = {
                .columns = width > 2 * CHART_MARGIN ? width - CHART_MARGIN : CHART_MARGIN,
                .rows = CHART_ROWS,
                .ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
        };
        int r;

        r = simulation_chart(outcome, &style, &chart);
        if (r >= 0)
                fwrite(chart.data, 1, chart.size, stdout);
        return r;
}

static int print_text(const Simulated *simulated) {
        const Outcome *outcome = simulated->outcome;
        char backlog[UNIT_TEXT_MAX];
        int r;

        print_settings(&simulated->scenario);
        r = print_chart(outcome);
        if (r < 0)
                return r;
        fputc('\n', stdout);
        for (size_t i = 0; i < simulated->n_decisions; i++) {
                const ScalingDecision *decision = &simulated->decisions[i];

                printf("%8.2fs  %u -> %u  %s\n", (double)decision->at_usec / USEC_PER_SEC,
                       decision->workers_now, decision->workers_wanted, decision->reason);
        }
        printf("\nAt most %u worker%s and a backlog of %s; %u change%s; %.0f worker-seconds\n",
               outcome->greatest, outcome->greatest == 1 ? "" : "s",
               format_count(backlog, outcome->max_backlog), outcome->changes,
               outcome->changes == 1 ? "" : "s", outcome->worker_sec);
        return 0;
}

static json_object *settings_json(const Scenario *scenario) {
        const ScalingLimits *limits = &scenario->limits;
        json_object *object = json_object_new_object();

        json_object_object_add(object, "min", json_object_new_int64(limits->min));
        json_object_object_add(object, "max", json_object_new_int64(limits->max));
        json_object_object_add(object, "backlog_timeout_usec",
                               json_object_new_uint64(limits->backlog_timeout_usec));
        json_object_object_add(object, "idle_timeout_usec",
                               json_object_new_uint64(limits->idle_timeout_usec));
        json_object_object_add(object, "catch_up_time_usec",
                               json_object_new_uint64(limits->catch_up_time_usec));
        json_object_object_add(object, "target_utilisation",
                               json_object_new_double(limits->target_utilisation));
        json_object_object_add(object, "rate_limit_per_sec",
                               json_object_new_double(limits->rate_limit_per_sec));
        json_object_object_add(object, "worker_rate_per_sec",
                               json_object_new_double(scenario->worker_per_sec));
        return object;
}

static json_object *seconds_json(const Outcome *outcome) {
        json_object *array = json_object_new_array();

        for (size_t i = 0; i < outcome->n_seconds; i++) {
                const Second *second = &outcome->seconds[i];
                json_object *object = json_object_new_object();

                json_object_object_add(object, "arrival_per_sec",
                                       json_object_new_double(second->arrived_per_sec));
                json_object_object_add(object, "backlog", json_object_new_uint64(second->backlog));
                json_object_object_add(object, "workers_wanted", json_object_new_int64(second->wanted));
                json_object_object_add(object, "workers_running", json_object_new_int64(second->running));
                json_object_array_add(array, object);
        }
        return array;
}

static json_object *decisions_json(const Simulated *simulated) {
        json_object *array = json_object_new_array();

        for (size_t i = 0; i < simulated->n_decisions; i++) {
                const ScalingDecision *decision = &simulated->decisions[i];
                json_object *object = json_object_new_object();

                json_object_object_add(object, "at_usec", json_object_new_uint64(decision->at_usec));
                json_object_object_add(object, "workers_now", json_object_new_int64(decision->workers_now));
                json_object_object_add(object, "workers_wanted",
                                       json_object_new_int64(decision->workers_wanted));
                json_object_object_add(object, "reason", json_object_new_string(decision->reason));
                json_object_array_add(array, object);
        }
        return array;
}

static void print_json(const Simulated *simulated) {
        _cleanup_(json_object_putp) json_object *object = json_object_new_object();
        const Outcome *outcome = simulated->outcome;

        json_object_object_add(object, "settings", settings_json(&simulated->scenario));
        json_object_object_add(object, "workers_most", json_object_new_int64(outcome->greatest));
        json_object_object_add(object, "backlog_most", json_object_new_uint64(outcome->max_backlog));
        json_object_object_add(object, "changes", json_object_new_int64(outcome->changes));
        json_object_object_add(object, "worker_seconds", json_object_new_double(outcome->worker_sec));
        json_object_object_add(object, "decisions", decisions_json(simulated));
        json_object_object_add(object, "seconds", seconds_json(outcome));
        json_print(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED, stdout);
}

int simulate_print(const Call *call, const Simulated *simulated) {
        if (call->options->format != PRINT_JSON)
                return print_text(simulated);
        print_json(simulated);
        return 0;
}
