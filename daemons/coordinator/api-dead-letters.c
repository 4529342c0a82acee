/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api-json.h"
#include "api.h"
#include "job.h"

/* As the job counts them; late ones are among them here. */
json_object *api_dead_letter_counts(const Job *job) {
        json_object *counts = NULL, *late = job_load_member(&job->load, "late");
        json_object *bad = job_load_member(&job->load, "bad");

        if (!bad || json_object_deep_copy(bad, &counts, NULL) < 0)
                counts = json_object_new_object();
        if (json_object_get_uint64(late) > 0)
                json_add(counts, "late", json_object_get(late));
        return counts;
}

void api_get_dead_letters(Request *request) {
        const DeadLetterSamples *samples = request->job->dead_letters;
        json_object *object, *letters, *letter;
        uint64_t id, last = dead_letter_samples_last(samples);
        Page page;

        if (!api_get_page(request, &page))
                return;
        if (!page.has_since && last > page.limit)
                page.since = last - page.limit;
        letters = json_object_new_array();
        for (id = page.since; page.limit > 0 && (letter = dead_letter_samples_after(samples, id, &id));
             page.limit--)
                json_object_array_add(letters, json_object_get(letter));
        object = json_object_new_object();
        json_add_text(object, "job", request->job->name);
        json_add(object, "counts", api_dead_letter_counts(request->job));
        json_add(object, "dead_letters", letters);
        json_add_count(object, "next_since", id);
        request_answer(request, object);
}
