/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Two keys with the same 64-bit hash cannot be found by trying, so the table is compiled here over a hash of
 * three values: nearly every search meets groups of other keys. */

#include "aggregate/group-key.h"

static void weak_hash_column(const Vector *vector, const uint16_t *selection, size_t n_rows,
                             uint64_t *hashes);
static uint64_t weak_hash(const KeyValue *keys, const ValueType *types, size_t n_keys, uint64_t seed);

#define key_hash_column weak_hash_column
#define key_hash weak_hash
#include "../../lib/aggregate/group-table.c"
#undef key_hash_column
#undef key_hash

#include "group-table-fixture.h"

static uint64_t hash_of_number(uint64_t number) {
        return 1000 + number % 3;
}

/* Of the first key alone. */
static void weak_hash_column(const Vector *vector, const uint16_t *selection, size_t n_rows,
                             uint64_t *hashes) {
        if (vector->type != TYPE_BIGINT)
                return;
        for (size_t i = 0; i < n_rows; i++)
                hashes[i] = hash_of_number((uint64_t)vector->bigints[selection[i]]);
}

static uint64_t weak_hash(const KeyValue *keys, const ValueType *types, size_t n_keys, uint64_t seed) {
        return hash_of_number((uint64_t)keys[0].number);
}

static const QuerySpec spec = {
        .keys = {TYPE_BIGINT, TYPE_STRING, _TYPE_MAX},
        .aggregates = {{AGGREGATE_SUM, TYPE_BIGINT}, {_AGGREGATE_MAX, TYPE_NULL}},
        .window_usec = 1,
};

enum { NUMBERS = 100, ROUNDS = 5 };

static void add_rows(Fixture *f, GroupTable *table, int64_t first) {
        for (int64_t round = 0; round < ROUNDS; round++) {
                for (int64_t number = first; number < NUMBERS; number++) {
                        ROW(f, NUM(number), TEXT("a"), NUM(number));
                        ROW(f, NUM(number), TEXT("b"), NUM(-number));
                }
                fixture_add(f, table);
        }
}

static int check_sum(const Batch *groups, void *userdata) {
        for (size_t i = 0; i < groups->n_rows; i++) {
                int64_t number = groups->columns[0].bigints[i], sum = groups->columns[2].bigints[i];

                assert_int_equal(sum, groups->columns[1].texts[i].data[0] == 'a' ? ROUNDS * number
                                                                                 : -ROUNDS * number);
        }
        *(size_t *)userdata += groups->n_rows;
        return 0;
}

static void check_sums(GroupTable *table, size_t n_expected) {
        size_t n = 0;

        assert_int_equal(group_table_emit(table, GROUPS_ALL, 0, check_sum, &n), 0);
        assert_int_equal(n, n_expected);
        assert_int_equal(group_table_count(table), n_expected);
}

static void test_add(void **state) {
        Fixture f;

        fixture_init(&f, &spec);
        add_rows(&f, f.table, 0);
        check_sums(f.table, 2 * NUMBERS);
        fixture_done(&f);
}

static void test_merge(void **state) {
        GroupTable *merged;
        Fixture f;

        fixture_init(&f, &spec);
        assert_int_equal(group_table_new(&f.query, &merged), 0);
        add_rows(&f, f.table, 0);
        merge_into(f.table, merged);
        check_sums(merged, 2 * NUMBERS);
        group_table_free(merged);
        fixture_done(&f);
}

/* Groups are taken out of the middle of long runs of slots; the rest must be found still. */
static void test_remove(void **state) {
        Fixture f;

        fixture_init(&f, &spec);
        for (int64_t closed = 0; closed < NUMBERS; closed += 7) {
                group_table_clear(f.table);
                add_rows(&f, f.table, 0);
                assert_int_equal(group_table_drop_closed(f.table, closed, NULL), 2 * closed);
                check_sums(f.table, (size_t)(2 * (NUMBERS - closed)));
                add_rows(&f, f.table, closed);
                assert_int_equal(group_table_count(f.table), 2 * (NUMBERS - closed));
        }
        fixture_done(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_add),
                cmocka_unit_test(test_merge),
                cmocka_unit_test(test_remove),
        };

        return cmocka_run_group_tests_name("group-collisions", tests, NULL, NULL);
}
