/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api-json.h"
#include "api.h"
#include "job.h"

json_object *api_decision(const Job *job, const Decision *decision) {
        const ScalingDecision *scaling = &decision->scaling;
        json_object *object = json_object_new_object();

        json_add_count(object, "id", decision->id);
        json_add_text(object, "job", job->name);
        json_add_usec(object, "at_usec", decision->realtime_usec);
        json_add_count(object, "workers_now", scaling->workers_now);
        json_add_count(object, "workers_wanted", scaling->workers_wanted);
        json_add_text(object, "reason", scaling->reason);
        json_add_rate(object, "arrival_per_sec", scaling->arrival_per_sec);
        json_add_rate(object, "rate_per_worker_per_sec", scaling->rate_per_worker_per_sec);
        json_add_count(object, "backlog", scaling->backlog_records);
        json_add_usec(object, "backlog_for_usec", scaling->backlog_for_usec);
        json_add(object, "desired", json_number(scaling->desired, 2));
        json_add_usec(object, "ready_after_usec", decision->ready_after_usec);
        return object;
}

/* The decision that comes next after an id, of whichever job; NULL behind the last. */
static const Decision *next_decision(const Manager *manager, const Job *job, uint64_t id,
                                     const Job **ret_job) {
        const Decision *next = NULL;

        for (size_t i = 0; i < manager->n_jobs; i++) {
                const Decision *decision = decisions_after(manager->jobs[i]->decisions, id);

                if ((job && manager->jobs[i] != job) || !decision || (next && next->id < decision->id))
                        continue;
                next = decision;
                *ret_job = manager->jobs[i];
        }
        return next;
}

json_object *api_decisions_since(const Manager *manager, const Job *job, uint64_t since) {
        json_object *decisions = json_object_new_array();
        const Decision *decision;
        const Job *of;

        for (uint64_t id = since; (decision = next_decision(manager, job, id, &of)); id = decision->id)
                json_object_array_add(decisions, api_decision(of, decision));
        return decisions;
}

/* How many there are behind an id. */
static size_t count_since(const Manager *manager, const Job *job, uint64_t since) {
        const Decision *decision;
        const Job *of;
        size_t n = 0;

        for (uint64_t id = since; (decision = next_decision(manager, job, id, &of)); id = decision->id)
                n++;
        return n;
}

void api_get_decisions(Request *request) {
        json_object *object, *decisions;
        const Decision *decision;
        const Job *of;
        size_t skipped = 0;
        uint64_t id;
        Page page;

        if (!api_get_page(request, &page))
                return;
        if (!page.has_since)
                skipped = count_since(request->manager, request->job, 0);
        skipped = skipped > page.limit ? skipped - page.limit : 0;
        decisions = json_object_new_array();
        for (id = page.since;
             page.limit > 0 && (decision = next_decision(request->manager, request->job, id, &of));
             id = decision->id) {
                if (skipped > 0) {
                        skipped--;
                        continue;
                }
                json_object_array_add(decisions, api_decision(of, decision));
                page.limit--;
        }
        object = json_object_new_object();
        json_add(object, "decisions", decisions);
        json_add_count(object, "next_since", id);
        request_answer(request, object);
}
