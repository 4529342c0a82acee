/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "stream.h"
#include "base/log.h"

#define OFFSET_NONE INT64_C(-1)

struct Stream {
        const StreamContext *context;
        rd_kafka_topic_t *topic; /* weak */
        uint32_t partition;
        struct LeaseList unread; /* by offset, disjoint */
        bool started;            /* the consumer reads this partition */
        int64_t offset;          /* every message below was seen, none at or above; OFFSET_NONE: not known */
        int64_t log_end;         /* the consumer has said so after the last message; else OFFSET_NONE */
        uint64_t pull;           /* number of the last pull */
        bool stale;              /* the rest of that pull was fetched before the consumer moved */
        Record records[BATCH_ROWS_MAX];
};

Stream *stream_new(const StreamContext *context, rd_kafka_topic_t *topic, uint32_t partition) {
        Stream *stream = new0(Stream, 1);

        if (!stream)
                return NULL;
        stream->context = context;
        stream->topic = topic;
        stream->partition = partition;
        stream->offset = stream->log_end = OFFSET_NONE;
        TAILQ_INIT(&stream->unread);
        return stream;
}

Stream *stream_free(Stream *stream) {
        free(stream);
        return NULL;
}

bool stream_is_of(const Stream *stream, const rd_kafka_topic_t *topic, uint32_t partition) {
        return stream->topic == topic && stream->partition == partition;
}

bool stream_is_idle(const Stream *stream) {
        return TAILQ_EMPTY(&stream->unread);
}

void stream_stop(Stream *stream) {
        if (stream->started)
                consumer_stop(stream->topic, stream->partition);
        stream->started = false;
        stream->offset = stream->log_end = OFFSET_NONE;
}

static void forget(Stream *stream, Lease *lease) {
        TAILQ_REMOVE(&stream->unread, lease, unread);
}

/* The log ends here, as far as is known: leases up to here are over, the one that goes on waits. */
static void reach_log_end(Stream *stream, usec_t now_usec) {
        Lease *lease;

        while ((lease = TAILQ_FIRST(&stream->unread)) && stream->offset == lease->position) {
                lease_advance(lease, stream->log_end, now_usec);
                stream->offset = lease->position;
                if (!lease->over) {
                        lease->at_log_end = true;
                        return;
                }
                forget(stream, lease);
        }
}

/* Sees to it that what comes next is of the first lease. */
static int position_consumer(Stream *stream, usec_t now_usec) {
        Consumer *consumer = stream->context->consumer;
        Lease *lease;
        int r;

        if (stream->log_end != OFFSET_NONE)
                reach_log_end(stream, now_usec);
        lease = TAILQ_FIRST(&stream->unread);
        if (!lease || stream->offset == lease->position)
                return 0;
        r = stream->started ? consumer_seek(consumer, stream->topic, stream->partition, lease->position)
                            : consumer_start(consumer, stream->topic, stream->partition, lease->position);
        if (r < 0)
                return r;
        stream->started = stream->stale = true;
        stream->offset = lease->position;
        stream->log_end = OFFSET_NONE;
        return 0;
}

int stream_add(Stream *stream, Lease *lease, usec_t now_usec) {
        Lease *next = TAILQ_FIRST(&stream->unread);

        while (next && next->position < lease->position)
                next = TAILQ_NEXT(next, unread);
        if (next)
                TAILQ_INSERT_BEFORE(next, lease, unread);
        else
                TAILQ_INSERT_TAIL(&stream->unread, lease, unread);
        return position_consumer(stream, now_usec);
}

int stream_remove(Stream *stream, Lease *lease, usec_t now_usec) {
        forget(stream, lease);
        return position_consumer(stream, now_usec);
}

/* Those of the messages that belong to the lease, as far as a batch takes them. */
static size_t take_records(Stream *stream, const Lease *lease, rd_kafka_message_t *const *messages,
                           size_t n) {
        size_t taken = 0;

        for (; taken < MIN(n, (size_t)BATCH_ROWS_MAX); taken++) {
                const rd_kafka_message_t *message = messages[taken];
                rd_kafka_timestamp_type_t type;
                int64_t time_msec;

                if (message->err || message->offset >= lease->end)
                        break;
                time_msec = rd_kafka_message_timestamp(message, &type);
                stream->records[taken] = (Record){
                        .offset = message->offset,
                        .kafka_time_msec = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_msec,
                        .data = message->payload,
                        .size = message->len,
                        .key = message->key,
                        .key_size = message->key_len,
                        .message = message,
                };
        }
        return taken;
}

static ssize_t work_on(Stream *stream, Lease *lease, rd_kafka_message_t *const *messages, size_t n,
                       const StreamClock *clock) {
        size_t taken = take_records(stream, lease, messages, n);
        int64_t position = lease->end; /* of a lease that ends in a gap before the first message */
        int r;

        if (taken > 0) {
                r = pipeline_add(stream->context->pipeline, stream->records, taken, lease->watermark_usec,
                                 clock->future_usec, &lease->partials);
                if (r < 0)
                        return r;
                position = messages[taken - 1]->offset + 1;
        }
        lease->at_log_end = false;
        stream->log_end = OFFSET_NONE;
        lease_advance(lease, position, clock->now_usec);
        stream->offset = lease->position;
        if (lease->over)
                forget(stream, lease);
        return (ssize_t)taken;
}

static int fail_lease(Stream *stream, const rd_kafka_message_t *message) {
        Lease *lease = TAILQ_FIRST(&stream->unread);

        lease->failure = strdup(rd_kafka_message_errstr(message));
        if (!lease->failure)
                return -ENOMEM;
        lease->out_of_range = message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                              message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
        lease->over = true;
        forget(stream, lease);
        /* librdkafka has stopped reading. */
        stream_stop(stream);
        return 0;
}

/* A message that is no record. */
static int take_event(Stream *stream, const rd_kafka_message_t *message, const StreamClock *clock) {
        switch (message->err) {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                stream->log_end = message->offset;
                reach_log_end(stream, clock->now_usec);
                return 0;
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        case RD_KAFKA_RESP_ERR__BAD_MSG: return fail_lease(stream, message);
        default:
                /* Of the cluster: librdkafka goes on trying, and the range stays ours. */
                log_warning("%s/%" PRIu32 ": %s", rd_kafka_topic_name(stream->topic), stream->partition,
                            rd_kafka_message_errstr(message));
                return 0;
        }
}

ssize_t stream_read(Stream *stream, rd_kafka_message_t *const *messages, size_t n, uint64_t pull,
                    const StreamClock *clock) {
        size_t used = 0;

        if (stream->pull != pull)
                stream->stale = false;
        stream->pull = pull;
        for (size_t i = 0; i < n && !stream->stale;) {
                Lease *lease = TAILQ_FIRST(&stream->unread);
                ssize_t taken = 0;
                int r = 0;

                if (!lease) {
                        /* Nobody's: what comes of them is lost, and whoever gets them leased fetches anew.
                         */
                        stream->offset = stream->log_end = OFFSET_NONE;
                        break;
                }
                if (messages[i]->err)
                        r = take_event(stream, messages[i++], clock);
                else
                        taken = work_on(stream, lease, messages + i, n - i, clock);
                if (r < 0 || taken < 0)
                        return r < 0 ? r : taken;
                used += (size_t)taken;
                i += (size_t)taken;
                r = position_consumer(stream, clock->now_usec);
                if (r < 0)
                        return r;
        }
        return (ssize_t)used;
}
