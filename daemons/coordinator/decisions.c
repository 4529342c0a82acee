/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "decisions.h"

struct Decisions {
        uint64_t n;                   /* ever added */
        Decision ring[DECISIONS_MAX]; /* the n-th stands at n % DECISIONS_MAX, ids ascending */
};

int decisions_new(Decisions **ret) {
        Decisions *decisions = new0(Decisions, 1);

        if (!decisions)
                return -ENOMEM;
        *ret = decisions;
        return 0;
}

Decisions *decisions_free(Decisions *decisions) {
        free(decisions);
        return NULL;
}

/* Which of those that were ever added is the first with a greater id. */
static uint64_t index_after(const Decisions *decisions, uint64_t id) {
        uint64_t low = decisions->n > DECISIONS_MAX ? decisions->n - DECISIONS_MAX : 0, high = decisions->n;

        while (low < high) {
                uint64_t middle = low + (high - low) / 2;

                if (decisions->ring[middle % DECISIONS_MAX].id > id)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

const Decision *decisions_after(const Decisions *decisions, uint64_t id) {
        uint64_t index = index_after(decisions, id);

        return index < decisions->n ? decisions->ring + index % DECISIONS_MAX : NULL;
}

static Decision *find(const Decisions *decisions, uint64_t id) {
        const Decision *decision = id > 0 ? decisions_after(decisions, id - 1) : NULL;

        return decision && decision->id == id ? (Decision *)decision : NULL;
}

void decisions_add(Decisions *decisions, uint64_t id, const ScalingDecision *scaling, usec_t realtime_usec) {
        decisions->ring[decisions->n++ % DECISIONS_MAX] = (Decision){
                .id = id,
                .realtime_usec = realtime_usec,
                .scaling = *scaling,
                .ready_after_usec = USEC_INFINITY,
        };
}

void decisions_await(Decisions *decisions, uint64_t id) {
        Decision *decision = find(decisions, id);

        if (decision)
                decision->n_awaited++;
}

void decisions_worker_ready(Decisions *decisions, uint64_t id, usec_t now_usec) {
        Decision *decision = find(decisions, id);

        if (!decision || decision->n_awaited == 0)
                return;
        if (--decision->n_awaited == 0)
                decision->ready_after_usec = now_usec - decision->scaling.at_usec;
}

void decisions_worker_gone(Decisions *decisions, uint64_t id) {
        Decision *decision = find(decisions, id);

        if (decision && decision->n_awaited > 0)
                decision->n_awaited--;
}

const Decision *decisions_last(const Decisions *decisions) {
        return decisions->n > 0 ? decisions->ring + (decisions->n - 1) % DECISIONS_MAX : NULL;
}
