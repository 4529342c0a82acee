/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the lines above */
#include <cmocka.h>

#include "../../daemons/producer/pacing.h"

#define START_USEC (5 * USEC_PER_SEC)

/* Jumps from one due time to the next, as the program's timer does. Returns the records of so much time. */
static unsigned count_records(Pacing *pacing, usec_t duration_usec) {
        usec_t now_usec = START_USEC;
        unsigned n = 0;

        while (now_usec < START_USEC + duration_usec) {
                while (pacing_take(pacing, now_usec))
                        n++;
                assert_true(pacing_due_usec(pacing) > now_usec);
                now_usec = pacing_due_usec(pacing);
        }
        return n;
}

static void test_rates(void **state) {
        static const struct {
                PacingMode mode;
                double per_sec;
                usec_t duration_usec;
                unsigned least, most;
        } cases[] = {
                {PACING_RATE, 1, 10 * USEC_PER_SEC, 10, 10},
                {PACING_RATE, 3, 10 * USEC_PER_SEC, 30, 31},
                {PACING_RATE, 0.5, 10 * USEC_PER_SEC, 5, 5},
                {PACING_RATE, 300000, USEC_PER_SEC, 299990, 300010},
                {PACING_RATE, 3000000, USEC_PER_SEC, 2999990, 3000010},
                /* 1 s / 0.175 s */
                {PACING_REFERENCE, 0, 10000 * USEC_PER_SEC, 56500, 57800},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Pacing pacing;

                pacing_start(&pacing, cases[i].mode, cases[i].per_sec, 1, START_USEC);
                assert_in_range(count_records(&pacing, cases[i].duration_usec), cases[i].least,
                                cases[i].most);
        }
}

static void test_reference_pauses(void **state) {
        usec_t least_usec = USEC_INFINITY, most_usec = 0, now_usec = START_USEC;
        Pacing pacing;

        pacing_start(&pacing, PACING_REFERENCE, 0, 7, now_usec);
        for (int i = 0; i < 10000; i++) {
                usec_t pause_usec;

                assert_true(pacing_take(&pacing, now_usec));
                assert_false(pacing_take(&pacing, now_usec));
                pause_usec = pacing_due_usec(&pacing) - now_usec;
                least_usec = MIN(least_usec, pause_usec);
                most_usec = MAX(most_usec, pause_usec);
                now_usec = pacing_due_usec(&pacing);
        }
        assert_in_range(least_usec, 50000, 50500);
        assert_in_range(most_usec, 299500, 300000);
}

static void test_unlimited_is_always_due(void **state) {
        Pacing pacing;

        pacing_start(&pacing, PACING_UNLIMITED, 0, 1, START_USEC);
        for (int i = 0; i < 1000; i++)
                assert_true(pacing_take(&pacing, START_USEC));
        assert_int_equal(pacing_due_usec(&pacing), START_USEC);
}

static void test_late_wakeups_are_made_up_for(void **state) {
        unsigned n = 0;
        Pacing pacing;

        pacing_start(&pacing, PACING_RATE, 1000, 1, START_USEC);
        while (pacing_take(&pacing, START_USEC + 10 * USEC_PER_MSEC))
                n++;
        assert_int_equal(n, 11);
}

static void test_an_outage_is_not_made_up_for(void **state) {
        Pacing pacing;

        pacing_start(&pacing, PACING_RATE, 1000, 1, START_USEC);
        assert_true(pacing_take(&pacing, START_USEC));
        pacing_resume(&pacing, START_USEC + USEC_PER_MINUTE);
        assert_true(pacing_take(&pacing, START_USEC + USEC_PER_MINUTE));
        assert_false(pacing_take(&pacing, START_USEC + USEC_PER_MINUTE));
        /* and a short one changes nothing */
        pacing_resume(&pacing, START_USEC + USEC_PER_MINUTE);
        assert_false(pacing_take(&pacing, START_USEC + USEC_PER_MINUTE));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rates),
                cmocka_unit_test(test_reference_pauses),
                cmocka_unit_test(test_unlimited_is_always_due),
                cmocka_unit_test(test_late_wakeups_are_made_up_for),
                cmocka_unit_test(test_an_outage_is_not_made_up_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
