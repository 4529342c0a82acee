/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

/* What coordinator and job say to each other over the job's control socket, in frames (wire/frame.h) with a
 * JSON object as payload. The coordinator connects. Who speaks here may drop the job's state: workers, which
 * have a socket of their own (wire/messages.h), do not get here. */
#define CONTROL_VERSION 1

/* JOB.sock in it is the job's; systemd listens there (etl-job@.socket). */
#define CONTROL_SOCKET_FOLDER "/run/streametl/control"

/* clang-format off */
enum {
        /* coordinator -> job: {"version": 1} */
        CONTROL_HELLO = 100,

        /* job -> coordinator, every LOAD_REPORT_INTERVAL and at once after a change that matters. Totals (arrived,
         * processed, busy_usec, late, bad, cpu_usec) count since the job's process started; watermark_usec and
         * since_usec are times since the Unix epoch.
         * {
         *   "job": "cs_student_logs", "pid": n, "uptime_usec": n, "generation": n,
         *   "state": "running" | "starting" | "draining" | "waiting", "why": "one sentence when waiting",
         *   "reload_refused": "why what the files say now is not taken" | null,
         *   "measured": true, "arrived": n, "backlog": n, "processed": n, "busy_usec": n,
         *   "sink_holds_back": false, "paused": false,
         *   "watermark_usec": n | null, "epoch": n, "groups": n, "late": n, "bad": {"not_json": n, ...},
         *   "cpu_usec": n, "rss_bytes": n,
         *   "workers": [{"number": 1, "pid": n, "since_usec": n, "records": n, "busy_usec": n, "cpu_usec": n,
         *                "rss_bytes": n, "leases": [{"topic": "t", "partition": 0, "start": n, "position": n, "end": n}]}],
         *   "partitions": [{"topic": "t", "partition": 0, "position": n, "end": n, "lag": n,
         *                   "watermark_usec": n | null, "idle": false}]
         * }
         * and, for the API as it is there, "epoch_at_usec", "store_bytes", "sinks", "latency", "epoch_duration",
         * and of the epoch delivered last "latency_epoch", "latency_usec"; "records" and "ahead" of a partition,
         * "topic" of a lease.
         * The coordinator needs measured, arrived, backlog, processed and busy_usec of the right type and
         * refuses a report without them; everything else it may do without. */
        CONTROL_LOAD = 101,

        /* coordinator -> job: {"paused": true} keeps leases back. Sent after every hello, too. */
        CONTROL_PAUSE = 102,

        /* job -> coordinator, per epoch:
         * {"epoch": n, "rows": n, "watermark_usec": n | null, "columns": ["c", ...], "sample": [[v, ...], ...]} */
        CONTROL_EPOCH = 103,

        /* job -> coordinator, for at most 10 records a second: a dead letter as the API has it, without id;
         * "value" holds at most DEAD_RECORD_BYTES_MAX bytes. */
        CONTROL_DEAD_LETTER = 104,

        /* coordinator -> job: {"id": n, "where": [["column", "text"], ...], "limit": n, "after": "token" | null}
         * job -> coordinator: {"id": n} and the members of the API's answer, or {"id": n, "status": 400,
         * "error": "one sentence"}. As of the last epoch. */
        CONTROL_RESULTS = 105,

        /* coordinator -> job: {}. Drops the state and starts anew; reads the configuration again. */
        CONTROL_RESET = 106,
        CONTROL_RELOAD = 107,
};
/* clang-format on */

/* How often a job sends its load: a burst is seen within this time. */
#define LOAD_REPORT_INTERVAL_USEC (200 * 1000)

/* The last line of "etl-job --probe": nothing is missing. */
#define PROBE_END "{\"end\":true}"
