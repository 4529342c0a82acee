/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "simulate.h"

/* How many workers a load would have got: the coordinator's own policy, in virtual time. */

#define WORKER_RATE_DEFAULT 100000.0 /* what is usual is in the hundreds of thousands */

static void simulated_done(Simulated *simulated) {
        free(simulated->load.points);
        free(simulated->outcome);
        free(simulated->decisions);
}

/* The last measured one; 0 if there is none. */
static double measured_rate(const char *job) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        _cleanup_free_ char *error = NULL;
        json_object *decisions;
        char path[128];
        double rate = 0;

        snprintf(path, sizeof(path), "jobs/%s/decisions", job);
        if (client_try("GET", path, NULL, &answer, &error) != 0)
                return 0;
        decisions = json_object_object_get(answer, "decisions");
        for (size_t i = 0; decisions && i < json_object_array_length(decisions); i++) {
                double known = json_object_get_double(json_object_object_get(
                        json_object_array_get_idx(decisions, i), "rate_per_worker_per_sec"));

                if (known > 0)
                        rate = known;
        }
        return rate;
}

static int choose_rate(const Call *call, double *ret) {
        const char *job = call->options->values[OPTION_JOB],
                   *text = call->options->values[OPTION_WORKER_RATE];
        char *end;

        *ret = 0;
        if (text) {
                *ret = strtod(text, &end);
                if (*end || !(*ret > 0) || *ret > 1e9) {
                        fprintf(stderr, "etlctl: --worker-rate takes records per second, not \"%s\"\n",
                                text);
                        return STATUS_USAGE;
                }
        } else if (job)
                *ret = measured_rate(job);
        if (*ret == 0)
                *ret = WORKER_RATE_DEFAULT;
        return 0;
}

static int load_history(const char *job, Load *ret) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        char path[128];
        int r;

        snprintf(path, sizeof(path), "jobs/%s/history", job);
        r = client_get(path, &answer);
        if (r != 0)
                return r;
        r = load_from_history(answer, ret);
        if (r == -ENODATA)
                fprintf(stderr, "etlctl: nothing is recorded of job %s yet; describe a load with --load\n",
                        job);
        return r;
}

static int choose_load(const Call *call, Load *ret) {
        const char *job = call->options->values[OPTION_JOB], *text = call->options->values[OPTION_LOAD];
        _cleanup_free_ char *error = NULL;
        int r;

        if (!text && job)
                return load_history(job, ret);
        if (!text) {
                fputs("etlctl: simulate needs a load: --load='0s 100/s, 10s 5000/s, 40s 0/s', or --job=JOB "
                      "for the "
                      "last hour of a job\n",
                      stderr);
                return STATUS_USAGE;
        }
        r = load_parse(text, ret, &error);
        if (r == -EINVAL)
                fprintf(stderr, "etlctl: --load: %s\n", error);
        return r == -EINVAL ? STATUS_USAGE : r;
}

static void keep_decision(const ScalingDecision *decision, void *userdata) {
        Simulated *simulated = userdata;

        if (simulated->n_decisions < SIMULATED_DECISIONS_MAX)
                simulated->decisions[simulated->n_decisions++] = *decision;
}

/* Until the last workers have gone, if they go. */
static int simulate(Simulated *simulated, const WorkersConfig *workers) {
        Scenario *scenario = &simulated->scenario;
        double idle_sec = (double)workers->idle_timeout_usec / USEC_PER_SEC;

        scenario->load = simulated->load.points;
        scenario->duration_sec = ceil(simulated->load.last_sec + 2 * idle_sec + 5);
        scenario->workers_at_start = workers->min;
        scenario->limits = (ScalingLimits){
                .min = workers->min,
                .max = workers->max,
                .backlog_timeout_usec = workers->backlog_timeout_usec,
                .idle_timeout_usec = workers->idle_timeout_usec,
                .catch_up_time_usec = workers->catch_up_time_usec,
                .target_utilisation = workers->target_utilisation,
                .rate_limit_per_sec = (double)workers->rate_limit,
        };
        if (scenario->duration_sec > SIMULATED_SEC_MAX) {
                fprintf(stderr,
                        "etlctl: a simulation lasts at most %d seconds, with twice the idle timeout\n",
                        SIMULATED_SEC_MAX);
                return STATUS_FAILED;
        }
        simulated->outcome = new0(Outcome, 1);
        simulated->decisions = new0(ScalingDecision, SIMULATED_DECISIONS_MAX);
        if (!simulated->outcome || !simulated->decisions)
                return -ENOMEM;
        return scenario_run(scenario, keep_decision, simulated, simulated->outcome);
}

int run_simulate(const Call *call) {
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_(simulated_done) Simulated simulated = {};
        int r;

        r = simulate_settings(call, &config);
        if (r == 0)
                r = choose_rate(call, &simulated.scenario.worker_per_sec);
        if (r == 0)
                r = choose_load(call, &simulated.load);
        if (r == 0)
                r = simulate(&simulated, &config->workers);
        if (r != 0)
                return r == -ENOENT ? STATUS_NO_JOB : r;
        output_page(call->options);
        return simulate_print(call, &simulated);
}
