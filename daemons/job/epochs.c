/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <sysexits.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "job.h"
#include "last-word.h"
#include "load.h"
#include "refusals.h"
#include "results.h"
#include "snapshot.h"
#include "worker.h"

/* How the state becomes epochs, and epochs reach the store and the sinks. One epoch at a time is on its way;
 * what is merged meanwhile goes into the next. */

static void settled(Job *job) {
        job->epoch = epoch_free(job->epoch);
        buffer_done(&job->settlement);
        if (job->sinks_changed && job_start_sinks(job) < 0) {
                sd_event_exit(job->event, -EIO);
                return;
        }
        (void)job_progress(job);
        job_schedule_soon(job);
        job_continue_drain(job);
}

/* The store's thread: what is to be committed does not change while it is at it. */
static TaskResult commit(void *userdata, TaskError *error) {
        Job *job = userdata;
        int r;

        r = store_commit(job->store, job->saving_starts             ? &job->starts
                                     : job->phase == EPOCH_SETTLING ? &job->settlement
                                                                    : &job->epoch->changes);
        if (r == -EFBIG)
                return task_retry(error,
                                  "the state has reached limits.max_state; set a larger one in %s and "
                                  "\"systemctl restart etl-job@%s\"",
                                  job->config->path, job->name);
        if (r == -EUCLEAN)
                return task_fatal(error, "the file in %s is damaged", job->state_folder);
        if (r < 0)
                return task_retry(error, "cannot write to %s: %s", job->state_folder, strerror(-r));
        return TASK_DONE;
}

void job_commit(Job *job) {
        task_thread_start(job->store_thread, commit);
}

/* Every sink has the epoch: how long that took. */
static void measure_delivery(Job *job) {
        const Epoch *epoch = job->epoch;
        int64_t now_usec = (int64_t)realtime_usec();

        if (epoch->closed_usec == 0)
                return;
        histogram_add(&job->epoch_duration, monotonic_usec() - epoch->closed_usec);
        if (epoch->oldest_kafka_usec == TIME_NONE)
                return;
        /* The producer's clock, which may be ahead of ours. */
        job->latency_usec = (usec_t)MAX(now_usec - epoch->oldest_kafka_usec, 0);
        job->latency_epoch = epoch->number;
        histogram_add(&job->latency, job->latency_usec);
}

static void settle(Job *job) {
        job->settle_due = job->saving_starts;
        if (job->settle_due)
                return;
        measure_delivery(job);
        job->phase = EPOCH_SETTLING;
        if (snapshot_add_settlement(job, job->epoch, &job->settlement) < 0)
                sd_event_exit(job->event, log_oom());
        else
                job_commit(job);
}

static void deliver(Job *job) {
        int r;

        r = load_send_epoch(job, job->epoch);
        if (r < 0)
                log_warning_errno(r, "Cannot show epoch %" PRIu64 ": %m", job->epoch->number);
        job->phase = EPOCH_DELIVERING;
        job->sinks_busy = 0;
        for (size_t i = 0; i < job->n_sinks; i++) {
                const SinkContext *sink = sink_context(job->sinks[i]);

                if (job->epoch->rows[sink->kind].n_rows == 0 && !job->epoch->renews)
                        continue;
                if (sink_last_epoch(job->sinks[i]) == job->epoch->number) /* before another one refused it */
                        continue;
                job->sinks_busy++;
                sink_deliver(job->sinks[i], job->epoch);
        }
        job->sinks_told_usec = monotonic_usec();
        if (job->sinks_busy == 0) /* a sink that is not there any more */
                settle(job);
}

static void starts_saved(Job *job) {
        job_starts_saved(job);
        if (job->settle_due)
                settle(job);
        (void)job_progress(job);
        job_continue_drain(job);
}

static void on_committed(const TaskError *error, void *userdata) {
        Job *job = userdata;

        if (error) {
                log_message(LOG_ERR, MESSAGE_STATE_REFUSED, 0, "The state cannot be kept: %s", error->text);
                sd_event_exit(job->event, -EIO);
                return;
        }
        if (job->saving_starts) {
                starts_saved(job);
                return;
        }
        buffer_done(&job->epoch->changes);
        if (job->phase == EPOCH_STORING)
                positions_publish(job->positions);
        if (job->phase == EPOCH_SETTLING)
                settled(job);
        else if (epoch_is_for_sinks(job->epoch))
                deliver(job);
        else {
                measure_delivery(job);
                settled(job);
        }
}

/* Sinks are asked at the start, so that what is wrong with them shows before there are results, and then
 * often enough that their markers do not fade: Kafka forgets offsets after 7 days. */
static bool renewal_is_due(const Job *job) {
        static const usec_t interval_usec = 24 * 60 * USEC_PER_MINUTE;

        return job->keeps_markers && job->leases->n_partitions > 0 && !job->draining &&
               (job->sinks_told_usec == 0 || monotonic_usec() - job->sinks_told_usec >= interval_usec);
}

static int close_epoch(Job *job) {
        _cleanup_(epoch_freep) Epoch *epoch = NULL;
        ssize_t n_refused;
        int r;

        epoch = epoch_new(job->last_epoch + 1, job->leases->watermark_usec);
        if (!epoch)
                return -ENOMEM;
        epoch->closed_usec = monotonic_usec();
        r = state_close_epoch(job->state, job->leases->partitions, job->leases->n_partitions,
                              job->final_usec, epoch);
        if (r < 0)
                return r;
        n_refused = refusals_find(job->config, &epoch->rows[ROWS_RESULTS], job->dead_letters);
        if (n_refused < 0)
                return (int)n_refused;
        job->counts.faults[RECORD_REFUSED] += (uint64_t)n_refused;
        epoch->renews = renewal_is_due(job);
        r = results_keep(job->results, epoch);
        dead_letters_take(job->dead_letters, &epoch->rows[ROWS_DEAD_LETTERS]);
        if (r >= 0)
                r = snapshot_add_epoch(job, epoch);
        if (r < 0)
                return r;
        job->trigger_due = job->state_changed = false;
        job->last_epoch = epoch->number;
        job->epoch_at_usec = (int64_t)realtime_usec();
        epoch->oldest_kafka_usec = job->oldest_kafka_usec;
        job->oldest_kafka_usec = TIME_NONE;
        job->epoch = TAKE_PTR(epoch);
        job->phase = EPOCH_STORING;
        job_commit(job);
        return 0;
}

/* What the next epoch would hold, about. */
static size_t new_bytes(const Job *job) {
        return state_new_bytes(job->state) + dead_letters_bytes(job->dead_letters);
}

static bool epoch_is_due(const Job *job) {
        return job->config->trigger_usec == 0 || job->trigger_due || job->draining ||
               new_bytes(job) >= job->config->max_epoch_bytes;
}

static int consider_epoch(Job *job) {
        if (job_save_starts(job) || job->epoch)
                return 0;
        if (renewal_is_due(job))
                return close_epoch(job);
        if (!epoch_is_due(job))
                return 0;
        job->trigger_due = false;
        return job->state_changed || state_has_output(job->state, job->final_usec) ? close_epoch(job) : 0;
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
        return job->epoch && new_bytes(job) >= job->config->max_epoch_bytes;
}

/* Or the next process would take what the sink holds for what this one has delivered. The thread is idle
 * but for starts: then the epoch is as one that may have been tried. */
static void keep_refusal(Job *job, const SinkConfig *sink) {
        _cleanup_buffer_ Buffer changes = {};
        int r;

        if (job->epoch->closed_usec == 0 || job->saving_starts)
                return;
        r = snapshot_add_refusal(job, job->epoch, sink, &changes);
        if (r >= 0)
                r = store_commit(job->store, &changes);
        if (r < 0)
                log_warning_errno(r, "Cannot keep in the state that epoch %" PRIu64 " was refused: %m",
                                  job->epoch->number);
}

static void on_delivered(Sink *sink, const TaskError *error, void *userdata) {
        const char *name = sink_context(sink)->config->name;
        Job *job = userdata;

        if (error && error->is_for_the_admin) {
                keep_refusal(job, sink_context(sink)->config);
                (void)last_word(MESSAGE_SINK_REFUSED, 0, LOG_FIELDS(FIELD_TEXT("STREAMETL_SINK", name)),
                                "Sink %s: %s", name, error->text);
                sd_event_exit(job->event, EX_DATAERR);
                return;
        }
        if (error) {
                log_message_fields(LOG_ERR, MESSAGE_SINK_REFUSED, 0,
                                   LOG_FIELDS(FIELD_TEXT("STREAMETL_SINK", name)), "Sink %s: %s", name,
                                   error->text);
                sd_event_exit(job->event, -EIO);
                return;
        }
        if (--job->sinks_busy == 0)
                settle(job);
}

static int restore(Job *job) {
        int r;

        r = store_open(job->state_folder, job->config->max_state_bytes, &job->store);
        if (r == -EBUSY)
                return log_message(LOG_ERR, MESSAGE_STATE_REFUSED, r,
                                   "Another process works on the state in %s; is this job running twice?",
                                   job->state_folder);
        if (r == -EUCLEAN)
                return last_word(
                        MESSAGE_STATE_REFUSED, r, NULL,
                        "The state in %s is damaged, or no state of a job. Put a copy of the folder back; "
                        "or drop it with \"etlctl reset %s && etlctl start %s\", and the job begins anew at "
                        "source.start",
                        job->state_folder, job->name, job->name);
        if (r < 0)
                return log_error_errno(r, "Cannot open the state in %s: %m", job->state_folder);
        return snapshot_restore(job);
}

int job_open_store(Job *job) {
        static const TaskLabel label = {"State", NULL, MESSAGE_STATE_HELD, MESSAGE_STATE_BACK};
        int r;

        r = restore(job);
        if (r < 0)
                return r;
        r = task_thread_new(job->event, &label, on_committed, job, &job->store_thread);
        if (r < 0)
                return log_error_errno(r, "Cannot start the thread of the state: %m");
        return 0;
}

void job_close_store(Job *job) {
        job->store_thread = task_thread_free(job->store_thread);
        job->store = store_free(job->store);
        buffer_done(&job->settlement);
        buffer_done(&job->starts);
}

static int start_sink(Job *job, const SinkConfig *config, RowKind kind) {
        SinkContext context = {
                .job = job->name,
                .uuid = job->uuid,
                .config = config,
                .kind = kind,
                .adopt = job->adopt,
        };
        _cleanup_free_ char *identity = sink_identity(config);
        int r;

        if (!identity)
                return log_oom();
        context.refused = job->refused && strcmp(job->refused, identity) == 0;
        r = sink_new(job->event, &context, known_sinks_epoch(&job->known_sinks, identity), on_delivered, job,
                     &job->sinks[job->n_sinks]);
        if (r < 0)
                return log_error_errno(r, "Cannot start sink %s: %m", config->name);
        job->n_sinks++;
        job->keeps_markers |= config->type != SINK_CONSOLE;
        return 0;
}

int job_start_sinks(Job *job) {
        int r = 0;

        if (job->n_sinks > 0 && job->epoch) {
                job->sinks_changed = true;
                return 0;
        }
        job->sinks_changed = false;
        for (size_t i = 0; i < job->n_sinks; i++)
                sink_free(job->sinks[i]);
        job->n_sinks = 0;
        job->keeps_markers = false;
        job->sinks_told_usec = 0;
        job->sinks_config = job_config_free(job->sinks_config);
        free(job->sinks);
        job->sinks = new0(Sink *, job->config->n_sinks + 1);
        if (!job->sinks)
                return log_oom();
        for (size_t i = 0; r >= 0 && i < job->config->n_sinks; i++)
                r = start_sink(job, &job->config->sinks[i], ROWS_RESULTS);
        if (r >= 0 && job->config->dead_letter)
                r = start_sink(job, job->config->dead_letter, ROWS_DEAD_LETTERS);
        if (r < 0)
                return r;
        if (job->epoch) /* an earlier process has not delivered it */
                deliver(job);
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
