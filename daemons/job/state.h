/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config.h"
#include "epoch.h"
#include "partition.h"
#include "sql/query.h"
#include "store.h"

/* What is merged and not yet delivered for good: the groups of open windows, or, for a query without GROUP
 * BY, the rows, which leave in the order of their partition's offsets. */
typedef struct State State;

/* query: weak. */
int state_new(const Query *query, OutputMode mode, State **ret);
State *state_free(State *state);
DEFINE_CLEANUP(State *, state_free);
void state_set_mode(State *state, OutputMode mode);

/* Takes in the partials or rows of [from, to) of a partition (its index). Returns 0, -EBADMSG (the state
 * cannot be trusted any more) or -ENOMEM. */
int state_merge(State *state, uint32_t partition, int64_t from, int64_t to, Reader *reader);
/* The partition's contiguous position: rows below it can leave. Returns 0 or -ENOMEM. */
int state_advance(State *state, uint32_t partition, int64_t position);

/* Whether an epoch closed now would hold anything. final_usec: windows that end at or below it are final. */
bool state_has_output(const State *state, int64_t final_usec);
/* Moves what is to be output into the epoch, drops windows that are final, and adds to epoch->changes what
 * the store must learn to hold what is left. Returns 0 or -ENOMEM; then the state cannot be trusted. */
int state_close_epoch(State *state, Partition *const *partitions, size_t n_partitions, int64_t final_usec,
                      Epoch *epoch);

/* Fills a new state from the store. Returns 0, -EUCLEAN (damaged) or another errno. */
int state_restore(State *state, Store *store);
/* What state_restore() would find after an epoch that is closed now. */
size_t state_entries(const State *state);

/* Of what is output; weak. */
const Schema *state_schema(const State *state);
size_t state_groups(const State *state);
size_t state_bytes(const State *state);
/* About how much of it was merged since the last epoch. */
size_t state_new_bytes(const State *state);
