/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/log.h"
#include "job.h"
#include "load.h"
#include "worker.h"

/* How the state becomes epochs, and epochs reach the sinks. One epoch at a time is on its way; what is
 * merged meanwhile goes into the next. */

static int close_epoch(Job *job) {
        _cleanup_(epoch_freep) Epoch *epoch = NULL;
        int r;

        epoch = epoch_new(job->last_epoch + 1, state_schema(job->state));
        if (!epoch)
                return -ENOMEM;
        epoch->watermark_usec = job->leases->watermark_usec;
        r = state_close_epoch(job->state, job->final_usec, epoch);
        if (r < 0)
                return r;
        job->trigger_due = false;
        job->last_epoch = epoch->number;
        job->epoch = TAKE_PTR(epoch);
        job->sinks_busy = (unsigned)job->n_sinks;
        for (size_t i = 0; i < job->n_sinks; i++)
                sink_deliver(job->sinks[i], job->epoch);
        r = load_send_epoch(job, job->epoch);
        if (r < 0)
                log_warning_errno(r, "Cannot show epoch %" PRIu64 ": %m", job->last_epoch);
        return 0;
}

static bool epoch_is_due(const Job *job) {
        return job->config->trigger_usec == 0 || job->trigger_due || job->draining ||
               state_new_bytes(job->state) >= job->config->max_epoch_bytes;
}

static int consider_epoch(Job *job) {
        if (job->epoch || !epoch_is_due(job))
                return 0;
        job->trigger_due = false;
        return state_has_output(job->state, job->final_usec) ? close_epoch(job) : 0;
}

static int on_watermark(sd_event_source *source, uint64_t at_usec, void *userdata) {
        workers_send_watermark(userdata);
        return 0;
}

/* Leases that report nothing must learn of it too, or their windows are never final; but not of each step.
 */
static int tell_watermark_soon(Job *job) {
        static const usec_t pause_usec = 50 * USEC_PER_MSEC;
        int r;

        if (!job->watermark)
                return sd_event_add_time_relative(job->event, &job->watermark, CLOCK_MONOTONIC, pause_usec,
                                                  USEC_PER_MSEC, on_watermark, job);
        if (sd_event_source_get_enabled(job->watermark, NULL) > 0)
                return 0;
        r = sd_event_source_set_time_relative(job->watermark, pause_usec);
        return r < 0 ? r : sd_event_source_set_enabled(job->watermark, SD_EVENT_ONESHOT);
}

static int advance_watermark(Job *job) {
        LeaseTable *leases = job->leases;
        int64_t watermark_usec;
        int r = 0;

        watermark_usec = watermark_advance(leases->watermark_usec, leases->partitions, leases->n_partitions,
                                           &job->watermark_rule, monotonic_usec());
        if (watermark_usec > leases->watermark_usec) {
                leases->watermark_usec = watermark_usec;
                r = tell_watermark_soon(job);
        }
        job->final_usec = MAX(job->final_usec, lease_table_final_usec(leases));
        return r;
}

int job_progress(Job *job) {
        int r;

        r = advance_watermark(job);
        if (r >= 0)
                r = consider_epoch(job);
        if (r < 0)
                sd_event_exit(job->event, log_error_errno(r, "Cannot go on with the state: %m"));
        return r;
}

bool job_is_held_back(const Job *job) {
        return job->epoch && state_new_bytes(job->state) >= job->config->max_epoch_bytes;
}

/* A sink holds the epoch. */
static void on_delivered(Sink *sink, void *userdata) {
        Job *job = userdata;

        if (--job->sinks_busy > 0)
                return;
        job->epoch = epoch_free(job->epoch);
        if (job->sinks_changed && job_start_sinks(job) < 0) {
                sd_event_exit(job->event, -EIO);
                return;
        }
        (void)job_progress(job);
        job_schedule_soon(job);
        job_continue_drain(job);
}

int job_start_sinks(Job *job) {
        if (job->epoch) {
                job->sinks_changed = true;
                return 0;
        }
        job->sinks_changed = false;
        for (size_t i = 0; i < job->n_sinks; i++)
                sink_free(job->sinks[i]);
        job->n_sinks = 0;
        free(job->sinks);
        job->sinks = new0(Sink *, job->config->n_sinks);
        if (!job->sinks)
                return log_oom();
        for (; job->n_sinks < job->config->n_sinks; job->n_sinks++) {
                const SinkConfig *config = &job->config->sinks[job->n_sinks];
                int r;

                r = sink_new(job->event, config, on_delivered, job, &job->sinks[job->n_sinks]);
                if (r < 0)
                        return log_error_errno(r, "Cannot start sink %s: %m", config->name);
        }
        return 0;
}

static int on_trigger(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Job *job = userdata;
        int r;

        /* In step with the clock, however late this comes. */
        r = sd_event_source_set_time(source,
                                     at_usec + MAX(job->config->trigger_usec,
                                                   (monotonic_usec() - at_usec) / job->config->trigger_usec *
                                                           job->config->trigger_usec));
        if (r >= 0)
                r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        job->trigger_due = true;
        (void)job_progress(job);
        return r;
}

int job_set_trigger(Job *job) {
        job->trigger = sd_event_source_disable_unref(job->trigger);
        if (job->config->trigger_usec == 0)
                return 0;
        return sd_event_add_time_relative(job->event, &job->trigger, CLOCK_MONOTONIC,
                                          job->config->trigger_usec, USEC_PER_MSEC, on_trigger, job);
}
