/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bad-share.h"

/* Of the job's reports. */
#define REPORT_USEC (200 * USEC_PER_MSEC)

typedef struct Stream {
        BadShare share;
        usec_t now_usec;
        uint64_t records, bad;
} Stream;

static void run(Stream *stream, usec_t usec, uint64_t records_per_report, uint64_t bad_per_report) {
        for (usec_t end_usec = stream->now_usec + usec; stream->now_usec < end_usec;) {
                stream->now_usec += REPORT_USEC;
                stream->records += records_per_report;
                stream->bad += bad_per_report;
                bad_share_observe(&stream->share, stream->now_usec, stream->records, stream->bad);
        }
}

static bool is_alarming(const Stream *stream) {
        uint64_t records, bad;

        return bad_share_is_alarming(&stream->share, &records, &bad);
}

static void test_all_are_bad(void **state) {
        uint64_t records, bad;
        Stream stream = {};

        bad_share_observe(&stream.share, 0, 0, 0);
        assert_false(is_alarming(&stream));
        run(&stream, 9 * REPORT_USEC, 11, 11);
        assert_false(is_alarming(&stream)); /* of 99 */
        run(&stream, REPORT_USEC, 1, 1);
        assert_true(bad_share_is_alarming(&stream.share, &records, &bad));
        assert_int_equal(records, 100);
        assert_int_equal(bad, 100);
}

static void test_half_of_them_is_no_alarm(void **state) {
        Stream stream = {};

        run(&stream, 2 * USEC_PER_MINUTE, 100, 50);
        assert_false(is_alarming(&stream));
        run(&stream, 2 * USEC_PER_MINUTE, 100, 51);
        assert_true(is_alarming(&stream));
}

static void test_what_was_before_the_last_minute_does_not_count(void **state) {
        Stream stream = {};

        run(&stream, 60 * USEC_PER_MINUTE, 100, 0);
        run(&stream, 45 * USEC_PER_SEC, 100, 100);
        assert_true(is_alarming(&stream));
        run(&stream, 55 * USEC_PER_SEC, 100, 0);
        assert_false(is_alarming(&stream));
}

/* One record in ten seconds, all bad. */
static void test_a_slow_stream_is_judged_by_its_last_hundred(void **state) {
        Stream stream = {};

        run(&stream, REPORT_USEC, 0, 0);
        for (int i = 0; i < 300; i++) {
                run(&stream, 10 * USEC_PER_SEC, 0, 0);
                run(&stream, REPORT_USEC, 1, 1);
                assert_int_equal(is_alarming(&stream), i >= 99);
        }
        for (int i = 0; i < 65; i++)
                run(&stream, REPORT_USEC, 1, 0), run(&stream, 10 * USEC_PER_SEC, 0, 0);
        assert_false(is_alarming(&stream));
}

static void test_it_stays_while_nothing_comes(void **state) {
        Stream stream = {};

        run(&stream, REPORT_USEC, 0, 0);
        run(&stream, REPORT_USEC, 500, 500);
        run(&stream, 60 * USEC_PER_MINUTE, 0, 0);
        assert_true(is_alarming(&stream));
        bad_share_reset(&stream.share);
        run(&stream, USEC_PER_MINUTE, 0, 0);
        assert_false(is_alarming(&stream));
}

static void test_totals_that_go_back_begin_anew(void **state) {
        Stream stream = {};

        run(&stream, USEC_PER_MINUTE, 100, 100);
        assert_true(is_alarming(&stream));
        stream.records = stream.bad = 0;
        run(&stream, REPORT_USEC, 50, 50);
        assert_false(is_alarming(&stream));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_are_bad),
                cmocka_unit_test(test_half_of_them_is_no_alarm),
                cmocka_unit_test(test_what_was_before_the_last_minute_does_not_count),
                cmocka_unit_test(test_a_slow_stream_is_judged_by_its_last_hundred),
                cmocka_unit_test(test_it_stays_while_nothing_comes),
                cmocka_unit_test(test_totals_that_go_back_begin_anew),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
