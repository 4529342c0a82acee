/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "base/units.h"
#include "json/record-reader.h"

/* What a job and its workers say to each other over the job's workers' socket, in frames (wire/frame.h).
 * Both run on one host from one package; a peer of another version is refused at HELLO.
 *
 *   worker                                job
 *     HELLO (version, number, pid)  ->
 *                                   <-    WELCOME (generation, plan, Kafka properties, settings)
 *                                   <-    LEASE (id, topic, partition, [start, end), watermark)
 *     REPORT (id, [from, to), ...)  ->
 *                                   <-    ACK (id, watermark): merged, or refused because the lease is gone
 *                                   <-    RECALL (id): report up to your position and give the rest back
 *                                   <-    WATERMARK (id, watermark): judge lateness by this from the next
 * report on HEARTBEAT                     ->    every 500 ms, by the thread that works on records
 *     LEASE_FAILED (id, code, why)  ->    the range cannot be read; the lease is given back
 *     LEAVING                       ->    no more leases; the open ones are given back by final reports
 *
 * Offsets are int64 fetch positions, ranges half-open. Times are int64 microseconds since the epoch;
 * TIME_NONE where there is none. */
#define WORKER_PROTOCOL_VERSION 3

/* JOB.sock in it is the job's; systemd listens there (etl-job@.socket). */
#define WORKER_SOCKET_FOLDER "/run/streametl/job"

#define TIME_NONE INT64_MIN
/* The times that Kafka has of records are milliseconds, and may be anything: a producer sets them. None is
 * older than Kafka is (2011), so such a time is not measured by. */
#define KAFKA_TIME_FIRST_MSEC INT64_C(1293840000000)
/* In microseconds; TIME_NONE: there is none, or no such number. */
static inline int64_t kafka_time_usec(int64_t msec) {
        return msec < 0 || msec > INT64_MAX / 1000 ? TIME_NONE : msec * 1000;
}

enum {
        WIRE_HELLO = 1,
        WIRE_WELCOME,
        WIRE_LEASE,
        WIRE_REPORT,
        WIRE_ACK,
        WIRE_RECALL,
        WIRE_WATERMARK,
        WIRE_HEARTBEAT,
        WIRE_LEASE_FAILED,
        WIRE_LEAVING,
};

#define HEARTBEAT_INTERVAL_USEC (500 * USEC_PER_MSEC)
/* Silence for so long revokes a worker's leases: six heartbeats. */
#define HEARTBEAT_TIMEOUT_USEC (3 * USEC_PER_SEC)

typedef struct HelloMessage {
        uint32_t version, number, pid;
} HelloMessage;

typedef struct WelcomeMessage {
        uint32_t version;
        uint64_t generation;
        uint64_t plan_id; /* of the texts below, as the job computed it */
        char *columns_text;
        char *table;
        char *query_text;
        char *event_time;
        char **kafka_properties;     /* "key=value", NULL-terminated */
        uint64_t rate_limit_per_sec; /* 0: none */
        uint64_t report_max_bytes;
        uint64_t queue_bytes;
        uint64_t record_max_bytes;
        usec_t max_future_usec;
        bool nulls_for_faults;
} WelcomeMessage;

typedef struct LeaseMessage {
        uint64_t id;
        char *topic;
        uint32_t partition; /* its number in the topic */
        int64_t start, end;
        int64_t watermark_usec;
} LeaseMessage;

/* Also RECALL (watermark unused), WATERMARK. */
typedef struct AckMessage {
        uint64_t id;
        int64_t watermark_usec;
} AckMessage;

/* A record that could not be used, or came too late. */
typedef struct DeadRecord {
        int64_t offset;
        int64_t kafka_time_msec; /* -1: none */
        RecordFault fault;       /* RECORD_OK: late */
        uint32_t column;         /* of the source; UINT32_MAX: none in particular */
        uint64_t full_size;      /* of the value */
        int64_t event_time_usec; /* of a late record, as the next three */
        int64_t window_start_usec, window_end_usec;
        int64_t watermark_usec; /* that it was judged by */
        bool has_key;
        const char *data; /* first bytes of the value; weak, as what follows: into the frame */
        size_t size;
        const char *key; /* its first bytes */
        size_t key_size;
        const void *headers; /* text name, u8 has a value, text value; one behind the other */
        size_t headers_size;
} DeadRecord;
/* Bytes of a dead record's value, and of its key, that travel. */
#define DEAD_RECORD_BYTES_MAX (32 * 1024)

/* The head of a report; behind it: u32 count, dead records, then the groups (lib/aggregate) or u32 count and
 * the rows (columns/rows.h) of exactly the range [from, to). */
typedef struct ReportMessage {
        uint64_t id;
        int64_t from, to;
        bool final; /* nothing more will come of this lease: finished, or given back from `to` on */
        int64_t max_event_time_usec; /* of the range's readable records, those too far in the future left out
                                      */
        int64_t next_watermark_usec; /* what records from `to` on will be judged by */
        int64_t oldest_kafka_msec;   /* the least time that Kafka has of them; TIME_NONE: none */
        uint64_t records;            /* read, good or not */
        uint64_t late, future;
        uint64_t faults[_RECORD_FAULT_MAX];
} ReportMessage;

typedef struct HeartbeatMessage {
        uint64_t records; /* since the process started */
        usec_t busy_usec; /* time spent on records since the process started */
        usec_t cpu_usec;  /* user and system, of all threads */
        uint64_t rss_bytes;
} HeartbeatMessage;

typedef struct LeaseFailedMessage {
        uint64_t id;
        int64_t position;
        bool out_of_range; /* retention has deleted it, or the log ends before it */
        char *reason;
} LeaseFailedMessage;

/* Encoders append to the buffer and return 0 or -ENOMEM. Decoders return 0, -EBADMSG (also for trailing
 * bytes, where nothing may follow) or -ENOMEM. */
int hello_encode(const HelloMessage *message, Buffer *buffer);
int hello_decode(Reader *reader, HelloMessage *ret);
int welcome_encode(const WelcomeMessage *message, Buffer *buffer);
int welcome_decode(Reader *reader, WelcomeMessage *ret);
void welcome_done(WelcomeMessage *message);
int lease_encode(const LeaseMessage *message, Buffer *buffer);
int lease_decode(Reader *reader, LeaseMessage *ret);
void lease_done(LeaseMessage *message);
int ack_encode(const AckMessage *message, Buffer *buffer);
int ack_decode(Reader *reader, AckMessage *ret);
int report_encode(const ReportMessage *message, Buffer *buffer);
int report_decode(Reader *reader, ReportMessage *ret);
int dead_record_encode(const DeadRecord *record, Buffer *buffer);
int dead_record_decode(Reader *reader, DeadRecord *ret);
int heartbeat_encode(const HeartbeatMessage *message, Buffer *buffer);
int heartbeat_decode(Reader *reader, HeartbeatMessage *ret);
int lease_failed_encode(const LeaseFailedMessage *message, Buffer *buffer);
int lease_failed_decode(Reader *reader, LeaseFailedMessage *ret);
void lease_failed_done(LeaseFailedMessage *message);
