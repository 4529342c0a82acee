/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "partition.h"
#include "wire/messages.h"

static int make(void **state) {
        Partition *partition = partition_new(7, NULL, 3, 100);

        assert_non_null(partition);
        partition_set_end(partition, 200, 0);
        *state = partition;
        return 0;
}

static int destroy(void **state) {
        partition_free(*state);
        return 0;
}

static void take(Partition *partition, uint64_t n, int64_t from, int64_t to) {
        Range range;

        assert_true(partition_take(partition, n, &range));
        assert_int_equal(range.from, from);
        assert_int_equal(range.to, to);
}

static void merge(Partition *partition, int64_t from, int64_t to, int64_t max_event_time_usec) {
        assert_int_equal(partition_merge(partition, from, to, max_event_time_usec, 0), 0);
}

static void test_position_is_the_end_of_what_is_merged_without_a_gap(void **state) {
        Partition *partition = *state;

        take(partition, 30, 100, 130);
        take(partition, 30, 130, 160);
        merge(partition, 130, 160, 9000);
        assert_int_equal(partition->position, 100);
        assert_int_equal(partition->max_event_time_usec, TIME_NONE);
        assert_int_equal(partition_lag(partition), 70);
        merge(partition, 100, 130, 5000);
        assert_int_equal(partition->position, 160);
        assert_int_equal(partition->max_event_time_usec, 9000);
        assert_int_equal(partition_lag(partition), 40);
}

static void test_what_comes_back_is_taken_first(void **state) {
        Partition *partition = *state;

        take(partition, 30, 100, 130);
        take(partition, 30, 130, 160);
        assert_int_equal(partition_give_back(partition, 110, 130), 0);
        take(partition, 5, 110, 115);
        take(partition, 100, 115, 130);
        take(partition, 10, 160, 170);
}

static void test_what_borders_on_the_never_leased_joins_it(void **state) {
        Partition *partition = *state;

        take(partition, 50, 100, 150);
        assert_int_equal(partition_give_back(partition, 120, 150), 0);
        assert_int_equal(partition->next, 120);
        assert_int_equal(partition->returned.n, 0);
}

static void test_nothing_is_taken_past_the_end(void **state) {
        Partition *partition = *state;
        Range range;

        take(partition, 1000, 100, 1100);
        assert_false(partition_take(partition, 1, &range));
        assert_false(partition_has_unleased(partition));
}

static void test_a_range_past_the_end_leaves_no_negative_lag(void **state) {
        Partition *partition = *state;

        take(partition, 1000, 100, 1100);
        merge(partition, 100, 200, TIME_NONE);
        partition_set_end(partition, 150, 0); /* the topic was made anew */
        assert_int_equal(partition_lag(partition), 0);
}

static void test_removed_records_are_passed_over(void **state) {
        Partition *partition = *state;
        uint64_t removed = 0;

        take(partition, 20, 100, 120);
        take(partition, 20, 120, 140);
        assert_int_equal(partition_give_back(partition, 100, 120), 0);
        /* [100, 120) came back, [120, 140) is leased, the rest was never leased. */
        assert_int_equal(partition_skip_removed(partition, 170, 0, &removed), 0);
        assert_int_equal(removed, 20 + 30);
        assert_int_equal(partition->position, 120);
        assert_int_equal(partition->next, 170);
        /* The lease comes back, too. */
        assert_int_equal(partition_give_back(partition, 125, 140), 0);
        merge(partition, 120, 125, 7000);
        assert_int_equal(partition_skip_removed(partition, 170, 0, &removed), 0);
        assert_int_equal(removed, 50 + 15);
        assert_int_equal(partition->position, 170);
        assert_int_equal(partition->max_event_time_usec, 7000);
        assert_int_equal(partition_skip_removed(partition, 170, 0, &removed), 0);
        assert_int_equal(removed, 65);
}

static void test_removed_in_the_middle_of_what_came_back(void **state) {
        Partition *partition = *state;
        uint64_t removed = 0;

        take(partition, 40, 100, 140);
        take(partition, 10, 140, 150);
        assert_int_equal(partition_give_back(partition, 100, 140), 0);
        assert_int_equal(partition_skip_removed(partition, 110, 0, &removed), 0);
        assert_int_equal(removed, 10);
        assert_int_equal(partition->position, 110);
        take(partition, 100, 110, 140);
}

static void test_caught_up_since(void **state) {
        Partition *partition = *state;

        assert_int_equal(partition->caught_up_since_usec, USEC_INFINITY);
        take(partition, 100, 100, 200);
        assert_int_equal(partition_merge(partition, 100, 200, TIME_NONE, 77), 0);
        assert_int_equal(partition->caught_up_since_usec, 77);
        partition_set_end(partition, 200, 99);
        assert_int_equal(partition->caught_up_since_usec, 77);
        partition_set_end(partition, 201, 120);
        assert_int_equal(partition->caught_up_since_usec, USEC_INFINITY);
}

static void test_an_end_that_is_not_known_any_more_leaves_nothing_idle(void **state) {
        Partition *partition = *state;

        take(partition, 100, 100, 200);
        assert_int_equal(partition_merge(partition, 100, 200, TIME_NONE, 77), 0);
        partition_lose_end(partition);
        assert_int_equal(partition->caught_up_since_usec, USEC_INFINITY);
        assert_true(partition_set_away(partition, true, 80));
        assert_int_equal(partition->caught_up_since_usec, 80);
        partition_lose_end(partition);
        assert_int_equal(partition->caught_up_since_usec, 80);
        assert_true(partition_set_away(partition, false, 90));
        assert_int_equal(partition->caught_up_since_usec, USEC_INFINITY);
        partition_set_end(partition, 200, 99);
        assert_int_equal(partition->caught_up_since_usec, 99);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_position_is_the_end_of_what_is_merged_without_a_gap,
                                                make, destroy),
                cmocka_unit_test_setup_teardown(test_what_comes_back_is_taken_first, make, destroy),
                cmocka_unit_test_setup_teardown(test_what_borders_on_the_never_leased_joins_it, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_nothing_is_taken_past_the_end, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_range_past_the_end_leaves_no_negative_lag, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_removed_records_are_passed_over, make, destroy),
                cmocka_unit_test_setup_teardown(test_removed_in_the_middle_of_what_came_back, make, destroy),
                cmocka_unit_test_setup_teardown(test_caught_up_since, make, destroy),
                cmocka_unit_test_setup_teardown(test_an_end_that_is_not_known_any_more_leaves_nothing_idle,
                                                make, destroy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
