/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "kafka/kafka.h"
#include "plan/job-plan.h"

/* "etl-job --probe": looks at everything that a job meets outside of itself, from where the job's process
 * stands (its user, credentials and sandbox), and changes none of it. Each finding is a line of JSON on
 * standard output: check, status (ok, warning, problem), text, and for what is wrong the command that mends
 * it. The last line is PROBE_END (lib/wire/control.h): without it, something was not looked at. For etlctl
 * doctor. */

typedef enum ProbeStatus { PROBE_OK, PROBE_WARNING, PROBE_PROBLEM } ProbeStatus;

typedef struct Probe {
        const char *job;
        const char *suite_path;
        const char *state_folder;
        const JobConfig *config;
        const JobPlan *plan;
        rd_kafka_t *client; /* of the source's cluster; NULL: it does not answer */
        const struct rd_kafka_metadata *metadata;
        const struct rd_kafka_metadata_topic *
                *topics; /* those of the source that there are; weak elements */
        size_t n_topics;
} Probe;

enum { PROBE_TIMEOUT_MSEC = 5000 };

/* mend: a command, or NULL. */
void probe_find(const char *check, ProbeStatus status, const char *mend, const char *format, ...)
        _printf_(4, 5);

/* In this order. */
void probe_broker(Probe *probe);
void probe_topics(Probe *probe);
void probe_records(Probe *probe);
void probe_sinks(Probe *probe);
void probe_state(Probe *probe);

/* A topic that a sink writes to, with the sink's settings. */
void probe_kafka_sink(const SinkConfig *sink);

/* Returns 0, or a negative errno if something is wrong with the configuration, of which it has told. */
int probe_job(const char *job, const char *suite_path, const char *state_folder);
