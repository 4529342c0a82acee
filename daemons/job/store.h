/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"

/* Tables of bytes by key in one folder, changed by batches: all of a batch is there after a crash, or
 * nothing. LMDB, synced at every commit. Knows nothing of what the bytes mean (snapshot.h does). */
typedef struct Store Store;

typedef enum StoreTable {
        STORE_JOB,
        STORE_PARTITIONS,
        STORE_GROUPS,
        STORE_ROWS,
        STORE_OUTBOX,
        STORE_SINKS,
        _STORE_TABLE_MAX,
} StoreTable;

/* In the folder. */
#define STORE_FILE "data.mdb"
#define STORE_LOCK_FILE "lock.mdb" /* LMDB makes it anew */

/* A key: at most 500 bytes, ordered by memcmp(). Zero-initialise. */
enum { STORE_KEY_BYTES_MAX = 500 };
typedef struct StoreKey {
        uint8_t bytes[STORE_KEY_BYTES_MAX];
        size_t size;
} StoreKey;

/* Numbers in a key sort as numbers. */
void store_key_add_u8(StoreKey *key, uint8_t value);
void store_key_add_u32(StoreKey *key, uint32_t value);
void store_key_add_u64(StoreKey *key, uint64_t value);
void store_key_add_i64(StoreKey *key, int64_t value);
/* Returns 0 or -ENAMETOOLONG. */
int store_key_add_text(StoreKey *key, const char *text);
int store_key_read_u32(Reader *key, uint32_t *ret);
int store_key_read_u64(Reader *key, uint64_t *ret);
int store_key_read_i64(Reader *key, int64_t *ret);

/* Puts and deletes in the order of their calls; 0 or -ENOMEM. Zero-initialise, buffer_done() frees. */
int store_put(Buffer *batch, StoreTable table, const StoreKey *key, const void *value, size_t size);
/* All keys from `from` up to and without `to`. */
int store_delete(Buffer *batch, StoreTable table, const StoreKey *from, const StoreKey *to);

/* Opens the store in a folder that exists and holds its lock until it is freed; makes it if there is none.
 * max_bytes: the file never grows beyond. The whole file is read and checked first (store-check.h). Returns
 * 0, -EBUSY (another process has it), -EUCLEAN (what is there is no store of ours, or damaged), or another
 * errno. */
int store_open(const char *folder, uint64_t max_bytes, Store **ret);
Store *store_free(Store *store);
DEFINE_CLEANUP(Store *, store_free);

/* In one transaction; may be called from any thread, one at a time. Returns 0, -EFBIG (max_bytes is
 * reached), -EUCLEAN (damaged), or another errno (-ENOSPC); then nothing has changed. */
int store_commit(Store *store, const Buffer *batch);

/* Calls back for each entry of a table, in the order of the keys; the bytes are valid during the call. A
 * negative return ends the walk and is returned; -EUCLEAN: an entry is damaged. */
typedef int (*StoreVisitor)(Reader key, Reader value, void *userdata);
int store_walk(Store *store, StoreTable table, StoreVisitor visitor, void *userdata);

/* The store as it is now, whatever is committed while it is looked at; what is deleted meanwhile keeps its
 * room in the file. May be used in another thread than the store. */
typedef struct StoreView StoreView;
int store_view_new(Store *store, StoreView **ret);
StoreView *store_view_free(StoreView *view);
DEFINE_CLEANUP(StoreView *, store_view_free);
/* As store_walk(); backwards: the greatest key first. */
int store_view_walk(StoreView *view, StoreTable table, bool backwards, StoreVisitor visitor, void *userdata);

/* Bytes of the file that are in use. */
uint64_t store_bytes(Store *store);
