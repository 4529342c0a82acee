/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strv.h"
#include "wire/messages.h"

/* A decoder takes all that the encoder wrote, refuses every shorter start of it, and, where nothing may
 * follow, a byte more. */
#define CHECK_CUTS(type, decode, follows)                                                                   \
        do {                                                                                                \
                for (size_t size = 0; size < buffer.size; size++) {                                         \
                        /* of its own, so that reading past the end is seen */                              \
                        uint8_t *cut = malloc(MAX(size, (size_t)1));                                        \
                        Reader short_reader = {cut, size};                                                  \
                        type other = {};                                                                    \
                        assert_non_null(cut);                                                               \
                        memcpy(cut, buffer.data, size);                                                     \
                        assert_int_equal(decode(&short_reader, &other), -EBADMSG);                          \
                        free(cut);                                                                          \
                }                                                                                           \
                assert_int_equal(buffer_append_u8(&buffer, 0), 0);                                          \
                if (!follows) {                                                                             \
                        Reader long_reader = {buffer.data, buffer.size};                                    \
                        type other = {};                                                                    \
                        assert_int_equal(decode(&long_reader, &other), -EBADMSG);                           \
                }                                                                                           \
        } while (false)

static void test_hello(void **state) {
        _cleanup_buffer_ Buffer buffer = {};
        const HelloMessage message = {WORKER_PROTOCOL_VERSION, 3, 4711};
        HelloMessage got = {};
        Reader reader;

        assert_int_equal(hello_encode(&message, &buffer), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(hello_decode(&reader, &got), 0);
        assert_int_equal(got.version, message.version);
        assert_int_equal(got.number, 3);
        assert_int_equal(got.pid, 4711);
        CHECK_CUTS(HelloMessage, hello_decode, false);
}

static void test_welcome(void **state) {
        _cleanup_buffer_ Buffer buffer = {};
        char *properties[] = {(char *)"a=b", (char *)"c=", NULL};
        const WelcomeMessage message = {
                .version = WORKER_PROTOCOL_VERSION,
                .generation = 7,
                .plan_id = UINT64_MAX,
                .columns_text = (char *)"a INT",
                .table = (char *)"t",
                .query_text = (char *)"SELECT a FROM t",
                .event_time = (char *)"a",
                .kafka_properties = properties,
                .rate_limit_per_sec = 5,
                .report_max_bytes = 6,
                .queue_bytes = 8,
                .record_max_bytes = 9,
                .max_future_usec = 10,
        };
        WelcomeMessage got = {};
        Reader reader;

        assert_int_equal(welcome_encode(&message, &buffer), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(welcome_decode(&reader, &got), 0);
        assert_true(got.plan_id == UINT64_MAX && got.generation == 7);
        assert_string_equal(got.query_text, "SELECT a FROM t");
        assert_string_equal(got.kafka_properties[0], "a=b");
        assert_string_equal(got.kafka_properties[1], "c=");
        assert_null(got.kafka_properties[2]);
        assert_int_equal(got.record_max_bytes, 9);
        assert_int_equal(got.max_future_usec, 10);
        welcome_done(&got);
        CHECK_CUTS(WelcomeMessage, welcome_decode, false);
}

static void test_lease_and_ack(void **state) {
        _cleanup_buffer_ Buffer buffer = {}, ack_buffer = {};
        const LeaseMessage message = {UINT64_MAX, (char *)"clicks", 12, 100, INT64_MAX, TIME_NONE};
        const AckMessage ack = {42, -1};
        LeaseMessage got = {};
        AckMessage got_ack = {};
        Reader reader;

        assert_int_equal(lease_encode(&message, &buffer), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(lease_decode(&reader, &got), 0);
        assert_true(got.id == UINT64_MAX && got.partition == 12 && got.start == 100);
        assert_true(got.end == INT64_MAX && got.watermark_usec == TIME_NONE);
        assert_string_equal(got.topic, "clicks");
        lease_done(&got);
        assert_null(got.topic);
        CHECK_CUTS(LeaseMessage, lease_decode, false);

        assert_int_equal(ack_encode(&ack, &ack_buffer), 0);
        reader = (Reader){ack_buffer.data, ack_buffer.size};
        assert_int_equal(ack_decode(&reader, &got_ack), 0);
        assert_true(got_ack.id == 42 && got_ack.watermark_usec == -1);
}

static void test_report(void **state) {
        _cleanup_buffer_ Buffer buffer = {};
        ReportMessage message = {
                .id = 1,
                .from = 10,
                .to = 20,
                .final = true,
                .max_event_time_usec = -5,
                .next_watermark_usec = 6,
                .oldest_kafka_msec = 8,
                .records = 9,
                .late = 2,
                .future = 1,
        };
        ReportMessage got = {};
        Reader reader;

        for (size_t i = 0; i < _RECORD_FAULT_MAX; i++)
                message.faults[i] = 100 + i;
        assert_int_equal(report_encode(&message, &buffer), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(report_decode(&reader, &got), 0);
        assert_true(got.id == 1 && got.from == 10 && got.to == 20 && got.final);
        assert_true(got.max_event_time_usec == -5 && got.next_watermark_usec == 6 &&
                    got.oldest_kafka_msec == 8);
        assert_true(got.records == 9 && got.late == 2 && got.future == 1);
        assert_memory_equal(got.faults, message.faults, sizeof(got.faults));
        CHECK_CUTS(ReportMessage, report_decode, true);
}

static void test_heartbeat_and_failed_lease(void **state) {
        _cleanup_buffer_ Buffer buffer = {}, failed_buffer = {};
        const HeartbeatMessage message = {1, 2, 3, 4};
        const LeaseFailedMessage failed = {5, 77, true, (char *)"gone"};
        HeartbeatMessage got = {};
        LeaseFailedMessage got_failed = {};
        Reader reader;

        assert_int_equal(heartbeat_encode(&message, &buffer), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(heartbeat_decode(&reader, &got), 0);
        assert_true(got.records == 1 && got.busy_usec == 2 && got.cpu_usec == 3 && got.rss_bytes == 4);
        CHECK_CUTS(HeartbeatMessage, heartbeat_decode, false);

        assert_int_equal(lease_failed_encode(&failed, &failed_buffer), 0);
        reader = (Reader){failed_buffer.data, failed_buffer.size};
        assert_int_equal(lease_failed_decode(&reader, &got_failed), 0);
        assert_true(got_failed.id == 5 && got_failed.position == 77 && got_failed.out_of_range);
        assert_string_equal(got_failed.reason, "gone");
        lease_failed_done(&got_failed);
}

static void kafka_times_are_any_number(void **state) {
        assert_int_equal(kafka_time_usec(-1), TIME_NONE);
        assert_int_equal(kafka_time_usec(INT64_MIN), TIME_NONE);
        assert_int_equal(kafka_time_usec(INT64_MAX), TIME_NONE);
        assert_int_equal(kafka_time_usec(0), 0);
        assert_int_equal(kafka_time_usec(KAFKA_TIME_FIRST_MSEC), KAFKA_TIME_FIRST_MSEC * 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(kafka_times_are_any_number),
                cmocka_unit_test(test_hello),
                cmocka_unit_test(test_welcome),
                cmocka_unit_test(test_lease_and_ack),
                cmocka_unit_test(test_report),
                cmocka_unit_test(test_heartbeat_and_failed_lease),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
