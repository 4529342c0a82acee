/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decisions.h"

static uint64_t last_id;

static uint64_t add(Decisions *decisions, usec_t at_usec) {
        const ScalingDecision scaling = {.at_usec = at_usec, .workers_now = 1, .workers_wanted = 2};

        decisions_add(decisions, ++last_id, &scaling, 0);
        return last_id;
}

static void test_in_order_and_the_oldest_make_room(void **state) {
        _cleanup_(decisions_freep) Decisions *decisions = NULL;
        const Decision *decision = NULL;
        uint64_t n = 0;

        assert_int_equal(decisions_new(&decisions), 0);
        assert_null(decisions_after(decisions, 0));
        assert_null(decisions_last(decisions));
        for (uint64_t id = 1; id <= DECISIONS_MAX + 5; id++)
                assert_int_equal(add(decisions, id), id);
        assert_int_equal(decisions_last(decisions)->id, DECISIONS_MAX + 5);
        while ((decision = decisions_after(decisions, decision ? decision->id : 0)))
                assert_int_equal(decision->id, 5 + ++n);
        assert_int_equal(n, DECISIONS_MAX);
        assert_null(decisions_after(decisions, DECISIONS_MAX + 5));
        assert_null(decisions_after(decisions, UINT64_MAX));
}

static void test_ready_when_the_last_worker_is(void **state) {
        _cleanup_(decisions_freep) Decisions *decisions = NULL;
        uint64_t id;

        assert_int_equal(decisions_new(&decisions), 0);
        id = add(decisions, 1000);
        for (int i = 0; i < 3; i++)
                decisions_await(decisions, id);
        decisions_worker_ready(decisions, id, 1100);
        decisions_worker_gone(decisions, id);
        assert_int_equal(decisions_last(decisions)->ready_after_usec, USEC_INFINITY);
        decisions_worker_ready(decisions, id, 1250);
        assert_int_equal(decisions_last(decisions)->ready_after_usec, 250);
        decisions_worker_ready(decisions, id, 9000); /* a restart of one: not the decision's */
        assert_int_equal(decisions_last(decisions)->ready_after_usec, 250);
}

static void test_forgotten_ones_are_left_alone(void **state) {
        _cleanup_(decisions_freep) Decisions *decisions = NULL;

        assert_int_equal(decisions_new(&decisions), 0);
        for (int i = 0; i <= DECISIONS_MAX; i++)
                add(decisions, 1);
        decisions_await(decisions, 1); /* its place is that of DECISIONS_MAX + 1 */
        decisions_worker_ready(decisions, 1, 2);
        decisions_worker_ready(decisions, 0, 2);
        assert_int_equal(decisions_last(decisions)->n_awaited, 0);
        assert_int_equal(decisions_last(decisions)->ready_after_usec, USEC_INFINITY);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_in_order_and_the_oldest_make_room),
                cmocka_unit_test(test_ready_when_the_last_worker_is),
                cmocka_unit_test(test_forgotten_ones_are_left_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
