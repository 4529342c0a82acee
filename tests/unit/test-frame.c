/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/frame.h"

/* A link, and the other end of its socket. */
typedef struct Fixture {
        sd_event *event;
        Link *link;
        int peer;
        unsigned n_frames, n_closed;
        uint32_t last_type;
        size_t last_size;
        uint64_t sum; /* of all payload bytes */
        int answer;   /* of the callback */
        int error;    /* that it was closed with */
        bool free_when_closed;
} Fixture;

static int on_frame(Link *link, uint32_t type, Reader *payload, void *userdata) {
        Fixture *fixture = userdata;

        fixture->n_frames++;
        fixture->last_type = type;
        fixture->last_size = payload->left;
        for (size_t i = 0; i < payload->left; i++)
                fixture->sum += payload->data[i];
        return fixture->answer;
}

static void on_closed(Link *link, int error, void *userdata) {
        Fixture *fixture = userdata;

        fixture->n_closed++;
        fixture->error = error;
        if (fixture->free_when_closed)
                fixture->link = link_free(fixture->link);
}

static int make(void **state) {
        Fixture *fixture = new0(Fixture, 1);
        int fds[2];

        assert_non_null(fixture);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
        fixture->peer = fds[1];
        assert_true(sd_event_new(&fixture->event) >= 0);
        assert_int_equal(link_new(fixture->event, fds[0], on_frame, on_closed, fixture, &fixture->link), 0);
        *state = fixture;
        return 0;
}

static int destroy(void **state) {
        Fixture *fixture = *state;

        link_free(fixture->link);
        closep(&fixture->peer);
        sd_event_unref(fixture->event);
        free(fixture);
        return 0;
}

/* Everything that can be done without waiting. */
static void turn(Fixture *fixture) {
        while (sd_event_run(fixture->event, 0) > 0)
                ;
}

static void write_all(Fixture *fixture, const void *data, size_t size) {
        assert_int_equal(write(fixture->peer, data, size), size);
}

static void write_head(Fixture *fixture, uint32_t size, uint32_t type) {
        const uint32_t head[] = {size, type};

        write_all(fixture, head, sizeof(head));
}

static void test_a_frame_byte_by_byte(void **state) {
        Fixture *fixture = *state;
        const struct {
                uint32_t size, type;
                char payload[5];
        } frame = {5, 9, {'h', 'e', 'l', 'l', 'o'}};

        for (size_t i = 0; i < 13; i++) {
                assert_int_equal(fixture->n_frames, 0);
                write_all(fixture, (const char *)&frame + i, 1);
                turn(fixture);
        }
        assert_int_equal(fixture->n_frames, 1);
        assert_int_equal(fixture->last_type, 9);
        assert_int_equal(fixture->last_size, 5);
}

static void test_several_frames_at_once(void **state) {
        Fixture *fixture = *state;

        for (uint32_t i = 0; i < 100; i++)
                write_head(fixture, 0, i);
        write_head(fixture, 3, 7);
        write_all(fixture, "ab", 2);
        turn(fixture);
        assert_int_equal(fixture->n_frames, 100);
        write_all(fixture, "c", 1);
        turn(fixture);
        assert_int_equal(fixture->n_frames, 101);
        assert_int_equal(fixture->last_size, 3);
}

static void test_a_frame_that_is_too_large(void **state) {
        Fixture *fixture = *state;

        write_head(fixture, FRAME_PAYLOAD_MAX + 1, 1);
        turn(fixture);
        assert_int_equal(fixture->n_frames, 0);
        assert_int_equal(fixture->n_closed, 1);
        assert_true(fixture->error < 0);
}

static void test_the_peer_goes(void **state) {
        Fixture *fixture = *state;
        Buffer nothing = {};

        fixture->free_when_closed = true;
        closep(&fixture->peer);
        fixture->peer = -EBADF;
        assert_int_not_equal(link_send(fixture->link, 1, &nothing), -ENOMEM);
        assert_int_equal(fixture->n_closed, 0); /* not from inside link_send() */
        turn(fixture);
        assert_int_equal(fixture->n_closed, 1);
        assert_null(fixture->link);
}

static void test_what_was_sent_before_the_end_is_read(void **state) {
        Fixture *fixture = *state;

        write_head(fixture, 0, 3);
        closep(&fixture->peer);
        fixture->peer = -EBADF;
        turn(fixture);
        assert_int_equal(fixture->n_frames, 1);
        assert_int_equal(fixture->n_closed, 1);
        assert_int_equal(fixture->error, 0);
}

static void test_a_callback_that_refuses(void **state) {
        Fixture *fixture = *state;

        fixture->answer = -EBADMSG;
        write_head(fixture, 0, 3);
        write_head(fixture, 0, 4);
        turn(fixture);
        assert_int_equal(fixture->n_frames, 1);
        assert_int_equal(fixture->n_closed, 1);
        assert_int_equal(fixture->error, -EBADMSG);
}

/* More than the socket takes is queued and arrives as it was. */
static void test_a_slow_reader(void **state) {
        Fixture *fixture = *state;
        _cleanup_buffer_ Buffer payload = {};
        static uint8_t got[65536];
        size_t total = 0, expected;
        ssize_t n;

        assert_int_equal(buffer_reserve(&payload, 1000000), 0);
        for (uint32_t i = 0; i < 250000; i++)
                assert_int_equal(buffer_append_u32(&payload, i), 0);
        for (int i = 0; i < 4; i++)
                assert_int_equal(link_send(fixture->link, 5, &payload), 0);
        assert_true(link_queued_bytes(fixture->link) > 0);
        expected = 4 * (8 + payload.size);
        while (total < expected) {
                n = read(fixture->peer, got, sizeof(got));
                for (ssize_t i = 0; i < n; i++, total++) {
                        size_t at = total % (8 + payload.size);

                        if (at >= 8)
                                assert_int_equal(got[i], payload.data[at - 8]);
                }
                turn(fixture);
        }
        assert_int_equal(link_queued_bytes(fixture->link), 0);
}

static void test_flush_gives_up_in_time(void **state) {
        Fixture *fixture = *state;
        _cleanup_buffer_ Buffer payload = {};

        assert_int_equal(buffer_reserve(&payload, 4000000), 0);
        for (uint32_t i = 0; i < 1000000; i++)
                assert_int_equal(buffer_append_u32(&payload, i), 0);
        assert_int_equal(link_send(fixture->link, 5, &payload), 0);
        assert_true(link_flush(fixture->link, 1000) < 0);
        assert_int_equal(link_send(fixture->link, 5, &(Buffer){.size = FRAME_PAYLOAD_MAX + 1}), -EMSGSIZE);
}

static void test_reading_can_be_stopped(void **state) {
        Fixture *fixture = *state;

        assert_true(link_set_reading(fixture->link, false) >= 0);
        write_head(fixture, 0, 3);
        turn(fixture);
        assert_int_equal(fixture->n_frames, 0);
        assert_true(link_set_reading(fixture->link, true) >= 0);
        turn(fixture);
        assert_int_equal(fixture->n_frames, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_a_frame_byte_by_byte),
                TEST(test_several_frames_at_once),
                TEST(test_a_frame_that_is_too_large),
                TEST(test_the_peer_goes),
                TEST(test_what_was_sent_before_the_end_is_read),
                TEST(test_a_callback_that_refuses),
                TEST(test_a_slow_reader),
                TEST(test_flush_gives_up_in_time),
                TEST(test_reading_can_be_stopped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
