/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "kafka/kafka.h"
#include "sink.h"

/* The marker of a Kafka sink: an offset (= the epoch, metadata = the UUID of the job's state) of the group
 * "streametl.JOB.SINK" in partition 0 of the sink's own topic, committed in the transaction of the epoch's
 * rows. Nothing else commits to that group. */
typedef struct KafkaMarker KafkaMarker;

/* The context must outlive it. Returns 0 or -ENOMEM. */
int kafka_marker_new(const SinkContext *context, KafkaMarker **ret);
KafkaMarker *kafka_marker_free(KafkaMarker *marker);
DEFINE_CLEANUP(KafkaMarker *, kafka_marker_free);

/* Connects when it is first needed. While a transaction of an earlier process is pending there is no answer:
 * init_transactions() comes first. */
TaskResult kafka_marker_read(KafkaMarker *marker, int timeout_msec, SinkMarker *ret, TaskError *error);

/* As part of the producer's transaction. NULL: done; else the caller destroys the error. */
rd_kafka_error_t *kafka_marker_send(const KafkaMarker *marker, rd_kafka_t *producer, uint64_t epoch,
                                    int timeout_msec);
