/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "store-check.h"
#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/buffer.h"
#include "store-format.h"

static const size_t no_page = SIZE_MAX;
/* Pages that a transaction took and gave back at the end of the file need not be there. */
static const size_t unwritten_pages_max = 1 << 16;

typedef struct Checker {
        int fd;
        size_t page_bytes, n_pages;
        uint8_t *seen;      /* a bit for each page */
        size_t transaction; /* of the root that is looked at */
        bool is_last;       /* it is the one that counts */
        const char *const *tables;
        size_t n_tables;
        Buffer value; /* of the entry at hand, if it is on overflow pages */
} Checker;

typedef struct Walk Walk;
typedef int (*EntryCheck)(Walk *walk, const Node *node, const uint8_t *value);

/* Through one tree, in the order of its keys. */
struct Walk {
        Checker *checker;
        const Tree *tree;
        EntryCheck check;
        Tree found;
        uint8_t last[UINT16_MAX]; /* the key before */
        size_t last_bytes;
        bool may_repeat; /* it is a branch's, which its first leaf's may equal */
};

uint64_t store_checksum(const void *key, size_t key_bytes, const void *value, size_t value_bytes) {
        return XXH3_64bits_withSeed(value, value_bytes, XXH3_64bits(key, key_bytes));
}

/* Nodes stand at even places. */
static size_t node_size(const Node *node) {
        uint32_t size;

        memcpy(&size, node->size, sizeof(size));
        return size;
}

static int read_at(const Checker *checker, void *data, size_t size, off_t offset) {
        for (size_t done = 0; done < size;) {
                ssize_t n = pread(checker->fd, (uint8_t *)data + done, size - done, offset + (off_t)done);

                if (n == 0)
                        return -EUCLEAN; /* it was cut off */
                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t)n : 0;
        }
        return 0;
}

/* Each page belongs to one place. */
static int take_pages(Checker *checker, size_t first, size_t n) {
        if (first < 2 || first >= checker->n_pages || n == 0 || n > checker->n_pages - first)
                return -EUCLEAN;
        for (size_t i = first; i < first + n; i++) {
                if (checker->seen[i / 8] & (1u << i % 8))
                        return -EUCLEAN;
                checker->seen[i / 8] |= (uint8_t)(1u << i % 8);
        }
        return 0;
}

static int read_overflow(Walk *walk, const Node *node) {
        Checker *checker = walk->checker;
        size_t first, size = sizeof(Page) + node_size(node);
        const Page *page;
        int r;

        memcpy(&first, node->key + node->key_bytes, sizeof(first));
        if (first >= checker->n_pages || size / checker->page_bytes > checker->n_pages - first)
                return -EUCLEAN;
        checker->value.size = 0;
        r = buffer_reserve(&checker->value, size);
        if (r >= 0)
                r = read_at(checker, checker->value.data, size, (off_t)(first * checker->page_bytes));
        if (r < 0)
                return r;
        page = (const Page *)checker->value.data;
        if (page->number != first || page->flags != PAGE_OVERFLOW ||
            page->n_pages < (size + checker->page_bytes - 1) / checker->page_bytes)
                return -EUCLEAN;
        walk->found.overflow_pages += page->n_pages;
        return take_pages(checker, first, page->n_pages);
}

static bool key_is_next(Walk *walk, const uint8_t *key, size_t size) {
        bool is_number = walk->tree->flags & MDB_INTEGERKEY;
        size_t a = 0, b = 0;
        int order;

        if (is_number && size != sizeof(size_t))
                return false;
        if (is_number && walk->last_bytes > 0) {
                memcpy(&a, walk->last, sizeof(a));
                memcpy(&b, key, sizeof(b));
                order = a < b ? -1 : a > b;
        } else {
                order = memcmp(walk->last, key, MIN(walk->last_bytes, size));
                if (order == 0)
                        order = walk->last_bytes < size ? -1 : walk->last_bytes > size;
        }
        return order < 0 || (order == 0 && walk->may_repeat);
}

static int take_key(Walk *walk, const Node *node, bool is_branch) {
        if (node->key_bytes == 0 || !key_is_next(walk, node->key, node->key_bytes))
                return -EUCLEAN;
        memcpy(walk->last, node->key, node->key_bytes);
        walk->last_bytes = node->key_bytes;
        walk->may_repeat = is_branch;
        return 0;
}

static int check_leaf(Walk *walk, const Node *node) {
        const uint8_t *value = node->key + node->key_bytes;
        int r;

        r = take_key(walk, node, /* is_branch= */ false);
        if (r >= 0 && node->flags & NODE_BIG) {
                r = read_overflow(walk, node);
                value = walk->checker->value.data + sizeof(Page);
        }
        walk->found.entries++;
        return r < 0 ? r : walk->check(walk, node, value);
}

static int walk_page(Walk *walk, size_t number, unsigned depth);

static int check_branch(Walk *walk, const Node *node, size_t place, unsigned depth) {
        /* The first key is that of whatever comes. */
        int r = place > 0 ? take_key(walk, node, /* is_branch= */ true) : 0;

        return r < 0 ? r : walk_page(walk, node_size(node) | (size_t)node->flags << 32, depth + 1);
}

/* That a node and what it says to have stand in the page, behind the free space. */
static int find_node(const Checker *checker, const Page *page, size_t place, const Node **ret) {
        size_t at = page->nodes[place], size = sizeof(Node);
        const Node *node;

        if (at % 2 != 0 || at < page->upper || at > checker->page_bytes - size)
                return -EUCLEAN;
        node = (const Node *)((const uint8_t *)page + at);
        size += node->key_bytes;
        if (page->flags == PAGE_LEAF)
                size += node->flags & NODE_BIG ? sizeof(size_t) : node_size(node);
        if (size > checker->page_bytes - at)
                return -EUCLEAN;
        *ret = node;
        return 0;
}

static int check_page(Walk *walk, const Page *page, size_t number, unsigned depth) {
        bool is_leaf = depth == walk->tree->depth;
        const Node *node;
        size_t n;
        int r = 0;

        if (page->number != number || page->flags != (is_leaf ? PAGE_LEAF : PAGE_BRANCH) ||
            page->lower < sizeof(Page) || page->lower % 2 != 0 || page->lower > page->upper ||
            page->upper > walk->checker->page_bytes)
                return -EUCLEAN;
        n = (page->lower - sizeof(Page)) / sizeof(uint16_t);
        if (n == 0)
                return -EUCLEAN;
        if (is_leaf)
                walk->found.leaf_pages++;
        else
                walk->found.branch_pages++;
        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = find_node(walk->checker, page, i, &node);
                if (r >= 0)
                        r = is_leaf ? check_leaf(walk, node) : check_branch(walk, node, i, depth);
        }
        return r;
}

static int walk_page(Walk *walk, size_t number, unsigned depth) {
        Checker *checker = walk->checker;
        _cleanup_free_ Page *page = NULL;
        int r;

        r = depth <= walk->tree->depth ? take_pages(checker, number, 1) : -EUCLEAN;
        if (r < 0)
                return r;
        page = malloc(checker->page_bytes);
        if (!page)
                return -ENOMEM;
        r = read_at(checker, page, checker->page_bytes, (off_t)(number * checker->page_bytes));
        return r < 0 ? r : check_page(walk, page, number, depth);
}

static int walk_tree(Checker *checker, const Tree *tree, uint16_t flags, EntryCheck check) {
        _cleanup_free_ Walk *walk = new0(Walk, 1);
        Tree *found;
        int r = 0;

        if (!walk)
                return -ENOMEM;
        walk->checker = checker;
        walk->tree = tree;
        walk->check = check;
        if (tree->flags != flags || tree->depth > DEPTH_MAX || (tree->depth == 0) != (tree->root == no_page))
                return -EUCLEAN;
        if (tree->depth > 0)
                r = walk_page(walk, tree->root, 1);
        if (r < 0)
                return r;
        found = &walk->found;
        return found->entries == tree->entries && found->branch_pages == tree->branch_pages &&
                               found->leaf_pages == tree->leaf_pages &&
                               found->overflow_pages == tree->overflow_pages
                       ? 0
                       : -EUCLEAN;
}

/* A number of pages, then theirs, the greatest first. */
static int check_free_pages(Walk *walk, const Node *node, const uint8_t *value) {
        size_t n, page, last = SIZE_MAX;
        int r = 0;

        if (node->flags & ~NODE_BIG || node_size(node) < sizeof(n))
                return -EUCLEAN;
        memcpy(&n, value, sizeof(n));
        if (n > node_size(node) / sizeof(page) - 1)
                return -EUCLEAN;
        for (size_t i = 1; r >= 0 && i <= n; i++) {
                memcpy(&page, value + i * sizeof(page), sizeof(page));
                r = page < last ? take_pages(walk->checker, page, 1) : -EUCLEAN;
                last = page;
        }
        return r;
}

static int check_value(Walk *walk, const Node *node, const uint8_t *value) {
        size_t size = node_size(node);
        uint64_t sum;

        if (node->flags & ~NODE_BIG || size < sizeof(sum))
                return -EUCLEAN;
        size -= sizeof(sum);
        memcpy(&sum, value + size, sizeof(sum));
        return sum == store_checksum(node->key, node->key_bytes, value, size) ? 0 : -EUCLEAN;
}

static bool is_named(const Node *node, const char *name) {
        return node->key_bytes == strlen(name) && memcmp(node->key, name, node->key_bytes) == 0;
}

/* What a transaction has noted of itself: a root whose number is damaged would else be taken for a later or
 * an earlier one. A copy made by mdb_copy -c counts anew. */
static int check_note(Walk *walk, const Node *node, const uint8_t *value) {
        uint64_t number;
        int r;

        r = check_value(walk, node, value);
        if (r < 0 || node_size(node) != 2 * sizeof(number))
                return -EUCLEAN;
        memcpy(&number, value, sizeof(number));
        return number == walk->checker->transaction || walk->checker->transaction <= 1 ? 0 : -EUCLEAN;
}

static int check_table(Walk *walk, const Node *node, const uint8_t *value) {
        Checker *checker = walk->checker;
        bool is_known = false;
        Tree tree;

        if (is_named(node, STORE_NOTE))
                return check_note(walk, node, value);
        for (size_t i = 0; i < checker->n_tables; i++)
                is_known |= is_named(node, checker->tables[i]);
        if (!is_known || node->flags != NODE_TREE || node_size(node) != sizeof(tree))
                return -EUCLEAN;
        if (!checker->is_last)
                return 0;
        memcpy(&tree, value, sizeof(tree));
        return walk_tree(checker, &tree, 0, check_value);
}

/* Returns 1 if it can be read, 0 if it is of another version. */
static int read_root(const Checker *checker, off_t offset, Root *ret) {
        Page page;
        int r;

        r = read_at(checker, &page, sizeof(page), offset);
        if (r >= 0)
                r = read_at(checker, ret, sizeof(*ret), offset + (off_t)sizeof(page));
        if (r < 0)
                return r;
        if (page.flags != PAGE_ROOT || ret->magic != FORMAT_MAGIC)
                return -EUCLEAN;
        return ret->version == FORMAT_VERSION;
}

/* Transactions write the two in turn. */
static bool are_in_turn(size_t even, size_t odd) {
        return (even == 0 && odd == 0) || (even % 2 == 0 && (even + 1 == odd || odd + 1 == even));
}

/* Reads both, the earlier one first; returns as read_root(). */
static int read_roots(Checker *checker, Root ret[static 2]) {
        Root first, second;
        bool is_turned;
        int r;

        r = read_root(checker, 0, &first);
        if (r <= 0)
                return r;
        checker->page_bytes = first.trees[0].pad;
        if (checker->page_bytes < PAGE_BYTES_MIN || checker->page_bytes > PAGE_BYTES_MAX ||
            (checker->page_bytes & (checker->page_bytes - 1)) != 0)
                return -EUCLEAN;
        r = read_root(checker, (off_t)checker->page_bytes, &second);
        if (r <= 0)
                return r;
        if (second.trees[0].pad != checker->page_bytes ||
            !are_in_turn(first.transaction, second.transaction))
                return -EUCLEAN;
        is_turned = first.transaction > second.transaction;
        ret[is_turned] = first;
        ret[!is_turned] = second;
        return 1;
}

static int check_root(Checker *checker, const Root *root, bool is_last) {
        int r = 0;

        checker->n_pages = root->last_page + 1;
        checker->transaction = root->transaction;
        checker->is_last = is_last;
        free(checker->seen);
        checker->seen = calloc(checker->n_pages / 8 + 1, 1);
        if (!checker->seen)
                return -ENOMEM;
        /* What was free for the earlier one may be in use. */
        if (is_last)
                r = walk_tree(checker, &root->trees[0], MDB_INTEGERKEY, check_free_pages);
        return r < 0 ? r : walk_tree(checker, &root->trees[1], 0, check_table);
}

static int check_file(Checker *checker) {
        struct stat status;
        Root roots[2];
        int r;

        r = read_roots(checker, roots);
        if (r <= 0)
                return r;
        if (fstat(checker->fd, &status) < 0)
                return -errno;
        for (size_t i = 0; r >= 0 && i < 2; i++) {
                if (roots[i].last_page >= (size_t)status.st_size / checker->page_bytes + unwritten_pages_max)
                        return -EUCLEAN;
                r = check_root(checker, &roots[i], i == 1);
        }
        return r;
}

int store_check(const char *path, const char *const *tables, size_t n) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        Checker checker = {.fd = fd, .tables = tables, .n_tables = n};
        int r;

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        r = check_file(&checker);
        free(checker.seen);
        buffer_done(&checker.value);
        return r < 0 ? r : 0;
}
