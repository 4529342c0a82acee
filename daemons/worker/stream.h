/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "consumer.h"
#include "lease.h"
#include "pipeline.h"

/* One partition that is being read: its leases, the one with the lowest offsets first, and where in the log
 * the consumer stands. */
typedef struct Stream Stream;

/* What a stream works with; all of it weak. */
typedef struct StreamContext {
        Consumer *consumer;
        Pipeline *pipeline;
} StreamContext;

/* topic: of the consumer. */
Stream *stream_new(const StreamContext *context, rd_kafka_topic_t *topic, uint32_t partition);
/* Its leases belong to others. */
Stream *stream_free(Stream *stream);
DEFINE_CLEANUP(Stream *, stream_free);

/* The instant at which records are read, and how far ahead of it their times may be. */
typedef struct StreamClock {
        usec_t now_usec; /* monotonic */
        int64_t future_usec;
} StreamClock;

/* A lease to read: from here on until it is over, or stream_remove(). Returns 0 or -EIO. */
int stream_add(Stream *stream, Lease *lease, usec_t now_usec);
/* The lease is recalled. Returns 0 or -EIO. */
int stream_remove(Stream *stream, Lease *lease, usec_t now_usec);
bool stream_is_idle(const Stream *stream);
/* Nothing is fetched until the next lease. */
void stream_stop(Stream *stream);

bool stream_is_of(const Stream *stream, const rd_kafka_topic_t *topic, uint32_t partition);

/* Works on messages of this partition in their order. pull: the number of the pull that they came with.
 * Returns how many records were of use, -ENOMEM or -EIO. */
ssize_t stream_read(Stream *stream, rd_kafka_message_t *const *messages, size_t n, uint64_t pull,
                    const StreamClock *clock);
