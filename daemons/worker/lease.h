/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <sys/queue.h>

#include "partials.h"

/* A range of a partition that the job gave to this worker, and what came of the part not reported yet. */
typedef struct Lease {
        TAILQ_ENTRY(Lease) leases; /* all of this worker's, as they were granted */
        TAILQ_ENTRY(Lease) unread; /* of its stream, by offset; while it is not over */
        uint64_t id;
        struct Stream *stream;           /* weak; that reads it */
        int64_t reported, position, end; /* reported <= position <= end */
        int64_t watermark_usec;          /* what its records are judged by */
        int64_t next_watermark_usec;     /* what they will be judged by behind the next report */
        usec_t unreported_since_usec;    /* monotonic; USEC_INFINITY: everything is reported */
        bool at_log_end;                 /* there is nothing more to read now */
        bool over;                       /* read to its end, or recalled: the next report is the last */
        char *failure;                   /* why it cannot be read on; then it is over, too */
        bool out_of_range;               /* because the log does not have these offsets */
        Partials partials;
} Lease;

TAILQ_HEAD(LeaseList, Lease);

/* query: weak. Returns 0, or what partials_init() does. */
int lease_new(const LeaseMessage *message, const Query *query, Lease **ret);
Lease *lease_free(Lease *lease);
DEFINE_CLEANUP(Lease *, lease_free);

/* Everything below the position was read. */
void lease_advance(Lease *lease, int64_t position, usec_t now_usec);
/* A newer watermark from the job. */
void lease_set_watermark(Lease *lease, int64_t watermark_usec);

typedef struct ReportPolicy {
        usec_t delay_usec; /* the longest that something read waits for its report */
        uint64_t max_bytes;
} ReportPolicy;

/* Whether there is something to report now. */
bool lease_is_due(const Lease *lease, const ReportPolicy *policy, usec_t now_usec);
/* Appends the report of what was not reported yet, and begins the next one. Returns 0 or -ENOMEM. */
int lease_report(Lease *lease, Buffer *buffer);
