/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lease.h"

static const ReportPolicy policy = {.delay_usec = 100, .max_bytes = UINT64_MAX};

static Lease *make(const Query *query) {
        const LeaseMessage message = {.id = 5, .start = 10, .end = 20, .watermark_usec = 1000};
        Lease *lease;

        assert_int_equal(lease_new(&message, query, &lease), 0);
        return lease;
}

static ReportMessage report_of(Lease *lease) {
        _cleanup_buffer_ Buffer buffer = {};
        ReportMessage report;
        Reader reader;

        assert_int_equal(lease_report(lease, &buffer), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(report_decode(&reader, &report), 0);
        assert_int_equal(report.id, 5);
        return report;
}

#define ASSERT_REPORT(report, f, t, is_final, watermark)                                                    \
        ({                                                                                                  \
                assert_int_equal((report).from, f);                                                         \
                assert_int_equal((report).to, t);                                                           \
                assert_int_equal((report).final, is_final);                                                 \
                assert_int_equal((report).next_watermark_usec, watermark);                                  \
        })

static void due_after_the_delay(void **state) {
        const Query query = {};
        _cleanup_(lease_freep) Lease *lease = make(&query);

        assert_false(lease_is_due(lease, &policy, 1000000));
        lease_advance(lease, 12, 500);
        assert_false(lease_is_due(lease, &policy, 599));
        lease_advance(lease, 13, 590); /* the first unreported record counts */
        assert_true(lease_is_due(lease, &policy, 600));
        ASSERT_REPORT(report_of(lease), 10, 13, false, 1000);
        assert_false(lease_is_due(lease, &policy, 1000000));
        lease_advance(lease, 14, 700);
        ASSERT_REPORT(report_of(lease), 13, 14, false, 1000);
}

static void due_at_the_logs_end(void **state) {
        const Query query = {};
        _cleanup_(lease_freep) Lease *lease = make(&query);

        lease->at_log_end = true;
        assert_false(lease_is_due(lease, &policy, 0));
        lease_advance(lease, 11, 0);
        assert_true(lease_is_due(lease, &policy, 0));
}

static void due_by_size(void **state) {
        const ReportPolicy small = {.delay_usec = 100, .max_bytes = 1};
        const DeadRecord dead = {.data = "x", .size = 1, .fault = RECORD_NOT_JSON};
        const Query query = {};
        _cleanup_(lease_freep) Lease *lease = make(&query);

        lease_advance(lease, 11, 0);
        assert_false(lease_is_due(lease, &small, 0));
        assert_int_equal(partials_add_dead(&lease->partials, &dead), 0);
        assert_true(lease_is_due(lease, &small, 0));
}

static void ends_where_it_ends(void **state) {
        const Query query = {};
        _cleanup_(lease_freep) Lease *lease = make(&query);

        lease_advance(lease, 25, 0); /* a gap crosses the end */
        assert_true(lease->over);
        assert_int_equal(lease->position, 20);
        assert_true(lease_is_due(lease, &policy, 0));
        ASSERT_REPORT(report_of(lease), 10, 20, true, 1000);
}

static void recalled_before_it_began(void **state) {
        const Query query = {};
        _cleanup_(lease_freep) Lease *lease = make(&query);

        lease->over = true;
        ASSERT_REPORT(report_of(lease), 10, 10, true, 1000);
}

/* What was read is judged by one watermark, and the report names the next one. */
static void watermark_changes_with_a_report(void **state) {
        const Query query = {};
        _cleanup_(lease_freep) Lease *lease = make(&query);

        lease_advance(lease, 12, 0);
        lease_set_watermark(lease, 3000);
        lease_set_watermark(lease, 2000); /* never goes back */
        assert_int_equal(lease->watermark_usec, 1000);
        assert_false(lease_is_due(lease, &policy, 0));
        ASSERT_REPORT(report_of(lease), 10, 12, false, 3000);
        assert_int_equal(lease->watermark_usec, 3000);
        assert_false(lease_is_due(lease, &policy, 0));
        /* With nothing unreported the job learns at once that its watermark is used. */
        lease_set_watermark(lease, 4000);
        assert_true(lease_is_due(lease, &policy, 0));
        ASSERT_REPORT(report_of(lease), 12, 12, false, 4000);
}

/* The job gives the rest to somebody else when it hears why; so the report before is not the last. */
static void failure_is_told_apart(void **state) {
        const Query query = {};
        _cleanup_(lease_freep) Lease *lease = make(&query);

        lease_advance(lease, 12, 0);
        lease->over = true;
        lease->failure = strdup("gone");
        ASSERT_REPORT(report_of(lease), 10, 12, false, 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(due_after_the_delay),
                cmocka_unit_test(due_at_the_logs_end),
                cmocka_unit_test(due_by_size),
                cmocka_unit_test(ends_where_it_ends),
                cmocka_unit_test(recalled_before_it_began),
                cmocka_unit_test(watermark_changes_with_a_report),
                cmocka_unit_test(failure_is_told_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
