/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "scaling/scaling.h"

/* The last decisions of one job, for the API. */
enum { DECISIONS_MAX = 1000 };

typedef struct Decision {
        uint64_t id; /* of all jobs' decisions: from 1, counts up while the coordinator runs */
        usec_t realtime_usec;
        ScalingDecision scaling;
        unsigned n_awaited;      /* workers it started that are not READY yet */
        usec_t ready_after_usec; /* from the decision until the last of them was READY; USEC_INFINITY: none
                                    yet */
} Decision;

typedef struct Decisions Decisions;

int decisions_new(Decisions **ret);
Decisions *decisions_free(Decisions *decisions);
DEFINE_CLEANUP(Decisions *, decisions_free);

/* id: greater than any before. The oldest one makes room. */
void decisions_add(Decisions *decisions, uint64_t id, const ScalingDecision *scaling, usec_t realtime_usec);
/* The decision starts one more worker. */
void decisions_await(Decisions *decisions, uint64_t id);
/* One of its workers is READY, at now_usec (monotonic). Nothing happens if the decision is forgotten. */
void decisions_worker_ready(Decisions *decisions, uint64_t id, usec_t now_usec);
/* A worker it started will not come (it failed or is not wanted any more). */
void decisions_worker_gone(Decisions *decisions, uint64_t id);
/* The oldest decision with a greater id, or NULL. Weak; valid until the next decisions_add(). */
const Decision *decisions_after(const Decisions *decisions, uint64_t id);
/* The newest one, or NULL. */
const Decision *decisions_last(const Decisions *decisions);
