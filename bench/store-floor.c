/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The bound that a job's recovery is measured against: LMDB hands every entry of its store to a program that
 * only adds up bytes. Prints one line of JSON: how long that took, and how long the check before it. */

#include <lmdb.h>
#include <stdio.h>
#include <time.h>

#include "store-check.h"
#include "store.h"

static const char *const tables[] = {"job", "partitions", "groups", "rows", "outbox", "sinks"};

static double now_seconds(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int walk_table(MDB_txn *transaction, const char *name, uint64_t *n, uint64_t *bytes) {
        MDB_cursor *cursor;
        MDB_val key, value;
        MDB_dbi table;
        int r;

        r = mdb_dbi_open(transaction, name, 0, &table);
        if (r == MDB_SUCCESS)
                r = mdb_cursor_open(transaction, table, &cursor);
        if (r != MDB_SUCCESS)
                return r;
        while ((r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
                (*n)++;
                for (size_t i = 0; i < value.mv_size; i += 64) /* each line of the cache is touched */
                        *bytes += ((const uint8_t *)value.mv_data)[i];
        }
        mdb_cursor_close(cursor);
        return r == MDB_NOTFOUND ? MDB_SUCCESS : r;
}

static int walk_all(const char *folder, uint64_t *n, uint64_t *bytes) {
        MDB_txn *transaction;
        MDB_env *env;
        int r;

        r = mdb_env_create(&env);
        if (r == MDB_SUCCESS)
                r = mdb_env_set_maxdbs(env, ELEMENTSOF(tables));
        if (r == MDB_SUCCESS)
                r = mdb_env_open(env, folder, MDB_RDONLY | MDB_NOLOCK, 0);
        if (r == MDB_SUCCESS)
                r = mdb_txn_begin(env, NULL, MDB_RDONLY, &transaction);
        for (size_t i = 0; r == MDB_SUCCESS && i < ELEMENTSOF(tables); i++)
                r = walk_table(transaction, tables[i], n, bytes);
        return r;
}

int main(int argc, char *argv[]) {
        uint64_t n = 0, bytes = 0;
        double start, walked, checked;
        char path[4096];
        int r;

        if (argc != 2) {
                fputs("usage: store-floor FOLDER\n", stderr);
                return EXIT_FAILURE;
        }
        snprintf(path, sizeof(path), "%s/" STORE_FILE, argv[1]);
        start = now_seconds();
        r = walk_all(argv[1], &n, &bytes);
        walked = now_seconds();
        if (r != MDB_SUCCESS) {
                fprintf(stderr, "store-floor: %s: %s\n", argv[1], mdb_strerror(r));
                return EXIT_FAILURE;
        }
        r = store_check(path, tables, ELEMENTSOF(tables));
        checked = now_seconds();
        if (r < 0) {
                fprintf(stderr, "store-floor: %s: %s\n", path, strerror(-r));
                return EXIT_FAILURE;
        }
        printf("{\"entries\": %" PRIu64 ", \"sum\": %" PRIu64 ", \"walk\": %.6f, \"check\": %.6f}\n", n,
               bytes, walked - start, checked - walked);
        return EXIT_SUCCESS;
}
