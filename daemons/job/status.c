/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "columns/timestamp.h"
#include "status.h"
#include "wire/messages.h"

struct Status {
        char sent[768];
        usec_t at_usec;
        uint64_t records; /* processed by then */
};

Status *status_new(void) {
        return new0(Status, 1);
}

Status *status_free(Status *status) {
        free(status);
        return NULL;
}

bool job_log_has_shrunk(const Job *job, char *text, size_t size) {
        static const usec_t patience_usec = 5 * USEC_PER_SEC;
        usec_t now_usec = monotonic_usec();

        for (size_t i = 0; i < job->leases->n_partitions; i++) {
                const Partition *partition = job->leases->partitions[i];

                if (partition->away || partition->past_end_since_usec > now_usec ||
                    now_usec - partition->past_end_since_usec < patience_usec)
                        continue;
                snprintf(text, size,
                         "%s/%" PRIu32 " ends at %" PRIi64 ", and %" PRIi64
                         " is read already: was the topic made anew? To begin anew: \"systemctl stop "
                         "etl-job@%s && etlctl reset %s && systemctl start etl-job@%s\"",
                         partition->topic->name, partition->number, partition->end, partition->position,
                         job->name, job->name, job->name);
                return true;
        }
        return false;
}

static void describe_attempt(const char *what, const char *name, const TaskError *error, usec_t pause_usec,
                             char *text, size_t size) {
        if (pause_usec > 0)
                snprintf(text, size, "%s%s: %s; next try in %" PRIu64 " s", what, name, error->text,
                         (pause_usec + USEC_PER_SEC - 1) / USEC_PER_SEC);
        else
                snprintf(text, size, "%s%s: %s; trying again now", what, name, error->text);
}

bool job_epoch_is_stuck(const Job *job, char *text, size_t size) {
        TaskError error;
        usec_t pause_usec;

        if (task_thread_trouble(job->store_thread, &error, &pause_usec)) {
                describe_attempt("The state is not written", "", &error, pause_usec, text, size);
                return true;
        }
        for (size_t i = 0; i < job->n_sinks; i++)
                if (sink_trouble(job->sinks[i], &error, &pause_usec)) {
                        describe_attempt("Sink ", sink_context(job->sinks[i])->config->name, &error,
                                         pause_usec, text, size);
                        return true;
                }
        return false;
}

bool job_trouble(const Job *job, char *text, size_t size) {
        return topics_trouble(job->topics, text, size) || job_log_has_shrunk(job, text, size) ||
               job_epoch_is_stuck(job, text, size);
}

static void describe_running(const Job *job, usec_t since_usec, char *text, size_t size) {
        uint64_t records = job->counts.records - job->status->records;
        char rate[UNIT_TEXT_MAX], lag[UNIT_TEXT_MAX], epoch[UNIT_TEXT_MAX];

        snprintf(text, size, "%s%s rec/s, lag %s, %zu worker%s, epoch %s", job->paused ? "Paused; " : "",
                 format_count(rate, records * USEC_PER_SEC / MAX(since_usec, (usec_t)1)),
                 format_count(lag, job_lag(job)), job->n_workers, job->n_workers == 1 ? "" : "s",
                 format_count(epoch, job->last_epoch));
}

static void describe(const Job *job, usec_t since_usec, char *text, size_t size) {
        if (job_log_has_shrunk(job, text, size))
                return;
        if (job->ends_error)
                snprintf(text, size, "Waiting: %s", job->ends_error);
        else if (!job->ends_measured)
                snprintf(text, size, "Asking Kafka for the partitions");
        else if (!job_trouble(job, text, size))
                describe_running(job, since_usec, text, size);
}

void status_send(Job *job, usec_t now_usec) {
        Status *status = job->status;
        char text[sizeof(status->sent)];

        if (now_usec - status->at_usec < USEC_PER_SEC)
                return;
        describe(job, now_usec - status->at_usec, text, sizeof(text));
        status->at_usec = now_usec;
        status->records = job->counts.records;
        if (strcmp(text, status->sent) == 0)
                return;
        memcpy(status->sent, text, sizeof(text));
        (void)sd_notifyf(0, "STATUS=%s", text);
}
