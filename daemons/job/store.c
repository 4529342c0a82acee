/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "store.h"
#include <endian.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/file.h>

#include "store-check.h"

struct Store {
        int lock_fd;
        MDB_env *env;
        MDB_dbi tables[_STORE_TABLE_MAX];
        MDB_dbi notes; /* what LMDB has the tables' names in */
};

enum { OPERATION_PUT, OPERATION_DELETE };

static const char *const table_names[_STORE_TABLE_MAX] = {
        [STORE_JOB] = "job",   [STORE_PARTITIONS] = "partitions", [STORE_GROUPS] = "groups",
        [STORE_ROWS] = "rows", [STORE_OUTBOX] = "outbox",         [STORE_SINKS] = "sinks",
};

static void key_add(StoreKey *key, const void *bytes, size_t size) {
        memcpy(key->bytes + key->size, bytes, size);
        key->size += size;
}

void store_key_add_u8(StoreKey *key, uint8_t value) {
        key_add(key, &value, sizeof(value));
}

void store_key_add_u32(StoreKey *key, uint32_t value) {
        value = htobe32(value);
        key_add(key, &value, sizeof(value));
}

void store_key_add_u64(StoreKey *key, uint64_t value) {
        value = htobe64(value);
        key_add(key, &value, sizeof(value));
}

void store_key_add_i64(StoreKey *key, int64_t value) {
        store_key_add_u64(key, (uint64_t)value ^ (UINT64_C(1) << 63));
}

int store_key_add_text(StoreKey *key, const char *text) {
        size_t size = strlen(text);

        if (size > sizeof(key->bytes) - key->size)
                return -ENAMETOOLONG;
        key_add(key, text, size);
        return 0;
}

int store_key_read_u32(Reader *key, uint32_t *ret) {
        int r = read_u32(key, ret);

        *ret = be32toh(*ret);
        return r;
}

int store_key_read_u64(Reader *key, uint64_t *ret) {
        int r = read_u64(key, ret);

        *ret = be64toh(*ret);
        return r;
}

int store_key_read_i64(Reader *key, int64_t *ret) {
        uint64_t value = 0;
        int r = store_key_read_u64(key, &value);

        *ret = (int64_t)(value ^ (UINT64_C(1) << 63));
        return r;
}

int store_put(Buffer *batch, StoreTable table, const StoreKey *key, const void *value, size_t size) {
        uint64_t sum = store_checksum(key->bytes, key->size, value, size);
        size_t before = batch->size;
        int r;

        r = buffer_append_u8(batch, OPERATION_PUT);
        if (r >= 0)
                r = buffer_append_u8(batch, (uint8_t)table);
        if (r >= 0)
                r = buffer_append_text(batch, key->bytes, key->size);
        if (r >= 0)
                r = buffer_append_u32(batch, (uint32_t)(size + sizeof(sum)));
        if (r >= 0)
                r = buffer_append(batch, value, size);
        if (r >= 0)
                r = buffer_append_u64(batch, sum);
        if (r < 0)
                batch->size = before;
        return r;
}

int store_delete(Buffer *batch, StoreTable table, const StoreKey *from, const StoreKey *to) {
        size_t before = batch->size;
        int r;

        r = buffer_append_u8(batch, OPERATION_DELETE);
        if (r >= 0)
                r = buffer_append_u8(batch, (uint8_t)table);
        if (r >= 0)
                r = buffer_append_text(batch, from->bytes, from->size);
        if (r >= 0)
                r = buffer_append_text(batch, to->bytes, to->size);
        if (r < 0)
                batch->size = before;
        return r;
}

/* LMDB's own errors are negative, those of the system positive. */
static int store_error(int r) {
        switch (r) {
        case MDB_SUCCESS: return 0;
        case MDB_MAP_FULL: return -EFBIG;
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH:
        case MDB_INCOMPATIBLE:
        case MDB_PANIC: return -EUCLEAN;
        default: return r > 0 ? -r : -EIO;
        }
}

/* A lock of our own: LMDB lets several processes in. */
static int lock_folder(const char *folder) {
        char path[4096];
        int fd;

        if ((size_t)snprintf(path, sizeof(path), "%s/lock", folder) >= sizeof(path))
                return -ENAMETOOLONG;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                int error = errno;

                close(fd);
                return error == EWOULDBLOCK ? -EBUSY : -error;
        }
        return fd;
}

static int check_file(const char *folder) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/" STORE_FILE, folder) < 0)
                return -ENOMEM;
        return store_check(path, table_names, _STORE_TABLE_MAX);
}

static int commit_transaction(Store *store, MDB_txn *transaction) {
        const uint64_t number = mdb_txn_id(transaction);
        uint64_t note[] = {number, store_checksum(STORE_NOTE, strlen(STORE_NOTE), &number, sizeof(number))};
        MDB_val key = {.mv_data = (void *)STORE_NOTE, .mv_size = strlen(STORE_NOTE)};
        MDB_val value = {.mv_data = note, .mv_size = sizeof(note)};
        int r;

        r = mdb_put(transaction, store->notes, &key, &value, 0);
        if (r == MDB_SUCCESS)
                return mdb_txn_commit(transaction);
        mdb_txn_abort(transaction);
        return r;
}

static int open_tables(Store *store) {
        MDB_txn *transaction;
        int r;

        r = mdb_txn_begin(store->env, NULL, 0, &transaction);
        if (r != MDB_SUCCESS)
                return store_error(r);
        r = mdb_dbi_open(transaction, NULL, 0, &store->notes);
        for (size_t i = 0; r == MDB_SUCCESS && i < _STORE_TABLE_MAX; i++)
                r = mdb_dbi_open(transaction, table_names[i], MDB_CREATE, &store->tables[i]);
        if (r == MDB_SUCCESS)
                return store_error(commit_transaction(store, transaction));
        mdb_txn_abort(transaction);
        return store_error(r);
}

int store_open(const char *folder, uint64_t max_bytes, Store **ret) {
        _cleanup_(store_freep) Store *store = new0(Store, 1);
        int r;

        if (!store)
                return -ENOMEM;
        store->lock_fd = lock_folder(folder);
        if (store->lock_fd < 0)
                return store->lock_fd;
        r = check_file(folder);
        if (r < 0)
                return r;
        r = mdb_env_create(&store->env);
        if (r == MDB_SUCCESS)
                r = mdb_env_set_maxdbs(store->env, _STORE_TABLE_MAX);
        if (r == MDB_SUCCESS)
                r = mdb_env_set_mapsize(store->env, max_bytes);
        if (r == MDB_SUCCESS)
                r = mdb_env_open(store->env, folder, MDB_NOTLS, 0600);
        r = r == MDB_SUCCESS ? open_tables(store) : store_error(r);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(store);
        return 0;
}

Store *store_free(Store *store) {
        if (!store)
                return NULL;
        if (store->env)
                mdb_env_close(store->env);
        closep(&store->lock_fd);
        free(store);
        return NULL;
}

static int delete_range(MDB_txn *transaction, MDB_dbi table, MDB_val key, const MDB_val *to) {
        MDB_cursor *cursor;
        MDB_val value;
        int r;

        r = mdb_cursor_open(transaction, table, &cursor);
        if (r != MDB_SUCCESS)
                return r;
        r = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        while (r == MDB_SUCCESS && mdb_cmp(transaction, table, &key, to) < 0) {
                r = mdb_cursor_del(cursor, 0);
                if (r == MDB_SUCCESS)
                        r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        }
        mdb_cursor_close(cursor);
        return r == MDB_NOTFOUND ? MDB_SUCCESS : r;
}

static int apply_operation(Store *store, MDB_txn *transaction, Reader *reader) {
        uint8_t operation = 0, table = 0;
        const char *key_bytes = NULL, *value_bytes = NULL;
        MDB_val key = {}, value = {};

        if (read_u8(reader, &operation) < 0 || read_u8(reader, &table) < 0 ||
            read_text(reader, &key_bytes, &key.mv_size) < 0 ||
            read_text(reader, &value_bytes, &value.mv_size) < 0 || table >= _STORE_TABLE_MAX)
                return EBADMSG;
        key.mv_data = (void *)key_bytes;
        value.mv_data = (void *)value_bytes;
        if (operation == OPERATION_PUT)
                return mdb_put(transaction, store->tables[table], &key, &value, 0);
        return delete_range(transaction, store->tables[table], key, &value);
}

int store_commit(Store *store, const Buffer *batch) {
        Reader reader = {batch->data, batch->size};
        MDB_txn *transaction;
        int r;

        r = mdb_txn_begin(store->env, NULL, 0, &transaction);
        if (r != MDB_SUCCESS)
                return store_error(r);
        while (r == MDB_SUCCESS && reader.left > 0)
                r = apply_operation(store, transaction, &reader);
        if (r == MDB_SUCCESS)
                return store_error(commit_transaction(store, transaction));
        mdb_txn_abort(transaction);
        return store_error(r);
}

static int visit(const MDB_val *key, const MDB_val *value, StoreVisitor visitor, void *userdata) {
        uint64_t sum;
        size_t size;

        if (value->mv_size < sizeof(sum))
                return -EUCLEAN;
        size = value->mv_size - sizeof(sum);
        memcpy(&sum, (const uint8_t *)value->mv_data + size, sizeof(sum));
        if (sum != store_checksum(key->mv_data, key->mv_size, value->mv_data, size))
                return -EUCLEAN;
        return visitor((Reader){key->mv_data, key->mv_size}, (Reader){value->mv_data, size}, userdata);
}

struct StoreView {
        const Store *store; /* weak */
        MDB_txn *transaction;
};

int store_view_new(Store *store, StoreView **ret) {
        StoreView *view = new0(StoreView, 1);
        int r;

        if (!view)
                return -ENOMEM;
        view->store = store;
        r = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view->transaction);
        if (r != MDB_SUCCESS) {
                free(view);
                return store_error(r);
        }
        *ret = view;
        return 0;
}

StoreView *store_view_free(StoreView *view) {
        if (!view)
                return NULL;
        mdb_txn_abort(view->transaction);
        free(view);
        return NULL;
}

static int walk(MDB_cursor *cursor, bool backwards, StoreVisitor visitor, void *userdata) {
        MDB_val key, value;
        int r;

        while ((r = mdb_cursor_get(cursor, &key, &value, backwards ? MDB_PREV : MDB_NEXT)) == MDB_SUCCESS) {
                r = visit(&key, &value, visitor, userdata);
                if (r < 0)
                        return r;
        }
        return r == MDB_NOTFOUND ? 0 : store_error(r);
}

int store_view_walk(StoreView *view, StoreTable table, bool backwards, StoreVisitor visitor,
                    void *userdata) {
        MDB_cursor *cursor;
        int r;

        r = mdb_cursor_open(view->transaction, view->store->tables[table], &cursor);
        if (r != MDB_SUCCESS)
                return store_error(r);
        r = walk(cursor, backwards, visitor, userdata);
        mdb_cursor_close(cursor);
        return r;
}

int store_walk(Store *store, StoreTable table, StoreVisitor visitor, void *userdata) {
        _cleanup_(store_view_freep) StoreView *view = NULL;
        int r;

        r = store_view_new(store, &view);
        return r < 0 ? r : store_view_walk(view, table, /* backwards= */ false, visitor, userdata);
}

uint64_t store_bytes(Store *store) {
        MDB_envinfo info = {};
        MDB_stat stat = {};

        if (mdb_env_info(store->env, &info) != MDB_SUCCESS || mdb_env_stat(store->env, &stat) != MDB_SUCCESS)
                return 0;
        return (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
}
