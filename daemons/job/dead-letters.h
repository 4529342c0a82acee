/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "dead-letter-row.h"

/* Records that could not be used, and late ones: to the journal, with the raw bytes and where they came
 * from; at most DEAD_LETTERS_PER_SEC a second, the rest are only counted. */
typedef struct DeadLetters DeadLetters;

enum { DEAD_LETTERS_PER_SEC = 10 };

/* All are weak. */
int dead_letters_new(const char *job, const Schema *source, DeadLetters **ret);
DeadLetters *dead_letters_free(DeadLetters *letters);
DEFINE_CLEANUP(DeadLetters *, dead_letters_free);

/* Who is shown those that are printed; both are weak while the call lasts. */
typedef void (*DeadLetterWatcher)(const DeadLetterPlace *place, const DeadRecord *record, void *userdata);
void dead_letters_watch(DeadLetters *letters, DeadLetterWatcher watcher, void *userdata);

/* partition: its number in the topic. keep: as a row for the epoch, too. Returns 0 or -ENOMEM. */
int dead_letters_add(DeadLetters *letters, const char *topic, uint32_t partition, const DeadRecord *record,
                     bool keep);
/* A row of results of that schema; the record has no place in a topic. */
int dead_letters_add_row(DeadLetters *letters, const Schema *schema, const DeadRecord *record, bool keep);
/* The rows that were kept; ret->schema is weak. */
void dead_letters_take(DeadLetters *letters, RowSet *ret);
size_t dead_letters_bytes(const DeadLetters *letters);
