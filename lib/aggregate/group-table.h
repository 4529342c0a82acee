/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "columns/batch.h"
#include "sql/query.h"

/* Groups by key with their partial aggregates. A worker adds rows and encodes the table into a report; the
 * job merges reports. Partials of the same rows give the same result whatever the order and the split, bit
 * for bit, but for sums of DOUBLE, which are compensated (Neumaier) and agree to about 1e-15 relative. */
typedef struct GroupTable GroupTable;

/* query: weak, must outlive the table. Returns 0, -EINVAL (an aggregate that does not take its input's type)
 * or -ENOMEM. Without keys there is one group, from the first row on. */
int group_table_new(const Query *query, GroupTable **ret);
GroupTable *group_table_free(GroupTable *table);
DEFINE_CLEANUP(GroupTable *, group_table_free);

/* Adds the selected rows. keys[query->n_keys] and inputs[query->n_aggregates] are evaluated vectors over
 * the batch (the window's key already its start; inputs of count(*) unused). Returns 0 or -ENOMEM. */
int group_table_add(GroupTable *table, const Vector *keys, const Vector *inputs, const uint16_t *selection,
                    size_t n_selected);

size_t group_table_count(const GroupTable *table);
/* Bytes of memory held; what encoding takes is less. */
size_t group_table_bytes(const GroupTable *table);
/* Forgets all groups and frees their memory; the index stays as large as so many groups need it. */
void group_table_clear(GroupTable *table);

/* Appends u32 count, then the groups: per key its value (u8 valid; if it is, fixed-size bytes or text), then
 * per aggregate its partial state. Native byte order. */
int group_table_encode(const GroupTable *table, Buffer *buffer);
/* Merges what group_table_encode() wrote and marks the groups changed. Returns 0, -EBADMSG (nothing is
 * promised about the table then) or -ENOMEM. */
int group_table_merge(GroupTable *table, Reader *reader);

/* Groups that were merged into since the last group_table_clear_changed(). */
size_t group_table_changed_count(const GroupTable *table);
void group_table_clear_changed(GroupTable *table);

/* For keeping groups elsewhere: calls back for each changed group with the start of its window (0 without
 * one), an id that stays its own, and its bytes as group_table_encode() has them. A negative return ends the
 * walk and is returned. */
typedef int (*GroupWriter)(int64_t window_start_usec, uint64_t id, const Buffer *group, void *userdata);
int group_table_write_changed(const GroupTable *table, GroupWriter writer, void *userdata);
/* Takes such a group back, as not changed. Returns 0, -EBADMSG (also for a group that is there already) or
 * -ENOMEM. */
int group_table_restore(GroupTable *table, uint64_t id, Reader *group);

/* The same, and appends the group's row (columns: query->group; texts point into the table) to a batch that
 * has room for it. */
int group_table_restore_row(GroupTable *table, uint64_t id, Reader *group, Batch *batch);

/* Which groups group_table_emit() hands out. */
typedef enum GroupFilter {
        GROUPS_ALL,
        GROUPS_CHANGED, /* since group_table_clear_changed() */
        GROUPS_CLOSED,  /* whose window ends at or below the watermark */
} GroupFilter;

/* Fills batches of at most BATCH_ROWS_MAX groups (columns: query->group; texts point into the table) and
 * calls back for each, windows in the order of time. The callback must not change the table. A negative
 * return of it ends the walk and is returned. */
typedef int (*GroupCallback)(const Batch *groups, void *userdata);
int group_table_emit(GroupTable *table, GroupFilter filter, int64_t watermark_usec, GroupCallback callback,
                     void *userdata);

/* Whether there are any whose window ends at or below the watermark. */
bool group_table_has_closed(const GroupTable *table, int64_t watermark_usec);
/* Drops the groups whose window ends at or below the watermark and returns their number; if it is not 0,
 * *ret_first_open_usec (may be NULL) is the least start that a window that stays can have. Without a window
 * nothing is ever dropped. */
size_t group_table_drop_closed(GroupTable *table, int64_t watermark_usec, int64_t *ret_first_open_usec);
