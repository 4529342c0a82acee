/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "job.h"

/* What a job keeps in its store (store.h):
 *
 *   job         "format"                    u32 version
 *               "plan"                      the texts that the state was made with
 *               "head"                      uuid, last epoch, watermark, counters, number of entries below
 *               "topics"                    name and id of each topic whose id is known; without an id, of
 *                                         each that was asked for and missing
 *               "identity"                  uuid and last epoch of a state that was dropped (etlctl reset)
 *               "adopt"                     sinks are to be taken over as they are (etlctl adopt)
 *               "refused"                   identity of the sink that has refused the epoch in the outbox
 *   partitions  u32 index                   topic, number in it, position, greatest event time, ranges that
 *                                           are done ahead of it
 *   groups      i64 window start, u64 id    one group of an open window
 *   rows        u32 index, i64 offset   rows that wait for those before them (queries without GROUP BY)
 *   outbox      u64 epoch, u8 kind, u32 n   block 0 is a head with the schema, the others bytes of the rows
 *
 *   sinks       identity                    last epoch that is known to be in the sink
 *
 * Numbers in keys are big-endian, in values native: a store is read on the kind of machine that wrote it.
 *
 * Format 1 knew one topic, called like the table in the plan: its id stood in job "topic", and partitions
 * had no topic and a number for an index. It is read, and replaced at once. */
#define SNAPSHOT_FORMAT 2

/* snapshot-restore.c: fills a new job from its store; job->epoch is the epoch that was not delivered, or
 * NULL. Logs what is wrong and returns a negative errno: -EUCLEAN (damaged), -EPROTONOSUPPORT (format),
 * -ESTALE (the query has changed so that the state does not fit it). */
int snapshot_restore(Job *job);

/* Where the partitions from `first` on start: to be in the store before anything of them is read, or a
 * process that dies before its first epoch would skip what came in between. Returns 0 or -ENOMEM. */
int snapshot_add_partitions(const Job *job, uint32_t first, Buffer *changes);
/* Adds to epoch->changes, after state_close_epoch(), what makes the store hold the job as it is now, with
 * the epoch's rows in the outbox. Returns 0 or -ENOMEM. */
int snapshot_add_epoch(const Job *job, Epoch *epoch);
/* What an older format had is replaced; the job is as the store holds it. Returns 0 or -ENOMEM. */
int snapshot_add_replacement(const Job *job, Buffer *changes);
/* That the sink has refused the epoch, which this process has closed, before anybody tried to deliver it
 * there: what the sink holds under that number is of somebody else, for the next process too. And which
 * sinks have got it. Returns 0 or another errno. */
int snapshot_add_refusal(Job *job, const Epoch *epoch, const SinkConfig *sink, Buffer *changes);
/* That the sinks hold the epoch: its rows leave the outbox. Returns 0 or another errno. */
int snapshot_add_settlement(Job *job, const Epoch *epoch, Buffer *changes);

/* Of a view of the store: 0 and TIME_NONE if there was no epoch yet. Returns 0, -EUCLEAN or another errno.
 */
int snapshot_read_epoch(StoreView *view, uint64_t *ret_epoch, int64_t *ret_watermark_usec);

/* That everything is dropped but what sinks know the job by. Returns 0, -EUCLEAN or another errno. */
int snapshot_add_reset(Store *store, Buffer *changes);
/* That the job takes over the markers of its sinks. Returns 0 or -ENOMEM. */
int snapshot_add_adoption(Buffer *changes);
