/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store-check.h"
#include "store.h"

enum { MEBIBYTE = 1 << 20 };

typedef struct Folder {
        char path[64];
        Store *store;
} Folder;

static int make(void **state) {
        Folder *folder = new0(Folder, 1);

        assert_non_null(folder);
        strcpy(folder->path, "/tmp/streametl-store-XXXXXX");
        assert_non_null(mkdtemp(folder->path));
        assert_int_equal(store_open(folder->path, 16 * MEBIBYTE, &folder->store), 0);
        *state = folder;
        return 0;
}

static int destroy(void **state) {
        static const char *const files[] = {"lock", "lock.mdb", "data.mdb"};
        Folder *folder = *state;
        char path[128];

        store_free(folder->store);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                snprintf(path, sizeof(path), "%s/%s", folder->path, files[i]);
                (void)unlink(path);
        }
        assert_int_equal(rmdir(folder->path), 0);
        free(folder);
        return 0;
}

static void reopen(Folder *folder) {
        folder->store = store_free(folder->store);
        assert_int_equal(store_open(folder->path, 16 * MEBIBYTE, &folder->store), 0);
}

static StoreKey number_key(int64_t number) {
        StoreKey key = {};

        store_key_add_i64(&key, number);
        return key;
}

static void put(Buffer *batch, int64_t number, const char *text) {
        StoreKey key = number_key(number);

        assert_int_equal(store_put(batch, STORE_GROUPS, &key, text, strlen(text)), 0);
}

static void commit(Folder *folder, Buffer *batch) {
        assert_int_equal(store_commit(folder->store, batch), 0);
        buffer_done(batch);
}

static int append_entry(Reader key, Reader value, void *userdata) {
        Buffer *text = userdata;
        int64_t number;

        assert_int_equal(store_key_read_i64(&key, &number), 0);
        return buffer_append_format(text, "%" PRIi64 "=%.*s ", number, (int)value.left, value.data);
}

static void assert_holds(Folder *folder, const char *expected) {
        _cleanup_buffer_ Buffer text = {};

        assert_int_equal(store_walk(folder->store, STORE_GROUPS, append_entry, &text), 0);
        assert_int_equal(buffer_append_u8(&text, 0), 0);
        assert_string_equal((char *)text.data, expected);
}

static void test_what_is_committed_is_there_after_reopening(void **state) {
        Folder *folder = *state;
        Buffer batch = {};

        put(&batch, 2, "two");
        put(&batch, -7, "minus seven");
        put(&batch, INT64_MIN, "least");
        put(&batch, 2, "two again");
        commit(folder, &batch);
        reopen(folder);
        assert_holds(folder, "-9223372036854775808=least -7=minus seven 2=two again ");
}

static void test_delete_takes_a_half_open_range(void **state) {
        Folder *folder = *state;
        Buffer batch = {};
        StoreKey from = number_key(-5), to = number_key(4);

        for (int64_t i = -6; i < 6; i++)
                put(&batch, i, "x");
        assert_int_equal(store_delete(&batch, STORE_GROUPS, &from, &to), 0);
        commit(folder, &batch);
        assert_holds(folder, "-6=x 4=x 5=x ");
        /* Nothing there to delete. */
        assert_int_equal(store_delete(&batch, STORE_GROUPS, &from, &to), 0);
        commit(folder, &batch);
        assert_holds(folder, "-6=x 4=x 5=x ");
}

static void test_large_ranges_of_many_pages_are_deleted_whole(void **state) {
        Folder *folder = *state;
        char text[700];
        Buffer batch = {};
        StoreKey from = number_key(1), to = number_key(4999);

        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        for (int64_t i = 1; i < 4999; i++)
                put(&batch, i, text);
        put(&batch, 0, "first");
        put(&batch, 4999, "last");
        commit(folder, &batch);
        assert_int_equal(store_delete(&batch, STORE_GROUPS, &from, &to), 0);
        commit(folder, &batch);
        assert_holds(folder, "0=first 4999=last ");
}

static void test_a_full_store_refuses_the_whole_batch_and_goes_on(void **state) {
        Folder *folder = *state;
        _cleanup_free_ char *text = new (char, MEBIBYTE + 1);
        Buffer batch = {};

        memset(text, 'x', MEBIBYTE);
        text[MEBIBYTE] = '\0';
        put(&batch, 1, "small");
        commit(folder, &batch);
        put(&batch, 2, "small too");
        for (int64_t i = 0; i < 20; i++)
                put(&batch, 100 + i, text);
        assert_int_equal(store_commit(folder->store, &batch), -EFBIG);
        buffer_done(&batch);
        assert_holds(folder, "1=small ");
        put(&batch, 3, "after");
        commit(folder, &batch);
        assert_holds(folder, "1=small 3=after ");
}

static void test_a_second_process_is_refused(void **state) {
        Folder *folder = *state;
        Store *second = NULL;

        assert_int_equal(store_open(folder->path, 16 * MEBIBYTE, &second), -EBUSY);
        assert_null(second);
}

static void test_a_file_that_is_no_store_is_refused(void **state) {
        Folder *folder = *state;
        Store *store = NULL;
        char path[128];
        FILE *file;

        folder->store = store_free(folder->store);
        snprintf(path, sizeof(path), "%s/data.mdb", folder->path);
        file = fopen(path, "w");
        assert_non_null(file);
        for (int i = 0; i < 4096; i++)
                fputs("no store", file);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(store_open(folder->path, 16 * MEBIBYTE, &store), -EUCLEAN);
        assert_null(store);
}

/* Flips a byte of a value in the file. */
static void damage(const Folder *folder, const char *value) {
        _cleanup_free_ uint8_t *bytes = NULL;
        _cleanup_close_ int fd = -EBADF;
        char path[128];
        struct stat status;
        uint8_t *at;

        snprintf(path, sizeof(path), "%s/data.mdb", folder->path);
        fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0 && fstat(fd, &status) == 0);
        bytes = new (uint8_t, (size_t)status.st_size);
        assert_int_equal(pread(fd, bytes, (size_t)status.st_size, 0), status.st_size);
        at = memmem(bytes, (size_t)status.st_size, value, strlen(value));
        assert_non_null(at);
        assert_int_equal(pwrite(fd, "?", 1, at - bytes), 1);
}

static void test_a_damaged_value_is_refused(void **state) {
        Folder *folder = *state;
        Buffer batch = {};

        put(&batch, 1, "a value that will be damaged");
        commit(folder, &batch);
        folder->store = store_free(folder->store);
        damage(folder, "a value that will be damaged");
        assert_int_equal(store_open(folder->path, 16 * MEBIBYTE, &folder->store), -EUCLEAN);
        assert_null(folder->store);
}

/* Puts and deletes, some of them too much for the store: then nothing changes. */
static void change_at_random(Folder *folder, unsigned *seed) {
        _cleanup_free_ char *text = new (char, MEBIBYTE);
        StoreKey from = number_key(rand_r(seed) % 1000), to = number_key(rand_r(seed) % 1000);
        int size_max = rand_r(seed) % 8 == 0 ? MEBIBYTE - 1 : rand_r(seed) % 4 == 0 ? 9000 : 300;
        Buffer batch = {};
        int r;

        for (int n = rand_r(seed) % 60; n > 0; n--) {
                size_t size = (size_t)(rand_r(seed) % size_max);

                memset(text, 'a' + n % 26, size);
                text[size] = '\0';
                put(&batch, rand_r(seed) % 1000, text);
        }
        if (rand_r(seed) % 3 == 0)
                assert_int_equal(store_delete(&batch, STORE_GROUPS, &from, &to), 0);
        r = store_commit(folder->store, &batch);
        assert_true(r == 0 || r == -EFBIG);
        buffer_done(&batch);
}

static void test_a_store_that_is_changed_and_changed_is_whole(void **state) {
        static const char *const tables[] = {"job", "partitions", "groups", "rows", "outbox", "sinks"};
        Folder *folder = *state;
        unsigned seed = 1;
        char path[128];

        snprintf(path, sizeof(path), "%s/data.mdb", folder->path);
        for (int i = 0; i < 300; i++) {
                change_at_random(folder, &seed);
                assert_int_equal(store_check(path, tables, ELEMENTSOF(tables)), 0);
                if (i % 50 == 0)
                        reopen(folder);
        }
}

static Buffer read_file(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        Buffer bytes = {};

        assert_true(fd >= 0 && fstat(fd, &status) == 0);
        assert_int_equal(buffer_reserve(&bytes, (size_t)status.st_size), 0);
        assert_int_equal(pread(fd, bytes.data, (size_t)status.st_size, 0), status.st_size);
        bytes.size = (size_t)status.st_size;
        return bytes;
}

static void write_file(const char *path, const Buffer *bytes, size_t size) {
        _cleanup_close_ int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, bytes->data, size, 0), (ssize_t)size);
}

/* Changes bytes as disks and people do; returns how many are left of them. */
static size_t damage_at_random(Buffer *bytes, unsigned *seed) {
        enum { PAGE_BYTES = 4096 };
        size_t n_pages = bytes->size / PAGE_BYTES, at = (size_t)rand_r(seed) % bytes->size;
        uint8_t *page = bytes->data + (size_t)rand_r(seed) % n_pages * PAGE_BYTES;

        switch (rand_r(seed) % 6) {
        case 0: /* a bit */ bytes->data[at] ^= (uint8_t)(1u << rand_r(seed) % 8); break;
        case 1: /* a bit of what describes a page */
                page[(size_t)rand_r(seed) % 64] ^= (uint8_t)(1u << rand_r(seed) % 8);
                break;
        case 2: /* a bit of a root */
                bytes->data[(size_t)rand_r(seed) % 2 * PAGE_BYTES + (size_t)rand_r(seed) % 160] ^=
                        (uint8_t)(1u << rand_r(seed) % 8);
                break;
        case 3: /* some bytes */
                for (size_t n = 64; n > 0 && at < bytes->size; n--)
                        bytes->data[at++] = (uint8_t)rand_r(seed);
                break;
        case 4: /* a page, by nothing or another */
                if (rand_r(seed) % 2 == 0)
                        memset(page, 0, PAGE_BYTES);
                else
                        memmove(page, bytes->data + (size_t)rand_r(seed) % n_pages * PAGE_BYTES, PAGE_BYTES);
                break;
        case 5: /* the end */ return at;
        }
        return bytes->size;
}

/* Opens it as it is now; if it is not refused it must hold what it did, and go on. Returns whether it was
 * refused. */
static bool is_refused(Folder *folder, const Buffer *expected) {
        _cleanup_buffer_ Buffer text = {};
        unsigned seed = 1;
        int r;

        r = store_open(folder->path, 16 * MEBIBYTE, &folder->store);
        if (r == -EUCLEAN) {
                assert_null(folder->store);
                return true;
        }
        assert_int_equal(r, 0);
        assert_int_equal(store_walk(folder->store, STORE_GROUPS, append_entry, &text), 0);
        assert_int_equal(text.size, expected->size);
        assert_memory_equal(text.data, expected->data, text.size);
        for (int i = 0; i < 2; i++)
                change_at_random(folder, &seed);
        folder->store = store_free(folder->store);
        return false;
}

static void test_any_damage_is_refused_or_does_no_harm(void **state) {
        Folder *folder = *state;
        _cleanup_buffer_ Buffer expected = {}, whole = {}, bytes = {};
        unsigned seed = 7, n_refused = 0;
        char path[128];
        const unsigned n = 1000;

        snprintf(path, sizeof(path), "%s/data.mdb", folder->path);
        for (int i = 0; i < 30; i++) {
                Buffer batch = {};

                for (int64_t number = i * 20; number < i * 20 + 60; number++)
                        put(&batch, number * 7 % 1000,
                            "a value of a group that is neither short nor very long");
                commit(folder, &batch);
        }
        for (int i = 0; i < 3; i++)
                change_at_random(folder, &seed);
        assert_int_equal(store_walk(folder->store, STORE_GROUPS, append_entry, &expected), 0);
        folder->store = store_free(folder->store);
        whole = read_file(path);
        for (unsigned i = 0; i < n; i++) {
                bytes.size = 0;
                assert_int_equal(buffer_append(&bytes, whole.data, whole.size), 0);
                write_file(path, &bytes, damage_at_random(&bytes, &seed));
                n_refused += is_refused(folder, &expected);
        }
        /* Some of the file is not in use. */
        assert_in_range(n_refused, n / 4, n - n / 20);
        write_file(path, &whole, whole.size);
        assert_false(is_refused(folder, &expected));
}

static void test_a_view_is_of_one_moment(void **state) {
        _cleanup_(store_view_freep) StoreView *view = NULL;
        _cleanup_buffer_ Buffer before = {};
        Folder *folder = *state;
        StoreKey from = number_key(1), to = number_key(9);
        Buffer batch = {};

        put(&batch, -1, "a");
        put(&batch, 1, "b");
        put(&batch, 2, "c");
        commit(folder, &batch);
        assert_int_equal(store_view_new(folder->store, &view), 0);
        assert_int_equal(store_delete(&batch, STORE_GROUPS, &from, &to), 0);
        commit(folder, &batch);

        assert_int_equal(store_view_walk(view, STORE_GROUPS, /* backwards= */ true, append_entry, &before),
                         0);
        assert_int_equal(buffer_append_u8(&before, 0), 0);
        assert_string_equal((char *)before.data, "2=c 1=b -1=a ");
        assert_holds(folder, "-1=a ");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_what_is_committed_is_there_after_reopening, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_delete_takes_a_half_open_range, make, destroy),
                cmocka_unit_test_setup_teardown(test_large_ranges_of_many_pages_are_deleted_whole, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_a_full_store_refuses_the_whole_batch_and_goes_on, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_a_second_process_is_refused, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_file_that_is_no_store_is_refused, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_damaged_value_is_refused, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_store_that_is_changed_and_changed_is_whole, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_any_damage_is_refused_or_does_no_harm, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_view_is_of_one_moment, make, destroy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
