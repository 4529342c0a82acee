/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "worker.h"

#include <sysexits.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "last-word.h"
#include "load.h"

/* A rate is measured over at least this many records: a handful says more about the overhead of a wake-up.
 */
enum { RATE_RECORDS_MIN = 1000 };
/* Weight of a new measurement: a worker whose records change in kind is known anew after a few reports. */
static const double rate_weight = 0.3;

/* ACK, RECALL and WATERMARK. A link that breaks is reported by the loop, which frees its leases. */
static void worker_tell(Worker *worker, uint32_t type, uint64_t lease_id, int64_t watermark_usec) {
        const AckMessage message = {lease_id, watermark_usec};
        _cleanup_buffer_ Buffer buffer = {};

        if (ack_encode(&message, &buffer) >= 0)
                (void)link_send(worker->link, type, &buffer);
}

static int worker_welcome(Worker *worker) {
        const Job *job = worker->job;
        const JobConfig *config = job->config;
        _cleanup_buffer_ Buffer buffer = {};
        WelcomeMessage welcome = {
                .version = WORKER_PROTOCOL_VERSION,
                .generation = job->generation,
                .plan_id = job->plan->id,
                .columns_text = job->plan->columns_text,
                .table = job->plan->table,
                .query_text = job->plan->query_text,
                .event_time = job->plan->event_time,
                .kafka_properties = config->kafka_properties,
                .rate_limit_per_sec = config->workers.rate_limit,
                .report_max_bytes = config->report_max_bytes,
                .queue_bytes = config->worker_queue_bytes,
                .record_max_bytes = config->max_record_bytes,
                .max_future_usec = config->source.max_future_usec,
                .nulls_for_faults = config->source.on_bad_record == BAD_RECORD_NULL,
        };
        int r;

        r = welcome_encode(&welcome, &buffer);
        return r < 0 ? r : link_send(worker->link, WIRE_WELCOME, &buffer);
}

int worker_attach(Job *job, Link *link, Reader *hello) {
        HelloMessage message;
        Worker **workers, *worker;
        int r;

        r = hello_decode(hello, &message);
        if (r < 0)
                return r;
        if (message.version != WORKER_PROTOCOL_VERSION)
                return -EPROTONOSUPPORT;
        workers = reallocarray(job->workers, job->n_workers + 1, sizeof(Worker *));
        if (!workers)
                return -ENOMEM;
        job->workers = workers;
        worker = new0(Worker, 1);
        if (!worker)
                return -ENOMEM;
        worker->job = job;
        worker->number = message.number;
        worker->pid = message.pid;
        worker->since_usec = worker->last_heard_usec = monotonic_usec();
        r = lease_table_add_worker(job->leases, message.number, worker, &worker->leases);
        if (r < 0) {
                free(worker);
                return r;
        }
        worker->link = link;
        workers[job->n_workers++] = worker;
        link_set_callbacks(link, worker_on_frame, worker_on_closed, worker);

        log_message_fields(LOG_INFO, MESSAGE_WORKER_JOINED, 0,
                           LOG_FIELDS(FIELD_NUMBER("STREAMETL_WORKER", worker->number)),
                           "Worker %u joined (pid %u), %zu working", worker->number, worker->pid,
                           job->n_workers);
        r = worker_welcome(worker);
        if (r < 0)
                log_warning_errno(r, "Failed to welcome worker %u: %m", worker->number);
        job_schedule_soon(job);
        return 0;
}

Worker *worker_free(Worker *worker) {
        Job *job;

        if (!worker)
                return NULL;
        job = worker->job;
        for (size_t i = 0; i < job->n_workers; i++)
                if (job->workers[i] == worker) {
                        job->workers[i] = job->workers[--job->n_workers];
                        break;
                }
        job->gone_busy_usec += worker->heartbeat.busy_usec;
        job->gone_cpu_usec += worker->heartbeat.cpu_usec;
        /* Without memory the range would be lost to this process; the next one reads it again. */
        if (lease_table_remove_worker(job->leases, worker->leases) < 0)
                sd_event_exit(job->event, log_oom());
        link_free(worker->link);
        free(worker);
        return NULL;
}

void worker_on_closed(Link *link, int error, void *userdata) {
        Worker *worker = userdata;
        Job *job = worker->job;
        unsigned number = worker->number;
        bool left = worker->leases->leaving && TAILQ_EMPTY(&worker->leases->leases);

        worker_free(worker);
        if (left)
                log_message_fields(LOG_INFO, MESSAGE_WORKER_LEFT, 0,
                                   LOG_FIELDS(FIELD_NUMBER("STREAMETL_WORKER", number)),
                                   "Worker %u left, %zu working", number, job->n_workers);
        else
                log_message_fields(
                        LOG_NOTICE, MESSAGE_WORKER_LOST, error,
                        LOG_FIELDS(FIELD_NUMBER("STREAMETL_WORKER", number)),
                        "Worker %u is gone; what it had not reported is leased again, %zu working", number,
                        job->n_workers);
        job_schedule_soon(job);
        job_continue_drain(job);
}

static void measure_rate(Worker *worker) {
        uint64_t records = worker->heartbeat.records - worker->rate_records;
        usec_t busy_usec = worker->heartbeat.busy_usec - worker->rate_busy_usec;
        double rate, limit = (double)worker->job->config->workers.rate_limit;

        if (records < RATE_RECORDS_MIN && !(limit > 0 && records > 0))
                return;
        worker->rate_records = worker->heartbeat.records;
        worker->rate_busy_usec = worker->heartbeat.busy_usec;
        rate = (double)records * USEC_PER_SEC / (double)MAX(busy_usec, (usec_t)1);
        if (worker->leases->capacity_per_sec > 0)
                rate = rate_weight * rate + (1 - rate_weight) * worker->leases->capacity_per_sec;
        worker->leases->capacity_per_sec = limit > 0 ? MIN(rate, limit) : rate;
}

static int on_heartbeat(Worker *worker, Reader *payload) {
        HeartbeatMessage heartbeat;
        int r;

        r = heartbeat_decode(payload, &heartbeat);
        if (r < 0)
                return r;
        if (heartbeat.records < worker->heartbeat.records ||
            heartbeat.busy_usec < worker->heartbeat.busy_usec)
                return -EBADMSG;
        worker->heartbeat = heartbeat;
        measure_rate(worker);
        return 0;
}

static int take_dead_records(Worker *worker, const Partition *partition, Reader *payload) {
        uint32_t n;
        int r;

        r = read_u32(payload, &n);
        for (; r >= 0 && n > 0; n--) {
                DeadRecord record;

                r = dead_record_decode(payload, &record);
                if (r >= 0)
                        r = dead_letters_add(worker->job->dead_letters, partition->topic->name,
                                             partition->number, &record, worker->job->config->dead_letter);
        }
        return r;
}

/* The record stays unread: the state does not get past it. */
static bool must_fail(Job *job, const ReportMessage *report, const Partition *partition) {
        uint64_t faults = 0;

        for (size_t i = RECORD_OK + 1; i < _RECORD_FAULT_MAX; i++)
                faults += report->faults[i];
        if (job->config->source.on_bad_record != BAD_RECORD_FAIL || faults == 0)
                return false;
        (void)last_word(MESSAGE_BAD_RECORD, 0,
                        LOG_FIELDS(FIELD_TEXT("STREAMETL_TOPIC", partition->topic->name),
                                   FIELD_NUMBER("STREAMETL_PARTITION", partition->number),
                                   FIELD_NUMBER("STREAMETL_OFFSET", report->from)),
                        "%" PRIu64 " records of %s/%" PRIu32 " between offsets %" PRIi64 " and %" PRIi64
                        " do not fit the columns, and source.on_bad_record is \"fail\"",
                        faults, partition->topic->name, partition->number, report->from, report->to);
        sd_event_exit(job->event, EX_DATAERR);
        return true;
}

static void count_report(Job *job, Partition *partition, const ReportMessage *report) {
        int64_t oldest_usec = kafka_time_usec(report->oldest_kafka_msec);

        partition->records += report->records;
        if (job->oldest_kafka_usec == TIME_NONE)
                job->oldest_kafka_usec = oldest_usec;
        else if (oldest_usec != TIME_NONE)
                job->oldest_kafka_usec = MIN(job->oldest_kafka_usec, oldest_usec);
        job->counts.records += report->records;
        job->counts.late += report->late;
        job->counts.future += report->future;
        for (size_t i = 0; i < _RECORD_FAULT_MAX; i++)
                job->counts.faults[i] += report->faults[i];
}

/* Merges the report, if the lease is still this worker's. From here on an error leaves the state half
 * changed: the process must end, and its next incarnation starts from what is known to be right. */
static int merge_report(Worker *worker, Lease *lease, const ReportMessage *report, Reader *payload) {
        Job *job = worker->job;
        Partition *partition = lease->partition;
        int r;

        r = take_dead_records(worker, partition, payload);
        if (r >= 0)
                r = state_merge(job->state, partition->index, report->from, report->to, payload);
        if (r >= 0 && payload->left > 0)
                r = -EBADMSG;
        if (r >= 0)
                r = lease_table_merged(job->leases, lease, report->to, report->final,
                                       report->max_event_time_usec, report->next_watermark_usec,
                                       monotonic_usec());
        if (r >= 0)
                r = state_advance(job->state, partition->index, partition->position);
        if (r < 0)
                return log_error_errno(r, "Failed to merge a report of worker %u: %m", worker->number);
        count_report(job, partition, report);
        job->state_changed |= report->to > report->from;
        /* How soon a new worker is of use is not to be seen 200 ms late. */
        if (!worker->has_reported)
                (void)load_send(job);
        worker->has_reported = true;
        return job_progress(job);
}

/* What it read may be of the topic that was made anew. */
static int refuse_other(Worker *worker, Lease *lease) {
        log_message_fields(LOG_NOTICE, MESSAGE_REPORT_REFUSED, 0,
                           LOG_FIELDS(FIELD_NUMBER("STREAMETL_WORKER", worker->number),
                                      FIELD_TEXT("STREAMETL_TOPIC", lease->partition->topic->name)),
                           "Refused a report of worker %u: topic %s was made anew", worker->number,
                           lease->partition->topic->name);
        return lease_table_merged(worker->job->leases, lease, lease->position, /* final= */ true, TIME_NONE,
                                  TIME_NONE, monotonic_usec());
}

static int on_report(Worker *worker, Reader *payload) {
        Job *job = worker->job;
        ReportMessage report;
        Lease *lease;
        int r;

        r = report_decode(payload, &report);
        if (r < 0)
                return r;
        lease = lease_table_accept(job->leases, worker->leases, report.id, report.from, report.to);
        if (!lease)
                log_message_fields(LOG_NOTICE, MESSAGE_REPORT_REFUSED, 0,
                                   LOG_FIELDS(FIELD_NUMBER("STREAMETL_WORKER", worker->number)),
                                   "Refused a report of worker %u: its lease is gone", worker->number);
        else if (lease->partition->topic->is_other) {
                if (refuse_other(worker, lease) < 0)
                        sd_event_exit(job->event, log_oom());
        } else if (must_fail(job, &report, lease->partition))
                return 0;
        else {
                r = merge_report(worker, lease, &report, payload);
                if (r < 0) {
                        sd_event_exit(job->event, r);
                        return 0;
                }
        }
        worker_tell(worker, WIRE_ACK, report.id, job->leases->watermark_usec);
        job_schedule_soon(job);
        job_continue_drain(job);
        return 0;
}

static int on_lease_failed(Worker *worker, Reader *payload) {
        LeaseFailedMessage failed;
        Partition *partition;
        Lease *lease;
        int r;

        r = lease_failed_decode(payload, &failed);
        if (r < 0)
                return r;
        lease = lease_table_accept(worker->job->leases, worker->leases, failed.id, failed.position,
                                   failed.position);
        if (lease) {
                partition = lease->partition;
                log_message_fields(LOG_ERR, MESSAGE_LEASE_FAILED, 0,
                                   LOG_FIELDS(FIELD_NUMBER("STREAMETL_WORKER", worker->number),
                                              FIELD_TEXT("STREAMETL_TOPIC", partition->topic->name),
                                              FIELD_NUMBER("STREAMETL_PARTITION", partition->number),
                                              FIELD_NUMBER("STREAMETL_OFFSET", failed.position)),
                                   "Worker %u cannot read %s/%" PRIu32 " from offset %" PRIi64 ": %s",
                                   worker->number, partition->topic->name, partition->number,
                                   failed.position, failed.reason);
                r = lease_table_merged(worker->job->leases, lease, failed.position, true, TIME_NONE,
                                       TIME_NONE, monotonic_usec());
                job_hold_leases(worker->job, partition);
        }
        lease_failed_done(&failed);
        return r;
}

static int on_leaving(Worker *worker) {
        worker->leases->leaving = true;
        return 0;
}

int worker_on_frame(Link *link, uint32_t type, Reader *payload, void *userdata) {
        Worker *worker = userdata;

        worker->last_heard_usec = monotonic_usec();
        worker->suspected = false;
        switch (type) {
        case WIRE_HEARTBEAT: return on_heartbeat(worker, payload);
        case WIRE_REPORT: return on_report(worker, payload);
        case WIRE_LEASE_FAILED: return on_lease_failed(worker, payload);
        case WIRE_LEAVING: return on_leaving(worker);
        default: return -EBADMSG;
        }
}

void workers_check_silence(Job *job, usec_t now_usec) {
        for (size_t i = job->n_workers; i-- > 0;) {
                Worker *worker = job->workers[i];

                if (now_usec - worker->last_heard_usec < HEARTBEAT_TIMEOUT_USEC)
                        continue;
                /* It may be this process that slept: what waits in the socket is read before the next look.
                 */
                if (!worker->suspected) {
                        worker->suspected = true;
                        continue;
                }
                log_message_fields(LOG_WARNING, MESSAGE_WORKER_SILENT, 0,
                                   LOG_FIELDS(FIELD_NUMBER("STREAMETL_WORKER", worker->number)),
                                   "Worker %u is silent for %" PRIu64 " ms: its leases are revoked",
                                   worker->number, (now_usec - worker->last_heard_usec) / USEC_PER_MSEC);
                worker_free(worker);
                job_schedule_soon(job);
                job_continue_drain(job);
        }
}

void workers_send_watermark(Job *job) {
        for (size_t i = 0; i < job->n_workers; i++) {
                Lease *lease;

                TAILQ_FOREACH(lease, &job->workers[i]->leases->leases, leases) {
                        /* A lease that reports learns it from the answer. */
                        if (MAX(lease->watermark_usec, lease->watermark_sent_usec) >=
                            job->leases->watermark_usec)
                                continue;
                        lease->watermark_sent_usec = job->leases->watermark_usec;
                        worker_tell(job->workers[i], WIRE_WATERMARK, lease->id, lease->watermark_sent_usec);
                }
        }
}

static void on_grant(Lease *lease, void *userdata) {
        LeaseMessage message = {
                .id = lease->id,
                .topic = lease->partition->topic->name,
                .partition = lease->partition->number,
                .start = lease->start,
                .end = lease->end,
                .watermark_usec = lease->watermark_usec,
        };
        _cleanup_buffer_ Buffer buffer = {};
        Worker *worker = lease->worker->userdata;

        if (lease_encode(&message, &buffer) >= 0)
                (void)link_send(worker->link, WIRE_LEASE, &buffer);
}

static void on_recall(Lease *lease, void *userdata) {
        worker_tell(lease->worker->userdata, WIRE_RECALL, lease->id, TIME_NONE);
}

const LeaseActions worker_lease_actions = {.grant = on_grant, .recall = on_recall};
