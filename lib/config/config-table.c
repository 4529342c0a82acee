/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "config/config-table.h"
#include "config/config.h"

#define DAY ((double)24 * 60 * USEC_PER_MINUTE)
#define WEEK (7 * DAY)
#define HOUR ((double)60 * USEC_PER_MINUTE)
#define SECOND ((double)USEC_PER_SEC)
#define MSEC ((double)USEC_PER_MSEC)
#define KIB 1024.0
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define FIELD(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)NULL)->field)
#define SUITE(field) .scope = CONFIG_SUITE, FIELD(SuiteConfig, field)
#define JOB(field) .scope = CONFIG_JOB, FIELD(JobConfig, field)
#define JOB_OR_DEFAULT(field) .scope = CONFIG_JOB | CONFIG_DEFAULT, FIELD(JobConfig, field)
#define SINK(field) .scope = CONFIG_JOB, FIELD(SinkConfig, field)
#define SINK_OR_DEFAULT(field) .scope = CONFIG_JOB | CONFIG_DEFAULT, FIELD(SinkConfig, field)
#define ONLY(type) .only = 1u << (type)
#define RANGE(low, high) .min = (low), .max = (high)

static const ConfigChoice source_types[] = {{"kafka", SOURCE_KAFKA}, {}};
static const ConfigChoice formats[] = {{"json", FORMAT_JSON}, {}};
static const ConfigChoice outputs[] = {
        {"update", OUTPUT_UPDATE}, {"append", OUTPUT_APPEND}, {"complete", OUTPUT_COMPLETE}, {}};
static const ConfigChoice bad_record_acts[] = {
        {"dead_letter", BAD_RECORD_DEAD_LETTER}, {"null", BAD_RECORD_NULL}, {"fail", BAD_RECORD_FAIL}, {}};
static const ConfigChoice data_loss_acts[] = {
        {"continue", DATA_LOSS_CONTINUE}, {"fail", DATA_LOSS_FAIL}, {}};
static const ConfigChoice sink_types[] = {{"console", SINK_CONSOLE},
                                          {"file", SINK_FILE},
                                          {"kafka", SINK_KAFKA},
                                          {"postgresql", SINK_POSTGRESQL},
                                          {}};
static const ConfigChoice file_formats[] = {{"json", FILE_JSON}, {"csv", FILE_CSV}, {}};

/* clang-format off */
static const ConfigKey suite_keys[] = {
        {"kafka", "bootstrap_servers", CONFIG_STRING, SUITE(bootstrap_servers), .default_text = "localhost:9092",
         .help = "Addresses of Kafka brokers to begin with, HOST:PORT, separated by commas."},
        {"kafka", "properties", CONFIG_PROPERTIES, SUITE(kafka_properties), .default_text = "",
         .help = "Further settings of librdkafka for every connection, such as \"security.protocol=SSL\"."},
        {"http", "show_records", CONFIG_BOOL, SUITE(http_show_records), .default_text = "false",
         .help = "Whether the page shows what records hold, to every user who can reach its port."},
};

static const ConfigKey job_keys[] = {
        {"", "enabled", CONFIG_BOOL, JOB(enabled), .default_text = "true",
         .help = "Whether the job is started with the suite."},
        {"", "query", CONFIG_STRING, JOB(query_text), .map_offset = offsetof(JobConfig, query_map), .required = true,
         .help = "The SELECT that makes the results out of the records."},
        {"", "output", CONFIG_ENUM, JOB_OR_DEFAULT(output), .choices = outputs, .default_text = "update",
         .help = "Which rows a trigger gives out: those that changed, those that are final, or all."},
        {"", "trigger", CONFIG_DURATION, JOB_OR_DEFAULT(trigger_usec), RANGE(0, DAY), .default_text = "5 seconds",
         .help = "How often results are given out; 0 means as often as the sinks take them."},

        {"source", "type", CONFIG_ENUM, JOB_OR_DEFAULT(source.type), .choices = source_types, .default_text = "kafka",
         .help = "Where the records come from."},
        {"source", "topic", CONFIG_TOPIC, JOB(source.topic), .help = "The topic that is read."},
        {"source", "topics", CONFIG_TOPICS, JOB(source.topics), .help = "Topics that are read together."},
        {"source", "topic_pattern", CONFIG_PATTERN, JOB(source.topic_pattern),
         .help = "Every topic is read whose whole name matches."},
        {"source", "table", CONFIG_NAME, JOB(source.table),
         .help = "The name of the table in the query; if not given, that of source.topic, or else the job's."},
        {"source", "format", CONFIG_ENUM, JOB_OR_DEFAULT(source.format), .choices = formats, .default_text = "json",
         .help = "How a record is written: one JSON object."},
        {"source", "start", CONFIG_START, JOB_OR_DEFAULT(source), .default_text = "latest",
         .help = "Where a job without state begins: at the end, at the beginning or at a time of the log."},
        {"source", "columns", CONFIG_STRING, JOB(source.columns_text),
         .map_offset = offsetof(JobConfig, source.columns_map), .required = true,
         .help = "Name and type of each field of a record that the query may use."},
        {"source", "event_time", CONFIG_STRING, JOB(source.event_time),
         .map_offset = offsetof(JobConfig, source.event_time_map), .required = true,
         .help = "The column that says when the event happened."},
        {"source", "watermark", CONFIG_DURATION, JOB_OR_DEFAULT(source.watermark_usec), RANGE(0, 52 * WEEK),
         .default_text = "1 minute", .help = "How much later than the newest event of its partition an event may come."},
        {"source", "idle_after", CONFIG_DURATION, JOB_OR_DEFAULT(source.idle_after_usec), RANGE(100 * MSEC, DAY),
         .default_text = "10 seconds",
         .help = "A partition without records for this long no longer holds the watermark."},
        {"source", "max_future", CONFIG_DURATION, JOB_OR_DEFAULT(source.max_future_usec), RANGE(0, 52 * WEEK),
         .default_text = "1 hour", .help = "An event further ahead of the clock does not move the watermark."},
        {"source", "on_bad_record", CONFIG_ENUM, JOB_OR_DEFAULT(source.on_bad_record), .choices = bad_record_acts,
         .default_text = "dead_letter",
         .help = "What a record becomes that does not fit the columns: a dead letter, one with NULLs, or the job's end."},
        {"source", "on_data_loss", CONFIG_ENUM, JOB_OR_DEFAULT(source.on_data_loss), .choices = data_loss_acts,
         .default_text = "continue",
         .help = "What the job does when Kafka has removed records before they were read."},
        {"source", "properties", CONFIG_PROPERTIES, JOB(kafka_properties), .default_text = "",
         .help = "Further settings of librdkafka for this job; they win over those of the suite."},

        {"workers", "min", CONFIG_INT, JOB_OR_DEFAULT(workers.min), RANGE(0, 256), .default_text = "0",
         .help = "How many workers run even if there is nothing to do."},
        {"workers", "max", CONFIG_INT, JOB_OR_DEFAULT(workers.max), RANGE(1, 256), .default_text = "4",
         .help = "How many workers may run."},
        {"workers", "backlog_timeout", CONFIG_DURATION, JOB_OR_DEFAULT(workers.backlog_timeout_usec), RANGE(0, HOUR),
         .default_text = "500 ms", .help = "How long a backlog lasts before workers are added."},
        {"workers", "idle_timeout", CONFIG_DURATION, JOB_OR_DEFAULT(workers.idle_timeout_usec), RANGE(0, DAY),
         .default_text = "10 seconds", .help = "How long fewer workers must have sufficed before some are stopped."},
        {"workers", "catch_up_time", CONFIG_DURATION, JOB_OR_DEFAULT(workers.catch_up_time_usec),
         RANGE(100 * MSEC, DAY), .default_text = "10 seconds",
         .help = "In what time a backlog is to be worked off; a shorter one asks for more workers."},
        {"workers", "target_utilisation", CONFIG_REAL, JOB_OR_DEFAULT(workers.target_utilisation), RANGE(0.05, 1),
         .default_text = "0.8", .help = "Which part of a worker's time the arriving records are planned to take."},
        {"workers", "rate_limit", CONFIG_INT, JOB_OR_DEFAULT(workers.rate_limit), RANGE(0, 1e9),
         .unit = "records per second", .default_text = "0",
         .help = "How many records a worker takes at most, to spare a shared broker; 0 means no limit."},

        {"limits", "report_max_bytes", CONFIG_SIZE, JOB_OR_DEFAULT(report_max_bytes), RANGE(64 * KIB, GIB),
         .default_text = "4 MiB", .help = "A worker reports when its partial results reach this size."},
        {"limits", "max_epoch_bytes", CONFIG_SIZE, JOB_OR_DEFAULT(max_epoch_bytes), RANGE(MIB, 4 * GIB),
         .default_text = "64 MiB", .help = "Results are given out before the trigger when they reach this size."},
        {"limits", "max_state", CONFIG_SIZE, JOB_OR_DEFAULT(max_state_bytes), RANGE(16 * MIB, 1024 * GIB),
         .default_text = "4 GiB", .help = "The job waits when its state on disk reaches this size."},
        {"limits", "worker_queue_bytes", CONFIG_SIZE, JOB_OR_DEFAULT(worker_queue_bytes), RANGE(MIB, GIB),
         .default_text = "16 MiB", .help = "Memory of a worker for records that are fetched and not yet worked on."},
        {"limits", "max_record_bytes", CONFIG_SIZE, JOB_OR_DEFAULT(max_record_bytes), RANGE(KIB, GIB),
         .default_text = "8 MiB", .help = "A larger record becomes a dead letter."},
        {"limits", "max_ahead", CONFIG_DURATION, JOB_OR_DEFAULT(max_ahead_usec), RANGE(SECOND, HOUR),
         .default_text = "10 seconds",
         .help = "How far, in time of work, one worker reads a partition ahead of what is done without a gap."},
};

static const ConfigKey sink_keys[] = {
        {"sink", "type", CONFIG_ENUM, SINK(type), .choices = sink_types, .required = true,
         .help = "Where the results go; console is the journal."},
        {"sink", "name", CONFIG_NAME, SINK(name), .help = "What the sink is called; if not given, its type."},
        {"sink", "max_rows", CONFIG_INT, SINK_OR_DEFAULT(max_rows), RANGE(0, 1e6), .unit = "rows",
         ONLY(SINK_CONSOLE), .default_text = "20", .help = "Of a console: how many rows of one trigger are printed; 0 means all."},
        {"sink", "truncate", CONFIG_BOOL, SINK_OR_DEFAULT(truncate), ONLY(SINK_CONSOLE), .default_text = "true",
         .help = "Of a console: whether values wider than 20 characters are cut."},
        {"sink", "folder", CONFIG_FOLDER, SINK(folder), ONLY(SINK_FILE), .required = true,
         .help = "Of files: the folder they are put into."},
        {"sink", "format", CONFIG_ENUM, SINK_OR_DEFAULT(format), ONLY(SINK_FILE), .choices = file_formats,
         .default_text = "json", .help = "Of files: a JSON object a line, or CSV with a line of names on top."},
        {"sink", "rotate_size", CONFIG_SIZE, SINK_OR_DEFAULT(rotate_bytes), RANGE(0, 1024 * GIB), ONLY(SINK_FILE),
         .default_text = "0", .help = "Of files: a file is done when it has reached this size; 0 means after every trigger."},
        {"sink", "rotate_after", CONFIG_DURATION, SINK_OR_DEFAULT(rotate_usec), RANGE(0, WEEK), ONLY(SINK_FILE),
         .default_text = "1 minute", .help = "Of files: a file that is not full is done with the first rows after this time."},
        {"sink", "topic", CONFIG_TOPIC, SINK(topic), ONLY(SINK_KAFKA), .required = true,
         .help = "Of Kafka: the topic that is written; it must exist."},
        {"sink", "properties", CONFIG_PROPERTIES, SINK(kafka_properties), ONLY(SINK_KAFKA), .default_text = "",
         .help = "Of Kafka: further settings of librdkafka, such as another cluster's \"bootstrap.servers=HOST:9092\"."},
        {"sink", "connection", CONFIG_STRING, SINK(connection), ONLY(SINK_POSTGRESQL), .required = true,
         .help = "Of PostgreSQL: the connection, as libpq takes it."},
        {"sink", "table", CONFIG_TABLE, SINK(table), ONLY(SINK_POSTGRESQL), .required = true,
         .help = "Of PostgreSQL: the table that is written; it is made if there is none."},
};
/* clang-format on */

static const ConfigOrder job_orders[] = {
        {"workers", "min", "max"},
        {"limits", "report_max_bytes", "max_epoch_bytes"},
        {"limits", "max_record_bytes", "worker_queue_bytes"},
};

const ConfigTable config_suite_table = {.keys = suite_keys, .n_keys = ELEMENTSOF(suite_keys)};
const ConfigTable config_job_table = {
        .keys = job_keys,
        .n_keys = ELEMENTSOF(job_keys),
        .orders = job_orders,
        .n_orders = ELEMENTSOF(job_orders),
};
const ConfigTable config_sink_table = {.keys = sink_keys, .n_keys = ELEMENTSOF(sink_keys)};

const ConfigKey *config_table_find(const ConfigTable *table, const char *section, const char *name) {
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++)
                if (strcmp(key->section, section) == 0 && strcmp(key->name, name) == 0)
                        return key;
        return NULL;
}

bool config_table_has_section(const ConfigTable *table, const char *section) {
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++)
                if (strcmp(key->section, section) == 0)
                        return true;
        return false;
}

char *config_key_path(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key) {
        snprintf(buffer, CONFIG_TEXT_MAX, "%s%s%s", key->section, *key->section ? "." : "", key->name);
        return buffer;
}
