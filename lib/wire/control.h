/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

/* What coordinator and job say to each other over the job's socket (/run/streametl/job/JOB.sock), in frames
 * (wire/frame.h) with a JSON object as payload. The coordinator connects; the first frame tells the job who
 * calls. */
#define CONTROL_VERSION 1

enum {
        /* coordinator -> job: {"version": 1} */
        CONTROL_HELLO = 100,
        /* job -> coordinator, every LOAD_REPORT_INTERVAL and at once after a change that matters:
         * {
         *   "job": "cs_student_logs", "pid": 123, "uptime_usec": n, "generation": n, "state": "running" |
         * "starting" | "draining" | "waiting", "why": "one sentence when waiting", "measured": true,
         * "arrived": n, "backlog": n, "processed": n, "busy_usec": n, "sink_holds_back": false, "paused":
         * false, "watermark_usec": n | null, "epoch": n, "groups": n, "late": n, "bad": {"not_json": n,
         * ...}, "cpu_usec": n, "rss_bytes": n, "workers": [{"number": 1, "pid": n, "since_usec": n,
         * "records": n, "busy_usec": n, "cpu_usec": n, "rss_bytes": n, "leases": [{"partition": 0, "start":
         * n, "position": n, "end": n}]}], "partitions": [{"topic": "t", "partition": 0, "position": n,
         * "end": n, "lag": n, "watermark_usec": n | null, "idle": false}]
         * }
         * Totals (arrived, processed, busy_usec, late, bad) count since the job's process started. */
        CONTROL_LOAD = 101,
        /* coordinator -> job: {"paused": true} keeps leases back. */
        CONTROL_PAUSE = 102,
        /* job -> coordinator: {"epoch": n, "rows": n, "watermark_usec": n | null, "columns": [...],
           "sample": [[...], ...]} */
        CONTROL_EPOCH = 103,
};

/* How often a job sends its load: a burst is seen within this time. */
#define LOAD_REPORT_INTERVAL_USEC (200 * 1000)
