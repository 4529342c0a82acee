/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <signal.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "base/signals.h"
#include "worker.h"

/* How long workers may take to give their leases back. systemd stops them before the job, so usually
 * nothing is leased by then. */
static const usec_t recall_timeout_usec = 10 * USEC_PER_SEC;

static void leave(void *userdata) {
        Job *job = userdata;

        (void)sd_event_exit(job->event, 0);
}

static void end(Job *job) {
        if (job->drained)
                return;
        job->drained = true;
        log_message_fields(LOG_INFO, MESSAGE_JOB_DRAINED, 0,
                           LOG_FIELDS(FIELD_NUMBER("STREAMETL_EPOCH", job->last_epoch)),
                           "Drained after epoch %" PRIu64 "%s; %zu groups of open windows are kept",
                           job->last_epoch, job->epoch ? ", which the sinks have not taken yet" : "",
                           state_groups(job->state));
        if (job->drain_cut || job->ends_error || !positions_finish(job->positions, leave, job))
                leave(job);
}

/* Leases come back, then the last epoch leaves, then the process ends. What is in the store need not be
 * delivered now: the next process does it. */
void job_continue_drain(Job *job) {
        if (!job->draining || (lease_table_has_leases(job->leases) && !job->drain_cut))
                return;
        if (!job->epoch && job_progress(job) < 0)
                return;
        if ((!job->epoch && !job->saving_starts) || job->drain_cut)
                end(job);
}

static int on_recall_timeout(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Job *job = userdata;

        log_message(LOG_WARNING, MESSAGE_DRAIN_CUT, 0, "%s in %" PRIu64 " s; going on without",
                    job->epoch ? "The last epoch did not get out" : "Workers did not give their leases back",
                    recall_timeout_usec / USEC_PER_SEC);
        job->drain_cut = true;
        job_continue_drain(job);
        return 0;
}

static void drain(Job *job) {
        if (job->draining)
                return;
        job->draining = true;
        /* An attempt that a sink is at is waited for, too. */
        (void)sd_notifyf(0, "STOPPING=1\nSTATUS=Draining\nEXTEND_TIMEOUT_USEC=%" PRIu64,
                         3 * recall_timeout_usec);
        lease_table_recall_all(job->leases, &worker_lease_actions);
        if (sd_event_add_time_relative(job->event, &job->stopper, CLOCK_MONOTONIC, recall_timeout_usec,
                                       USEC_PER_MSEC, on_recall_timeout, job) < 0)
                job->drain_cut = true;
        job_continue_drain(job);
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        drain(userdata);
        return 0;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        job_reload(userdata);
        return 0;
}

int job_watch_signals(Job *job) {
        return signals_watch(job->event, on_stop, on_reload, job);
}
