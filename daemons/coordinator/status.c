/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "job.h"

void manager_count(const Manager *manager, ManagerTotals *ret) {
        *ret = (ManagerTotals){};
        for (size_t i = 0; i < manager->n_jobs; i++) {
                const Job *job = manager->jobs[i];

                ret->jobs += job->config && job->config->enabled;
                ret->jobs_running += job->unit.state == UNIT_ACTIVE;
                ret->workers_running += job_count_workers(job, UNIT_ACTIVE);
                ret->workers_wanted += job_count_held(job);
                if (job->unit.state != UNIT_ACTIVE)
                        continue;
                ret->arrival_per_sec += rate_meter_per_sec(&job->arrived);
                ret->records_per_sec += rate_meter_per_sec(&job->processed);
                ret->lag_records += job->load.sample.backlog_records;
        }
}

static char *suite_problem(const Manager *manager, size_t n) {
        const struct {
                const char *what, *why;
        } problems[] = {
                {"", units_problem(manager->units)},
                {"polkit lets no unit be started or stopped: ", manager->denied},
                {"the last reload was refused: ", manager->reload_failed},
                {"", manager->has_http ? NULL : "there is no web page (port taken or socket not enabled)"},
        };

        for (size_t i = 0; i < ELEMENTSOF(problems); i++) {
                char *text;

                if (!problems[i].why || n-- > 0)
                        continue;
                return asprintf(&text, "%s%s", problems[i].what, problems[i].why) < 0 ? NULL : text;
        }
        return NULL;
}

static size_t count_suite_problems(const Manager *manager) {
        size_t n = 0;
        char *text;

        for (; (text = suite_problem(manager, n)); n++)
                free(text);
        return n;
}

char *manager_problem(const Manager *manager, size_t n) {
        size_t of_suite = count_suite_problems(manager);

        if (n < of_suite)
                return suite_problem(manager, n);
        n -= of_suite;
        for (size_t i = 0; i < manager->n_jobs; i++) {
                char *text;

                for (size_t k = 0; (text = job_problem(manager->jobs[i], k)); k++) {
                        if (n-- == 0)
                                return text;
                        free(text);
                }
        }
        return NULL;
}

static char *describe(const Manager *manager) {
        _cleanup_free_ char *problem = manager_problem(manager, 0);
        char rate[UNIT_TEXT_MAX], lag[UNIT_TEXT_MAX], *text;
        ManagerTotals totals;

        manager_count(manager, &totals);
        if (asprintf(&text, "%u job%s, %u worker%s, %s rec/s, lag %s%s%s", totals.jobs_running,
                     totals.jobs_running == 1 ? "" : "s", totals.workers_running,
                     totals.workers_running == 1 ? "" : "s",
                     format_count(rate, (uint64_t)totals.records_per_sec),
                     format_count(lag, totals.lag_records), problem ? "; " : "", problem ?: "") < 0)
                return NULL;
        return text;
}

static void send_status(char *text) {
        for (char *p = text; *p; p++)
                if (*p == '\n')
                        *p = ' '; /* a field of the notification ends there */
        (void)sd_notifyf(0, "STATUS=%s", text);
}

void manager_send_last_status(const char *why) {
        _cleanup_free_ char *text = strdup(why);

        if (!text)
                return;
        text[strcspn(text, "\n")] = '\0'; /* what follows points into a line above it */
        send_status(text);
}

void manager_send_status(Manager *manager) {
        _cleanup_free_ char *text = describe(manager);

        if (!text || (manager->status_sent && strcmp(text, manager->status_sent) == 0))
                return;
        send_status(text);
        free(manager->status_sent);
        manager->status_sent = TAKE_PTR(text);
}
