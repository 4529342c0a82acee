/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The file as LMDB 0.9 writes it (mdb.c: MDB_page, MDB_node, MDB_db, MDB_meta; data version 1), in native
 * byte order: two pages that each hold a root, of which the later one counts, and trees of pages. */
enum {
        FORMAT_MAGIC = 0xBEEFC0DE,
        FORMAT_VERSION = 1,
        PAGE_BRANCH = 0x01,
        PAGE_LEAF = 0x02,
        PAGE_OVERFLOW = 0x04,
        PAGE_ROOT = 0x08,
        NODE_BIG = 0x01,  /* the value is the number of the first of its overflow pages */
        NODE_TREE = 0x02, /* the value is a Tree */
        DEPTH_MAX = 32,
        PAGE_BYTES_MIN = 512,
        PAGE_BYTES_MAX = 32768,
};

typedef struct Page {
        size_t number;
        uint16_t pad, flags;
        union {
                struct {
                        uint16_t lower, upper; /* the free space; offsets of nodes stand before it */
                };
                uint32_t n_pages; /* of an overflow */
        };
        uint16_t nodes[];
} Page;

typedef struct Node {
        uint16_t size[2]; /* of the value, 32 bits; in a branch with the flags the number of a page */
        uint16_t flags, key_bytes;
        uint8_t key[];
} Node;

typedef struct Tree {
        uint32_t pad; /* of the root's first: the size of a page */
        uint16_t flags, depth;
        size_t branch_pages, leaf_pages, overflow_pages, entries, root;
} Tree;

typedef struct Root {
        uint32_t magic, version;
        void *address;
        size_t map_bytes;
        Tree trees[2]; /* of free pages, and of the tables */
        size_t last_page, transaction;
} Root;
