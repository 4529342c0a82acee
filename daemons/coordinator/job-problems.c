/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What somebody should look at in a job, in words. */

#include <stdio.h>

#include "job.h"

/* Why it does not run, or does not go on. */
static char *trouble(const Job *job) {
        const char *why = job_load_text(&job->load, "why");
        char *text = NULL;
        int n = 0;

        if (job->failed)
                n = asprintf(&text, "job %s has failed%s%s", job->name, job->unit.last_status ? ": " : "",
                             job->unit.last_status ?: "");
        else if (job->masked)
                n = asprintf(&text, "job %s is masked", job->name);
        else if (job->config && job_is_stopped_by_admin(job))
                n = asprintf(&text, "job %s was stopped by hand", job->name);
        else if (job->unit.state == UNIT_ACTIVE && *why)
                n = asprintf(&text, "job %s waits: %s", job->name, why);
        return n < 0 ? NULL : text;
}

const char *job_reload_refused(const Job *job) {
        return unit_is_down(&job->unit) ? "" : job_load_text(&job->load, "reload_refused");
}

/* It runs, but not as its file says. */
static char *old_configuration(const Job *job) {
        const char *why = job_reload_refused(job);
        char *text;

        if (!*why || asprintf(&text, "job %s runs with its old configuration: %s", job->name, why) < 0)
                return NULL;
        return text;
}

/* It runs, and nothing comes of it. */
static char *bad_records(const Job *job) {
        uint64_t records, bad;
        char *text;

        if (job->unit.state != UNIT_ACTIVE || !bad_share_is_alarming(&job->bad, &records, &bad) ||
            asprintf(&text,
                     "job %s cannot use its records: %" PRIu64 " of the last %" PRIu64
                     " are bad; \"etlctl dead-letters %s\" says why",
                     job->name, bad, records, job->name) < 0)
                return NULL;
        return text;
}

char *job_problem(const Job *job, size_t n) {
        static char *(*const problems[])(const Job *job) = {trouble, old_configuration, bad_records};

        for (size_t i = 0; i < ELEMENTSOF(problems); i++) {
                char *text = problems[i](job);

                if (text && n-- == 0)
                        return text;
                free(text);
        }
        return NULL;
}
