/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "group-table-fixture.h"

static const QuerySpec course_activity = {
        .keys = {TYPE_TIMESTAMP, TYPE_STRING, TYPE_STRING, _TYPE_MAX},
        .aggregates = {{AGGREGATE_SUM, TYPE_INT}, {AGGREGATE_AVG, TYPE_DOUBLE}, {_AGGREGATE_MAX, TYPE_NULL}},
        .window_usec = 10,
};

static void test_reference_query(void **state) {
        Fixture f;

        fixture_init(&f, &course_activity);
        ROW(&f, NUM(0), TEXT("OS"), TEXT("coding"), NUM(5), REAL(10));
        ROW(&f, NUM(0), TEXT("OS"), TEXT("debugging"), NUM(0), REAL(20));
        ROW(&f, NUM(0), TEXT("OS"), TEXT("coding"), NUM(7), REAL(20));
        ROW(&f, NUM(10), TEXT("OS"), TEXT("coding"), NIL, REAL(1));
        ROW(&f, NUM(10), TEXT("OS"), NIL, NUM(3), NIL);
        ROW(&f, NUM(0), NIL, TEXT("coding"), NUM(2), REAL(2));
        ROW(&f, NUM(10), TEXT("OS"), NIL, NUM(4), NIL);
        fixture_add(&f, f.table);
        CHECK(f.table, GROUPS_ALL, 0, "0 'OS' 'coding' 12 15", "0 'OS' 'debugging' 0 20",
              "0 NULL 'coding' 2 2", "10 'OS' 'coding' NULL 1", "10 'OS' NULL 7 NULL");
        assert_int_equal(group_table_count(f.table), 5);
        fixture_done(&f);
}

/* One function over one list of values, without keys. */
static const struct {
        AggregateSpec aggregate;
        Cell values[6];
        const char *expected;
} function_cases[] = {
        {{AGGREGATE_COUNT_ALL, TYPE_NULL}, {NIL, NIL, NIL}, "3"},
        {{AGGREGATE_COUNT, TYPE_STRING}, {TEXT("a"), NIL, TEXT("")}, "2"},
        {{AGGREGATE_COUNT, TYPE_DOUBLE}, {NIL, NIL}, "0"},
        {{AGGREGATE_COUNT, TYPE_BOOLEAN}, {NUM(0), NUM(1)}, "2"},
        {{AGGREGATE_SUM, TYPE_INT}, {NUM(INT32_MAX), NUM(INT32_MAX), NIL, NUM(2)}, "4294967296"},
        {{AGGREGATE_SUM, TYPE_INT}, {NIL}, "NULL"},
        {{AGGREGATE_SUM, TYPE_BIGINT}, {NUM(INT64_MAX), NUM(1)}, "-9223372036854775808"},
        {{AGGREGATE_SUM, TYPE_DOUBLE}, {REAL(1), REAL(1e100), REAL(1), REAL(-1e100)}, "2"},
        {{AGGREGATE_SUM, TYPE_DOUBLE}, {NIL, NIL}, "NULL"},
        {{AGGREGATE_SUM, TYPE_DOUBLE}, {REAL(INFINITY), REAL(1), REAL(2)}, "inf"},
        {{AGGREGATE_SUM, TYPE_DOUBLE}, {REAL(1), REAL(-INFINITY), REAL(2)}, "-inf"},
        {{AGGREGATE_SUM, TYPE_DOUBLE}, {REAL(INFINITY), REAL(-INFINITY), REAL(2)}, "nan"},
        {{AGGREGATE_SUM, TYPE_DOUBLE}, {REAL(1e308), REAL(1e308), REAL(-1e308)}, "inf"},
        {{AGGREGATE_SUM, TYPE_DOUBLE}, {REAL(NAN), REAL(1)}, "nan"},
        {{AGGREGATE_AVG, TYPE_INT}, {NUM(1), NUM(2), NIL}, "1.5"},
        {{AGGREGATE_AVG, TYPE_INT}, {NIL}, "NULL"},
        {{AGGREGATE_AVG, TYPE_BIGINT}, {NUM(INT64_MAX), NUM(INT64_MAX)}, "9.2233720368547758e+18"},
        {{AGGREGATE_AVG, TYPE_BIGINT}, {NUM(INT64_MAX), NUM(-INT64_MAX), NUM(3)}, "1"},
        {{AGGREGATE_AVG, TYPE_DOUBLE}, {REAL(1e16), REAL(1), REAL(1), REAL(-1e16)}, "0.5"},
        {{AGGREGATE_AVG, TYPE_DOUBLE}, {REAL(INFINITY), REAL(1)}, "inf"},
        {{AGGREGATE_AVG, TYPE_DOUBLE}, {NIL}, "NULL"},
        {{AGGREGATE_MIN, TYPE_BOOLEAN}, {NUM(1), NUM(0)}, "0"},
        {{AGGREGATE_MAX, TYPE_BOOLEAN}, {NUM(1), NUM(0)}, "1"},
        {{AGGREGATE_MIN, TYPE_INT}, {NUM(3), NUM(-4), NIL}, "-4"},
        {{AGGREGATE_MAX, TYPE_INT}, {NIL, NUM(-3), NUM(-4)}, "-3"},
        {{AGGREGATE_MIN, TYPE_BIGINT}, {NUM(INT64_MIN), NUM(INT64_MAX)}, "-9223372036854775808"},
        {{AGGREGATE_MAX, TYPE_TIMESTAMP}, {NUM(-1), NUM(-2)}, "-1"},
        {{AGGREGATE_MAX, TYPE_TIMESTAMP}, {NIL}, "NULL"},
        {{AGGREGATE_MIN, TYPE_DOUBLE}, {REAL(NAN), REAL(1), REAL(-2.5)}, "-2.5"},
        {{AGGREGATE_MAX, TYPE_DOUBLE}, {REAL(1), REAL(NAN), REAL(INFINITY)}, "nan"},
        {{AGGREGATE_MIN, TYPE_DOUBLE}, {REAL(INFINITY), REAL(-INFINITY)}, "-inf"},
        {{AGGREGATE_MIN, TYPE_DOUBLE}, {REAL(0.0), REAL(-0.0)}, "-0"},
        {{AGGREGATE_MAX, TYPE_DOUBLE}, {REAL(-0.0), REAL(0.0)}, "0"},
        {{AGGREGATE_MIN, TYPE_STRING}, {TEXT("b"), TEXT("ba"), TEXT("ab"), TEXT("abc")}, "'ab'"},
        {{AGGREGATE_MAX, TYPE_STRING}, {TEXT("b"), TEXT("ba"), TEXT("ab"), NIL}, "'ba'"},
        {{AGGREGATE_MAX, TYPE_STRING}, {TEXT("z"), TEXT("\xc3\xa4")}, "'\xc3\xa4'"}, /* bytes are unsigned */
        {{AGGREGATE_MIN, TYPE_STRING}, {TEXT("a"), TEXT("")}, "''"},
        {{AGGREGATE_MAX, TYPE_STRING}, {TEXT(""), NIL}, "''"},
        {{AGGREGATE_MIN, TYPE_STRING}, {NIL}, "NULL"},
};

static void test_functions(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(function_cases); i++) {
                const QuerySpec spec = {
                        {_TYPE_MAX}, {function_cases[i].aggregate, {_AGGREGATE_MAX, TYPE_NULL}}, 0};
                GroupTable *reversed;
                Fixture f;

                fixture_init(&f, &spec);
                assert_int_equal(group_table_new(&f.query, &reversed), 0);
                for (size_t j = 0; function_cases[i].values[j].kind != CELL_END; j++)
                        put_row(&f, &function_cases[i].values[j], 1);
                fixture_add(&f, f.table);
                CHECK(f.table, GROUPS_ALL, 0, function_cases[i].expected);

                /* The same, each value in a report of its own, merged into each other. */
                for (size_t j = 0; function_cases[i].values[j].kind != CELL_END; j++) {
                        group_table_clear(f.table);
                        put_row(&f, &function_cases[i].values[j], 1);
                        fixture_add(&f, f.table);
                        merge_into(f.table, reversed);
                }
                CHECK(reversed, GROUPS_ALL, 0, function_cases[i].expected);
                group_table_free(reversed);
                fixture_done(&f);
        }
}

/* Which values are the same key. */
static void test_key_equality(void **state) {
        static const struct {
                ValueType type;
                Cell a, b;
                bool same;
        } cases[] = {
                {TYPE_STRING, NIL, NIL, true},
                {TYPE_STRING, NIL, TEXT(""), false},
                {TYPE_STRING, TEXT(""), TEXT(""), true},
                {TYPE_STRING, TEXT("a"), TEXT("A"), false},
                {TYPE_INT, NIL, NUM(0), false},
                {TYPE_INT, NUM(-1), NUM(-1), true},
                {TYPE_BIGINT, NUM(1), NUM(INT64_C(1) << 32), false},
                {TYPE_BOOLEAN, NUM(0), NUM(1), false},
                {TYPE_BOOLEAN, NUM(0), NIL, false},
                {TYPE_DOUBLE, REAL(0.0), REAL(-0.0), true},
                {TYPE_DOUBLE, REAL(NAN), REAL(-NAN), true},
                {TYPE_DOUBLE, REAL(NAN), NIL, false},
                {TYPE_DOUBLE, REAL(NAN), REAL(INFINITY), false},
                {TYPE_DOUBLE, REAL(0.0), NIL, false},
                {TYPE_NULL, NIL, NIL, true},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const QuerySpec spec = {{cases[i].type, TYPE_INT, _TYPE_MAX},
                                        {{AGGREGATE_COUNT_ALL, TYPE_NULL}, {_AGGREGATE_MAX, TYPE_NULL}},
                                        0};
                GroupTable *merged;
                Fixture f;

                fixture_init(&f, &spec);
                assert_int_equal(group_table_new(&f.query, &merged), 0);
                ROW(&f, cases[i].a, NUM(1));
                ROW(&f, cases[i].b, NUM(1));
                fixture_add(&f, f.table);
                if (group_table_count(f.table) != (cases[i].same ? 1 : 2))
                        fail_msg("case %zu: %zu groups", i, group_table_count(f.table));
                merge_into(f.table, merged);
                merge_into(f.table, merged);
                if (group_table_count(merged) != (cases[i].same ? 1 : 2))
                        fail_msg("case %zu, merged: %zu groups", i, group_table_count(merged));
                group_table_free(merged);
                fixture_done(&f);
        }
}

static void test_negative_zero_key_is_zero(void **state) {
        static const QuerySpec spec = {{TYPE_DOUBLE, _TYPE_MAX}, {{_AGGREGATE_MAX, TYPE_NULL}}, 0};
        Fixture f;

        fixture_init(&f, &spec);
        ROW(&f, REAL(-0.0));
        fixture_add(&f, f.table);
        CHECK(f.table, GROUPS_ALL, 0, "0");
        fixture_done(&f);
}

/* Texts of every length up to beyond all special cases, each against itself with one byte changed. */
static void test_text_keys_of_all_lengths(void **state) {
        static const QuerySpec spec = {{TYPE_STRING, _TYPE_MAX},
                                       {{AGGREGATE_COUNT_ALL, TYPE_NULL}, {_AGGREGATE_MAX, TYPE_NULL}},
                                       0};
        static char texts[300][300];

        for (size_t length = 0; length < 300; length += length < 40 ? 1 : 37) {
                Fixture f;

                fixture_init(&f, &spec);
                for (size_t i = 0; i <= length; i++) {
                        memset(texts[i], 'x', length);
                        texts[i][length] = '\0';
                        if (i < length)
                                texts[i][i] = 'y';
                        ROW(&f, TEXT(texts[i]));
                        ROW(&f, TEXT(texts[i]));
                }
                fixture_add(&f, f.table);
                assert_int_equal(group_table_count(f.table), length + 1);
                fixture_done(&f);
        }
}

static void test_selection(void **state) {
        static const QuerySpec spec = {
                {TYPE_INT, _TYPE_MAX}, {{AGGREGATE_SUM, TYPE_BIGINT}, {_AGGREGATE_MAX, TYPE_NULL}}, 0};
        static const uint16_t selection[] = {1, 3, 4};
        Fixture f;

        fixture_init(&f, &spec);
        for (int i = 0; i < 6; i++)
                ROW(&f, NUM(i % 3), NUM(i * 10));
        assert_int_equal(group_table_add(f.table, f.rows->columns, f.rows->columns + 1, selection, 3), 0);
        CHECK(f.table, GROUPS_ALL, 0, "0 30", "1 50");
        assert_int_equal(group_table_add(f.table, f.rows->columns, f.rows->columns + 1, selection, 0), 0);
        assert_int_equal(group_table_count(f.table), 2);
        fixture_done(&f);
}

static void test_no_keys_is_one_group(void **state) {
        static const QuerySpec spec = {
                {_TYPE_MAX}, {{AGGREGATE_COUNT_ALL, TYPE_NULL}, {_AGGREGATE_MAX, TYPE_NULL}}, 0};
        GroupTable *into;
        Fixture f;

        fixture_init(&f, &spec);
        assert_int_equal(group_table_new(&f.query, &into), 0);
        CHECK(f.table, GROUPS_ALL, 0);
        ROW(&f);
        ROW(&f);
        fixture_add(&f, f.table);
        merge_into(f.table, into);
        merge_into(f.table, into);
        CHECK(into, GROUPS_ALL, 0, "4");
        assert_int_equal(group_table_drop_closed(into, INT64_MAX, NULL), 0);
        group_table_free(into);
        fixture_done(&f);
}

static const QuerySpec everything = {
        .keys = {TYPE_TIMESTAMP, TYPE_STRING, TYPE_DOUBLE, TYPE_BOOLEAN, _TYPE_MAX},
        .aggregates = {{AGGREGATE_COUNT_ALL, TYPE_NULL},
                       {AGGREGATE_COUNT, TYPE_STRING},
                       {AGGREGATE_SUM, TYPE_INT},
                       {AGGREGATE_SUM, TYPE_BIGINT},
                       {AGGREGATE_AVG, TYPE_BIGINT},
                       {AGGREGATE_MIN, TYPE_DOUBLE},
                       {AGGREGATE_MAX, TYPE_DOUBLE},
                       {AGGREGATE_MIN, TYPE_STRING},
                       {AGGREGATE_MAX, TYPE_STRING},
                       {AGGREGATE_MAX, TYPE_BOOLEAN},
                       {AGGREGATE_SUM, TYPE_DOUBLE},
                       {AGGREGATE_AVG, TYPE_DOUBLE},
                       {_AGGREGATE_MAX, TYPE_NULL}},
        .window_usec = 10,
};

/* A small generator of our own: the same rows everywhere. */
static uint64_t random_next(uint64_t *seed) {
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return *seed >> 33;
}

static void put_random_row(Fixture *f, uint64_t *seed) {
        static const char *const texts[] = {"",
                                            "a",
                                            "abcdefgh",
                                            "abcdefghi",
                                            "a text of more than sixteen bytes",
                                            "another one of more than sixteen bytes"};
        static const double reals[] = {0.0, -0.0, NAN, INFINITY, -1.5, 1e300, 3};
        size_t row = f->rows->n_rows++;

        for (size_t i = 0; i < f->rows->n_columns; i++) {
                Cell cell = NUM((int64_t)(random_next(seed) << 33 ^ random_next(seed) << 10));
                size_t from_sums = f->rows->n_columns - 2;

                if (i == 0)
                        cell = NUM((int64_t)(random_next(seed) % 20) * 10 - 100);
                else if (f->rows->columns[i].type == TYPE_STRING)
                        cell = TEXT(texts[random_next(seed) % ELEMENTSOF(texts)]);
                else if (i >= from_sums)
                        cell = REAL((double)random_next(seed) / 1e3);
                else if (f->rows->columns[i].type == TYPE_DOUBLE)
                        cell = REAL(reals[random_next(seed) % ELEMENTSOF(reals)]);
                else if (f->rows->columns[i].type == TYPE_BOOLEAN)
                        cell = NUM(random_next(seed) & 1);
                put_cell(f->rows, i, row, i > 0 && random_next(seed) % 8 == 0 ? NIL : cell);
        }
}

/* Rows in one table, and the same rows split over four whose reports are merged in another order. */
static void test_merge_in_any_order(void **state) {
        static const size_t order[] = {2, 0, 3, 1};
        GroupTable *parts[4], *merged;
        uint64_t seed = 1, again;
        Fixture f;

        fixture_init(&f, &everything);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(group_table_new(&f.query, &parts[i]), 0);
        assert_int_equal(group_table_new(&f.query, &merged), 0);
        for (size_t batch = 0; batch < 40; batch++) {
                again = seed;
                for (size_t i = 0; i < 100; i++)
                        put_random_row(&f, &seed);
                fixture_add(&f, f.table);
                for (size_t i = 0; i < 100; i++)
                        put_random_row(&f, &again);
                fixture_add(&f, parts[batch % 4]);
        }
        assert_int_equal(group_table_changed_count(merged), 0);
        for (size_t i = 0; i < 4; i++)
                merge_into(parts[order[i]], merged);
        check_same(f.table, merged, 12);
        assert_int_equal(group_table_changed_count(merged), group_table_count(merged));
        assert_int_equal(group_table_changed_count(f.table), 0);

        for (size_t i = 0; i < 4; i++)
                group_table_free(parts[i]);
        group_table_free(merged);
        fixture_done(&f);
}

static void test_changed_and_closed(void **state) {
        GroupTable *report;
        Fixture f;

        fixture_init(&f, &course_activity);
        assert_int_equal(group_table_new(&f.query, &report), 0);
        ROW(&f, NUM(10), TEXT("a"), TEXT("x"), NUM(1));
        ROW(&f, NUM(-10), TEXT("a"), TEXT("x"), NUM(2));
        ROW(&f, NUM(0), TEXT("a"), TEXT("x"), NUM(3));
        fixture_add(&f, report);
        merge_into(report, f.table);
        CHECK(f.table, GROUPS_CHANGED, 0, "-10 'a' 'x' 2 NULL", "0 'a' 'x' 3 NULL", "10 'a' 'x' 1 NULL");
        group_table_clear_changed(f.table);
        CHECK(f.table, GROUPS_CHANGED, 0);
        assert_int_equal(group_table_changed_count(f.table), 0);

        group_table_clear(report);
        ROW(&f, NUM(0), TEXT("a"), TEXT("x"), NUM(4));
        ROW(&f, NUM(20), TEXT("b"), TEXT("y"), NUM(5));
        fixture_add(&f, report);
        merge_into(report, f.table);
        merge_into(report, f.table);
        CHECK(f.table, GROUPS_CHANGED, 0, "0 'a' 'x' 11 NULL", "20 'b' 'y' 10 NULL");
        assert_int_equal(group_table_changed_count(f.table), 2);

        /* A window is half-open: [0, 10) is closed by a watermark of 10 and not by one of 9. */
        CHECK(f.table, GROUPS_CLOSED, -1);
        CHECK(f.table, GROUPS_CLOSED, 9, "-10 'a' 'x' 2 NULL");
        assert_int_equal(group_table_drop_closed(f.table, -1, NULL), 0);
        assert_int_equal(group_table_drop_closed(f.table, 9, NULL), 1);
        CHECK(f.table, GROUPS_CLOSED, 10, "0 'a' 'x' 11 NULL");
        assert_int_equal(group_table_drop_closed(f.table, 10, NULL), 1);
        assert_int_equal(group_table_changed_count(f.table), 1);
        CHECK(f.table, GROUPS_CHANGED, 0, "20 'b' 'y' 10 NULL");
        CHECK(f.table, GROUPS_ALL, 0, "10 'a' 'x' 1 NULL", "20 'b' 'y' 10 NULL");

        /* The same keys again are a new group. */
        ROW(&f, NUM(0), TEXT("a"), TEXT("x"), NUM(6));
        fixture_add(&f, f.table);
        CHECK(f.table, GROUPS_CLOSED, 10, "0 'a' 'x' 6 NULL");
        group_table_free(report);
        fixture_done(&f);
}

static void test_window_of_null_and_of_the_end_of_time(void **state) {
        Fixture f;

        fixture_init(&f, &course_activity);
        ROW(&f, NIL, TEXT("a"), TEXT("x"), NUM(1));
        ROW(&f, NUM(INT64_MAX - 5), TEXT("a"), TEXT("x"), NUM(2));
        ROW(&f, NUM(INT64_MIN), TEXT("a"), TEXT("x"), NUM(3));
        fixture_add(&f, f.table);
        assert_int_equal(group_table_drop_closed(f.table, INT64_MAX, NULL), 1);
        assert_int_equal(group_table_count(f.table), 2);
        fixture_done(&f);
}

static int stop_at_second(const Batch *groups, void *userdata) {
        return ++*(int *)userdata == 2 ? -ECANCELED : 1;
}

static void test_emit_in_batches(void **state) {
        static const QuerySpec spec = {{TYPE_BIGINT, _TYPE_MAX}, {{_AGGREGATE_MAX, TYPE_NULL}}, 0};
        int64_t next = 0;
        int n_calls = 0;
        Lines lines;
        Fixture f;

        fixture_init(&f, &spec);
        for (size_t batch = 0; batch < 3; batch++) {
                for (size_t i = 0; i < BATCH_ROWS_MAX; i++)
                        ROW(&f, NUM(next++));
                fixture_add(&f, f.table);
        }
        lines = table_lines(f.table, GROUPS_ALL, 0, 0);
        assert_int_equal(lines.n_lines, 3 * BATCH_ROWS_MAX);
        assert_int_equal(lines.n_batches, 3);
        lines_done(&lines);
        assert_int_equal(group_table_emit(f.table, GROUPS_ALL, 0, stop_at_second, &n_calls), -ECANCELED);
        assert_int_equal(n_calls, 2);
        fixture_done(&f);
}

/* Two million groups in two thousand windows, of which a few are open at a time: memory must not grow. Texts
 * of min and max that grow with every row must not, either. */
static void test_memory_stays_flat(void **state) {
        static const QuerySpec spec = {{TYPE_TIMESTAMP, TYPE_BIGINT, _TYPE_MAX},
                                       {{AGGREGATE_COUNT_ALL, TYPE_NULL},
                                        {AGGREGATE_MAX, TYPE_STRING},
                                        {_AGGREGATE_MAX, TYPE_NULL}},
                                       10};
        size_t early_bytes = 0, n_dropped = 0;
        Fixture f;

        fixture_init(&f, &spec);
        for (int64_t window = 0; window < 2000; window++) {
                for (int64_t i = 0; i < 1000; i++)
                        ROW(&f, NUM(window * 10), NUM(window * 31 + i), TEXT("some text"));
                fixture_add(&f, f.table);
                n_dropped += group_table_drop_closed(f.table, (window - 4) * 10, NULL);
                if (window == 20)
                        early_bytes = group_table_bytes(f.table);
                else if (window > 20)
                        assert_int_equal(group_table_bytes(f.table), early_bytes);
        }
        assert_int_equal(group_table_count(f.table) + n_dropped, 2000 * 1000);
        assert_int_equal(group_table_count(f.table), 5000);
        assert_true(early_bytes < 5000 * 500);

        (void)group_table_drop_closed(f.table, INT64_MAX, NULL);
        assert_int_equal(group_table_count(f.table), 0);
        assert_true(group_table_bytes(f.table) < 64 * 1024);
        fixture_done(&f);
}

static void test_clear_forgets(void **state) {
        Fixture f;

        fixture_init(&f, &course_activity);
        for (int64_t round = 0; round < 3; round++) {
                for (int64_t i = 0; i < 1000; i++)
                        ROW(&f, NUM(i * 10), TEXT("a"), TEXT("x"), NUM(i));
                fixture_add(&f, f.table);
                assert_int_equal(group_table_count(f.table), 1000);
                group_table_clear(f.table);
                assert_int_equal(group_table_count(f.table), 0);
                CHECK(f.table, GROUPS_ALL, 0);
        }
        fixture_done(&f);
}

/* The rooms that a growing text leaves behind are together less than twice its last size. */
static void test_growing_text_wastes_little(void **state) {
        static const QuerySpec spec = {
                {_TYPE_MAX}, {{AGGREGATE_MAX, TYPE_STRING}, {_AGGREGATE_MAX, TYPE_NULL}}, 0};
        static char text[100001];
        size_t before;
        Fixture f;

        fixture_init(&f, &spec);
        before = group_table_bytes(f.table);
        for (size_t length = 0; length < sizeof(text) - 1; length++) {
                text[length] = 'x';
                ROW(&f, TEXT(text));
                fixture_add(&f, f.table);
        }
        assert_in_range(group_table_bytes(f.table) - before, sizeof(text) - 1, 6 * sizeof(text));
        fixture_done(&f);
}

static void test_merge_refuses_garbage(void **state) {
        _cleanup_buffer_ Buffer good = {};
        _cleanup_free_ uint8_t *bad = NULL;
        GroupTable *into;
        uint64_t seed = 7;
        Reader reader;
        Fixture f;

        fixture_init(&f, &everything);
        for (size_t i = 0; i < 20; i++)
                put_random_row(&f, &seed);
        fixture_add(&f, f.table);
        assert_int_equal(group_table_encode(f.table, &good), 0);

        /* Cut short anywhere; each in memory of its own size, so that reading past its end is seen. */
        for (size_t size = 0; size < good.size; size++) {
                assert_int_equal(group_table_new(&f.query, &into), 0);
                bad = malloc(size);
                memcpy(bad, good.data, size);
                reader = (Reader){bad, size};
                assert_int_equal(group_table_merge(into, &reader), -EBADMSG);
                free(TAKE_PTR(bad));
                group_table_free(into);
        }

        /* Any bytes changed: refused or merged, but nothing worse. */
        assert_int_equal(group_table_new(&f.query, &into), 0);
        bad = malloc(good.size);
        for (size_t round = 0; round < 3000; round++) {
                Lines lines;
                int r;

                memcpy(bad, good.data, good.size);
                for (size_t i = 0; i < 1 + round % 8; i++)
                        bad[random_next(&seed) % good.size] = (uint8_t)random_next(&seed);
                reader = (Reader){bad, good.size};
                r = group_table_merge(into, &reader);
                assert_true(r == 0 || r == -EBADMSG);
                if (round % 100 == 0) {
                        lines = table_lines(into, GROUPS_ALL, 0, 0);
                        lines_done(&lines);
                        (void)group_table_drop_closed(into, INT64_MAX, NULL);
                }
        }
        group_table_free(into);
        fixture_done(&f);
}

static void test_merge_refuses(void **state) {
        static const struct {
                ValueType key; /* _TYPE_MAX: none */
                uint8_t bytes[8];
                size_t size;
        } cases[] = {
                {TYPE_BOOLEAN, {1, 0, 0, 0, 2, 0}, 6},        /* validity is 0 or 1 */
                {TYPE_BOOLEAN, {1, 0, 0, 0, 1, 2}, 6},        /* so is a BOOLEAN */
                {TYPE_NULL, {1, 0, 0, 0, 1}, 5},              /* a NULL has no value */
                {TYPE_BOOLEAN, {2, 0, 0, 0, 1, 1}, 6},        /* fewer groups than announced */
                {TYPE_STRING, {1, 0, 0, 0, 1, 255, 0, 0}, 8}, /* a text longer than the bytes */
                {_TYPE_MAX, {2, 0, 0, 0}, 4},                 /* without keys there is one group */
                {_TYPE_MAX, {255, 255, 255, 255}, 4},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const QuerySpec spec = {{cases[i].key, _TYPE_MAX}, {{_AGGREGATE_MAX, TYPE_NULL}}, 0};
                Reader reader = {cases[i].bytes, cases[i].size};
                Fixture f;
                int r;

                fixture_init(&f, &spec);
                r = group_table_merge(f.table, &reader);
                if (r != -EBADMSG)
                        fail_msg("case %zu: %d", i, r);
                fixture_done(&f);
        }
}

static void test_unknown_function_is_refused(void **state) {
        Expr *input = expr_new_column(0, TYPE_STRING);
        Aggregate aggregate = {.function = AGGREGATE_SUM, .input = input, .type = TYPE_BIGINT};
        Query query = {.grouped = true, .aggregates = &aggregate, .n_aggregates = 1};
        GroupTable *table = NULL;

        assert_int_equal(group_table_new(&query, &table), -EINVAL);
        assert_null(table);
        expr_free(input);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reference_query),
                cmocka_unit_test(test_functions),
                cmocka_unit_test(test_key_equality),
                cmocka_unit_test(test_negative_zero_key_is_zero),
                cmocka_unit_test(test_text_keys_of_all_lengths),
                cmocka_unit_test(test_selection),
                cmocka_unit_test(test_no_keys_is_one_group),
                cmocka_unit_test(test_merge_in_any_order),
                cmocka_unit_test(test_changed_and_closed),
                cmocka_unit_test(test_window_of_null_and_of_the_end_of_time),
                cmocka_unit_test(test_emit_in_batches),
                cmocka_unit_test(test_memory_stays_flat),
                cmocka_unit_test(test_clear_forgets),
                cmocka_unit_test(test_growing_text_wastes_little),
                cmocka_unit_test(test_merge_refuses_garbage),
                cmocka_unit_test(test_merge_refuses),
                cmocka_unit_test(test_unknown_function_is_refused),
        };

        return cmocka_run_group_tests_name("group-table", tests, NULL, NULL);
}
