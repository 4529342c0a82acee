/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "decisions.h"

struct Decisions {
        uint64_t last_id;
        Decision ring[DECISIONS_MAX]; /* id n stands at n % DECISIONS_MAX */
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

static Decision *find(const Decisions *decisions, uint64_t id) {
        const Decision *decision = decisions->ring + id % DECISIONS_MAX;

        return id > 0 && decision->id == id ? (Decision *)decision : NULL;
}

uint64_t decisions_add(Decisions *decisions, const ScalingDecision *scaling, usec_t realtime_usec) {
        uint64_t id = ++decisions->last_id;

        decisions->ring[id % DECISIONS_MAX] = (Decision){
                .id = id,
                .realtime_usec = realtime_usec,
                .scaling = *scaling,
                .ready_after_usec = USEC_INFINITY,
        };
        return id;
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

const Decision *decisions_after(const Decisions *decisions, uint64_t id) {
        uint64_t oldest = decisions->last_id > DECISIONS_MAX ? decisions->last_id - DECISIONS_MAX + 1 : 1;

        return id >= decisions->last_id ? NULL : find(decisions, MAX(id + 1, oldest));
}

const Decision *decisions_last(const Decisions *decisions) {
        return find(decisions, decisions->last_id);
}
