/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#pragma once

#include "config/config.h"
#include "simulate-load.h"
#include "verbs.h"

enum { SIMULATED_DECISIONS_MAX = 1000 };

typedef struct Simulated {
        Scenario scenario;
        Load load;
        Outcome *outcome;
        ScalingDecision *decisions;
        size_t n_decisions;
} Simulated;

/* The settings of the job that is asked for, or the defaults of all, with those that options give over them.
 * Returns 0 or a negative errno, of which the user has been told. */
int simulate_settings(const Call *call, JobConfig **ret);

/* As a chart with the decisions, or as JSON. Returns 0 or -ENOMEM. */
int simulate_print(const Call *call, const Simulated *simulated);
