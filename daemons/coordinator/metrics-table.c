/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdbool.h>

#include "base/macros.h"
#include "metrics-table.h"

/* All that "state" of a job can say, see streametl-metrics(7). */
static const char *const job_states[] = {"running",      "starting", "waiting",  "paused", "draining",
                                         "stopped",      "disabled", "removed",  "failed", "activating",
                                         "deactivating", "active",   "inactive", NULL};
static const char *const retrying[] = {"retrying", NULL};
static const char *const listeners[] = {"http", "unix", NULL};
static const char *const directions[] = {"up", "down", NULL};
static const char *const reasons[] = {"empty",        "not_json",      "not_object", "wrong_type",
                                      "out_of_range", "no_event_time", "too_large",  "refused",
                                      "no_memory",    "late",          NULL};

#define GAUGE(of, name, unit, value, member, ...) {name, METRIC_GAUGE, of, unit, value, member, __VA_ARGS__}
#define COUNTER(of, name, unit, value, member, ...)                                                         \
        {name, METRIC_COUNTER, of, unit, value, member, __VA_ARGS__}

/* clang-format off */
const Metric metrics[] = {
        {"build", METRIC_INFO, OF_SUITE, NULL, VALUE_TEXTS, "version",
         .help = "The coordinator's version, as a label."},
        GAUGE(OF_SUITE, "coordinator_start_time_seconds", "seconds", VALUE_USEC, "started_usec",
              .help = "When the coordinator was started, in seconds since 1970."),
        COUNTER(OF_SUITE, "coordinator_cpu_seconds", "seconds", VALUE_USEC, "cpu_usec",
                .help = "User and system time of the coordinator's process."),
        GAUGE(OF_SUITE, "coordinator_resident_memory_bytes", "bytes", VALUE_NUMBER, "rss_bytes",
              .help = "Resident memory of the coordinator's process."),
        COUNTER(OF_SUITE, "api_requests", NULL, VALUE_BY_KEY, "api_requests", .label = "listener", .known = listeners,
                .help = "Requests that the coordinator answered, by the socket they came over."),
        GAUGE(OF_SUITE, "problems", NULL, VALUE_LENGTH, "problems",
              .help = "Problems that \"etlctl status\" names; 0 if all is well."),
        GAUGE(OF_SUITE, "jobs_enabled", NULL, VALUE_NUMBER, "jobs_enabled",
              .help = "Jobs that have a file and are not disabled in it."),
        GAUGE(OF_SUITE, "jobs_running", NULL, VALUE_NUMBER, "jobs_running",
              .help = "Jobs whose unit is active."),

        GAUGE(OF_JOB, "job_state", NULL, VALUE_ONE_OF, "state", .label = "state", .known = job_states,
              .help = "1 for the state that the job is in, 0 for all others."),
        GAUGE(OF_JOB, "job_paused", NULL, VALUE_FLAG, "paused",
              .help = "Whether the job was paused by \"etlctl pause\"."),
        GAUGE(OF_JOB, "job_start_time_seconds", "seconds", VALUE_USEC, "started_usec",
              .help = "When the job's process was started, in seconds since 1970."),
        COUNTER(OF_JOB, "job_restarts", NULL, VALUE_NUMBER, "restarts",
                .help = "Times that systemd started the job's process again after it had ended unasked."),
        COUNTER(OF_JOB, "job_cpu_seconds", "seconds", VALUE_USEC, "cpu_usec",
                .help = "User and system time of the job's process, without its workers."),
        GAUGE(OF_JOB, "job_resident_memory_bytes", "bytes", VALUE_NUMBER, "rss_bytes",
              .help = "Resident memory of the job's process, without its workers."),

        COUNTER(OF_PARTITION, "records", NULL, VALUE_NUMBER, "records", .summed = true,
                .help = "Records that workers read and the job merged."),
        COUNTER(OF_JOB, "arrived_records", NULL, VALUE_NUMBER, "arrived",
                .help = "Records that the job's topics got."),
        GAUGE(OF_PARTITION, "lag_records", NULL, VALUE_NUMBER, "lag", .summed = true,
              .help = "Records that are in the partition and not yet merged."),
        GAUGE(OF_JOB, "lag_seconds", "seconds", VALUE_USEC, "lag_usec",
              .help = "How many seconds of arrivals, at the rate of the last minute, are not yet merged."),
        GAUGE(OF_PARTITION, "position_offset", NULL, VALUE_NUMBER, "position",
              .help = "The offset below which all of the partition is merged."),
        GAUGE(OF_PARTITION, "end_offset", NULL, VALUE_NUMBER, "end",
              .help = "The offset behind the partition's last record."),
        GAUGE(OF_PARTITION, "partition_idle", NULL, VALUE_FLAG, "idle",
              .help = "Whether the watermark does not wait for the partition."),
        GAUGE(OF_PARTITION, "partition_watermark_timestamp_seconds", "seconds", VALUE_USEC, "watermark_usec",
              .help = "The partition's own watermark, an event time in seconds since 1970."),
        GAUGE(OF_JOB, "partitions", NULL, VALUE_LENGTH, "partitions",
              .help = "Partitions that the job reads."),
        GAUGE(OF_JOB, "partitions_left_out", NULL, VALUE_NUMBER, "partitions_left_out",
              .help = "Partitions past the 200th of a job, which have no samples of their own."),
        GAUGE(OF_JOB, "watermark_timestamp_seconds", "seconds", VALUE_USEC, "watermark_usec",
              .help = "The job's watermark, an event time in seconds since 1970."),
        GAUGE(OF_JOB, "event_time_delay_seconds", "seconds", VALUE_USEC, "event_time_delay_usec",
              .help = "How far the job's watermark is behind the clock."),

        GAUGE(OF_JOB, "workers_wanted", NULL, VALUE_NUMBER, "workers_wanted",
              .help = "Workers that are to run."),
        GAUGE(OF_JOB, "workers_running", NULL, VALUE_NUMBER, "workers_running",
              .help = "Workers whose unit is active."),
        GAUGE(OF_JOB, "workers_min", NULL, VALUE_NUMBER, "workers_min",
              .help = "The least number of workers that the job is allowed, as in force."),
        GAUGE(OF_JOB, "workers_max", NULL, VALUE_NUMBER, "workers_max",
              .help = "The greatest number of workers that the job is allowed, as in force."),
        COUNTER(OF_JOB, "scaling_decisions", NULL, VALUE_BY_KEY, "decisions", .label = "direction", .known = directions,
                .help = "Changes of the number of workers, by direction."),
        COUNTER(OF_JOB, "worker_failures", NULL, VALUE_NUMBER, "worker_failures",
                .help = "Workers that ended by themselves or did not start."),
        COUNTER(OF_JOB, "busy_seconds", "seconds", VALUE_USEC, "busy_usec",
                .help = "Time that all workers of the job, also those that are gone, spent on records."),
        COUNTER(OF_WORKER, "worker_records", NULL, VALUE_NUMBER, "records",
                .help = "Records that the worker's process read."),
        COUNTER(OF_WORKER, "worker_busy_seconds", "seconds", VALUE_USEC, "busy_usec",
                .help = "Time that the worker's process spent on records."),
        COUNTER(OF_WORKER, "worker_cpu_seconds", "seconds", VALUE_USEC, "cpu_usec",
                .help = "User and system time of the worker's process."),
        GAUGE(OF_WORKER, "worker_resident_memory_bytes", "bytes", VALUE_NUMBER, "rss_bytes",
              .help = "Resident memory of the worker's process."),

        GAUGE(OF_JOB, "epoch", NULL, VALUE_NUMBER, "epoch",
              .help = "Number of the job's last epoch."),
        {"epoch_duration_seconds", METRIC_HISTOGRAM, OF_JOB, "seconds", VALUE_HISTOGRAM, "epoch_duration",
         .help = "Time from the closing of an epoch until every sink has it."},
        {"end_to_end_latency_seconds", METRIC_HISTOGRAM, OF_JOB, "seconds", VALUE_HISTOGRAM, "latency",
         .help = "Time from Kafka's timestamp of the oldest record of an epoch until the epoch is delivered."},
        {"sink", METRIC_INFO, OF_SINK, NULL, VALUE_TEXTS, "type,kind",
         .help = "The sink's type, and whether it gets results or dead letters, as labels."},
        COUNTER(OF_SINK, "sink_rows", NULL, VALUE_NUMBER, "rows_total",
                .help = "Rows that were delivered to the sink."),
        GAUGE(OF_SINK, "sink_delivered_epoch", NULL, VALUE_NUMBER, "epoch_delivered",
              .help = "Number of the last epoch that the sink has."),
        GAUGE(OF_SINK, "sink_delivered_timestamp_seconds", "seconds", VALUE_USEC, "epoch_delivered_at_usec",
              .help = "When the sink got its last epoch, in seconds since 1970."),
        GAUGE(OF_SINK, "sink_retrying", NULL, VALUE_IS, "state", .known = retrying,
              .help = "Whether the last attempt to deliver failed and is made again."),

        COUNTER(OF_JOB, "dead_letters", NULL, VALUE_BY_KEY, "dead_letters", .label = "reason", .known = reasons,
                .help = "Records that could not be used, by reason."),
        COUNTER(OF_JOB, "late_records", NULL, VALUE_NUMBER, "late",
                .help = "Records whose windows were final when they came."),
        COUNTER(OF_JOB, "future_records", NULL, VALUE_NUMBER, "future",
                .help = "Records whose event time was more than source.max_future ahead of the clock."),
        COUNTER(OF_JOB, "removed_records", NULL, VALUE_NUMBER, "removed",
                .help = "Offsets whose records Kafka deleted before they were read."),
        GAUGE(OF_JOB, "groups", NULL, VALUE_NUMBER, "groups",
              .help = "Groups of open windows in memory."),
        GAUGE(OF_JOB, "state_memory_bytes", "bytes", VALUE_NUMBER, "state_bytes",
              .help = "Memory that the open windows take."),
        GAUGE(OF_JOB, "state_store_bytes", "bytes", VALUE_NUMBER, "store_bytes",
              .help = "Size of the job's state on disk."),
        GAUGE(OF_JOB, "state_store_max_bytes", "bytes", VALUE_NUMBER, "store_max_bytes",
              .help = "Size of the state on disk at which the job waits, limits.max_state."),
        {}
};
/* clang-format on */

const char *const *metric_labels(MetricOf of) {
        static const char *const labels[_METRIC_OF_MAX][4] = {
                [OF_SUITE] = {NULL},
                [OF_JOB] = {"job", NULL},
                [OF_PARTITION] = {"job", "topic", "partition", NULL},
                [OF_WORKER] = {"job", "worker", NULL},
                [OF_SINK] = {"job", "sink", NULL},
        };

        return labels[of];
}

const char *metric_type_name(MetricType type) {
        static const char *const names[] = {
                [METRIC_GAUGE] = "gauge",
                [METRIC_COUNTER] = "counter",
                [METRIC_HISTOGRAM] = "histogram",
                [METRIC_INFO] = "info",
        };

        return names[type];
}

const char *metric_suffix(MetricType type) {
        return type == METRIC_COUNTER ? "_total" : type == METRIC_INFO ? "_info" : "";
}
