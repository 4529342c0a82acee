/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <regex.h>

#include "base/units.h"
#include "config/text-map.h"

/* The suite's file (/etc/streametl.conf) and the jobs' (/etc/streametl.d/JOB.conf), read through libconfig
 * and checked against the tables of keys in config-table.c. Reading never logs: what is wrong comes back in
 * a ConfigError. */

/* "FILE:LINE:COLUMN: what is wrong, what is allowed". line is 0 for a mistake of the whole file (something
 * is missing). Zero-initialise; config_error_done() frees. */
typedef struct ConfigError {
        char *file;
        unsigned line, column;
        char message[768];
} ConfigError;

void config_error_done(ConfigError *error);
#define _cleanup_config_error_ _cleanup_(config_error_done)
/* "FILE[:LINE[:COLUMN]]: MESSAGE", for a log line. The caller frees; NULL without memory. */
char *config_error_text(const ConfigError *error);

typedef enum OutputMode { OUTPUT_UPDATE, OUTPUT_APPEND, OUTPUT_COMPLETE } OutputMode;
typedef enum SinkType { SINK_CONSOLE, SINK_FILE, SINK_KAFKA, SINK_POSTGRESQL } SinkType;
typedef enum FileFormat { FILE_JSON, FILE_CSV } FileFormat;
typedef enum OnBadRecord { BAD_RECORD_DEAD_LETTER, BAD_RECORD_NULL, BAD_RECORD_FAIL } OnBadRecord;
typedef enum OnDataLoss { DATA_LOSS_CONTINUE, DATA_LOSS_FAIL } OnDataLoss;
typedef enum SourceType { SOURCE_KAFKA } SourceType;
typedef enum RecordFormat { FORMAT_JSON } RecordFormat;
typedef enum StartAt { START_LATEST, START_EARLIEST, START_TIMESTAMP } StartAt;

/* Limits and pace of a job's scaling (design of the policy: lib/scaling/). */
typedef struct WorkersConfig {
        unsigned min, max;
        usec_t backlog_timeout_usec;
        usec_t idle_timeout_usec;
        usec_t catch_up_time_usec;
        double target_utilisation; /* 0 < x <= 1 */
        uint64_t rate_limit;       /* records per second and worker; 0: none */
} WorkersConfig;

typedef struct SourceConfig {
        SourceType type;
        RecordFormat format;
        char *topic;         /* as in the file; NULL: not given */
        char **topics;       /* the names of those that are read, NULL-terminated; NULL: by the pattern */
        char *topic_pattern; /* POSIX extended regular expression; NULL: by the names */
        char *table;         /* the source's name in the query */
        StartAt start;
        int64_t start_usec; /* of START_TIMESTAMP, since the epoch */
        char *columns_text;
        TextMap columns_map;
        char *event_time; /* name of the column */
        TextMap event_time_map;
        usec_t watermark_usec;  /* allowed delay */
        usec_t idle_after_usec; /* a partition without records for so long no longer holds the watermark */
        OnBadRecord on_bad_record;
        OnDataLoss on_data_loss;
        usec_t max_future_usec; /* an event further ahead of the clock does not move the watermark */
} SourceConfig;

typedef struct SinkConfig {
        SinkType type;
        char *name;        /* default: its type */
        unsigned max_rows; /* console: rows of an epoch that are printed; 0: all */
        bool truncate;     /* console: cut wide values */

        char *folder; /* file: absolute */
        FileFormat format;
        uint64_t rotate_bytes; /* file: a file is done when it has reached this size, */
        usec_t rotate_usec;    /* or this age */

        char *topic;             /* Kafka */
        char **kafka_properties; /* "key=value", the suite's followed by the sink's, NULL-terminated */

        char *connection; /* PostgreSQL: of libpq */
        char *table;
} SinkConfig;

typedef struct JobConfig {
        char *name; /* [a-z0-9_]{1,64}, from the file's name */
        char *path;
        bool enabled;
        char **kafka_properties; /* "key=value", the suite's followed by the job's (a later one wins),
                                    NULL-terminated */
        SourceConfig source;
        char *query_text;
        TextMap query_map;
        OutputMode output;
        usec_t trigger_usec;
        SinkConfig *sinks;
        size_t n_sinks;
        SinkConfig *dead_letter; /* NULL: dead letters go to the journal alone */
        WorkersConfig workers;
        uint64_t report_max_bytes;   /* a worker reports when its partial aggregates reach this */
        uint64_t max_epoch_bytes;    /* an epoch closes early at this size */
        uint64_t worker_queue_bytes; /* records a worker holds ahead of its work */
        uint64_t max_state_bytes;    /* of the store's file */
        uint64_t max_record_bytes;   /* a larger record is a dead letter */
        usec_t max_ahead_usec; /* how far leases run past a partition's contiguous position, in time of work
                                */
} JobConfig;

typedef struct SuiteConfig {
        char *path;
        char *jobs_folder; /* /etc/streametl.d for /etc/streametl.conf */
        char *bootstrap_servers;
        char **kafka_properties;      /* with bootstrap.servers as the first */
        bool http_show_records;       /* over TCP as well */
        struct JobDefaults *defaults; /* what a job's file leaves out */
} SuiteConfig;

/* Each returns 0; -ENOENT (no such file); -EINVAL with *error filled; -ENOMEM; or another errno of reading.
 * A suite file that does not exist is an empty one. */
int suite_config_load(const char *path, SuiteConfig **ret, ConfigError *error);
SuiteConfig *suite_config_free(SuiteConfig *config);
DEFINE_CLEANUP(SuiteConfig *, suite_config_free);

/* Whether all of the topic's name matches, and it is none of Kafka's own, which begin with "__". */
bool topic_pattern_matches(const regex_t *pattern, const char *topic);
/* Whether the source names it, or its pattern matches; or -ENOMEM. */
int source_wants_topic(const SourceConfig *source, const char *topic);

void sink_config_done(SinkConfig *sink);
bool sink_config_equal(const SinkConfig *a, const SinkConfig *b);

int job_config_load(const SuiteConfig *suite, const char *path, JobConfig **ret, ConfigError *error);
JobConfig *job_config_free(JobConfig *config);
DEFINE_CLEANUP(JobConfig *, job_config_free);

/* [a-z0-9_]{1,64} */
bool job_name_is_valid(const char *name);

/* Names of the jobs that have a file NAME.conf in the folder, sorted, NULL-terminated (strv_free()); hidden
 * files and others are passed over, a NAME.conf with an impossible name fails with -EINVAL and *error
 * filled. A folder that does not exist has no jobs. */
int job_config_list(const char *folder, char ***ret_names, ConfigError *error);
