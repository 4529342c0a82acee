/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* What the job knows of one partition: what of its log is merged, leased, and still to lease. Offsets are
 * fetch positions, ranges half-open; gaps in the offsets belong to the range that crosses them.
 *
 *   0 ........ position ....... ahead ranges, open leases, returned ranges ....... next ....... end
 *     merged                                                                 never leased
 */
typedef struct Range {
        int64_t from, to;
        int64_t max_event_time_usec; /* of merged ranges; TIME_NONE: no event */
} Range;

typedef struct RangeList {
        Range *ranges; /* sorted, disjoint */
        size_t n, allocated;
} RangeList;

typedef struct Partition {
        uint32_t index;      /* among all of the job, of every topic; dense */
        struct Topic *topic; /* weak */
        uint32_t number;     /* Kafka's, in its topic */
        bool away;           /* there is nothing to read: see partition_set_away() */
        bool held;           /* nothing of it is leased for a while */
        bool unsaved;        /* nothing of it is leased until its start is in the store */
        int64_t position;    /* everything from the start of the job to here is merged */
        int64_t next;        /* nothing from here on was ever leased, or it came back */
        int64_t end;         /* of the log as last measured; >= 0 */
        bool end_known;
        bool end_is_old;             /* the last question for it failed: there may be something to read */
        int64_t max_event_time_usec; /* of what lies below position; TIME_NONE: none yet */
        uint64_t records;            /* merged by this process */
        struct Lease *tail;          /* weak: that waits at the log's end; grant_tails() alone knows it */
        RangeList ahead;             /* merged, above position */
        RangeList returned;          /* to be leased again */
        usec_t caught_up_since_usec; /* monotonic; USEC_INFINITY: there is something to read */
        usec_t past_end_since_usec;  /* monotonic: position lies past the end; USEC_INFINITY: it does not */
} Partition;

Partition *partition_new(uint32_t index, struct Topic *topic, uint32_t number, int64_t start);
Partition *partition_free(Partition *partition);
DEFINE_CLEANUP(Partition *, partition_free);

/* The log's end was measured. An end below our position is taken as it is: for a moment it may be so after a
 * change of the partition's leader, for longer if the topic was made anew. */
void partition_set_end(Partition *partition, int64_t end, usec_t now_usec);

/* The log's end could not be measured: the partition is not idle, since it is not read. */
void partition_lose_end(Partition *partition);

/* away: its topic is gone, or not the job's any more. Then nothing of it is leased, it has no lag, and it is
 * idle like one that is read to its end. Returns whether that is new. */
bool partition_set_away(Partition *partition, bool away, usec_t now_usec);

/* [from, to) is merged. Returns 0 or -ENOMEM. */
int partition_merge(Partition *partition, int64_t from, int64_t to, int64_t max_event_time_usec,
                    usec_t now_usec);

/* Takes up to n offsets to lease: what came back first, then what was never leased, as far as the log goes.
 * Returns false if there is nothing. */
bool partition_take(Partition *partition, uint64_t n, Range *ret);
/* Takes n offsets past everything leased, whether the log has them yet or not. */
void partition_take_tail(Partition *partition, uint64_t n, Range *ret);
/* [from, to) was merged in an earlier life, ahead of the position; ranges come in the order of their
 * offsets. Returns 0, -EINVAL (a range that cannot be) or -ENOMEM. */
int partition_restore_ahead(Partition *partition, const Range *range);
/* Gives leased and unmerged offsets back. Returns 0 or -ENOMEM. */
int partition_give_back(Partition *partition, int64_t from, int64_t to);
/* The log begins at `beginning` now: what lies below it and is not leased out counts as merged, without an
 * event. Adds the number of offsets to *removed. Returns 0 or -ENOMEM. */
int partition_skip_removed(Partition *partition, int64_t beginning, usec_t now_usec, uint64_t *removed);
/* Whether anything of it may be leased now. */
bool partition_is_readable(const Partition *partition);
/* Whether partition_take() would find something. */
bool partition_has_unleased(const Partition *partition);

/* Offsets between what is merged and the log's end; 0 if the end is not known or nothing is there. */
uint64_t partition_lag(const Partition *partition);
