/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the lines above */
#include <cmocka.h>

#include "kafka/kafka.h"

static void test_properties(void **state) {
        static const struct {
                const char *properties[3];
                int expected;
                const char *reason;
        } cases[] = {
                {{NULL}, 0, ""},
                {{"linger.ms=7", "client.id=a=b"}, 0, ""},
                {{"linger.ms=7", "linger.ms=9"}, 0, ""},
                {{"acks=1"}, 0, ""}, /* a topic's key */
                {{"nonsense=1"}, -EINVAL, "nonsense: No such configuration property: \"nonsense\""},
                {{"linger.ms=x"},
                 -EINVAL,
                 "linger.ms: Invalid value for configuration property \"queue.buffering.max.ms\""},
                {{"sasl.password"}, -EINVAL, "a property is not key=value"},
                {{"=1"}, -EINVAL, "a property is not key=value"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                rd_kafka_conf_t *conf = NULL;
                char reason[256] = "";

                assert_int_equal(
                        kafka_conf_new((char *const *)cases[i].properties, &conf, reason, sizeof(reason)),
                        cases[i].expected);
                assert_string_equal(reason, cases[i].reason);
                assert_int_equal(conf != NULL, cases[i].expected == 0);
                rd_kafka_conf_destroyp(&conf);
        }
}

static void assert_setting(const rd_kafka_conf_t *conf, const char *key, const char *expected) {
        char value[64];
        size_t size = sizeof(value);

        assert_int_equal(rd_kafka_conf_get(conf, key, value, &size), RD_KAFKA_CONF_OK);
        assert_string_equal(value, expected);
}

static void test_later_properties_win(void **state) {
        const char *properties[] = {"linger.ms=7", "client.id=a=b", "linger.ms=9", NULL};
        _cleanup_(rd_kafka_conf_destroyp) rd_kafka_conf_t *conf = NULL;
        char reason[256];

        assert_int_equal(kafka_conf_new((char *const *)properties, &conf, reason, sizeof(reason)), 0);
        assert_setting(conf, "client.id", "a=b");
        assert_setting(conf, "linger.ms", "9");
        kafka_conf_set(conf, "linger.ms", "11");
        assert_setting(conf, "linger.ms", "11");
}

static void test_properties_that_do_not_go_together(void **state) {
        const char *properties[] = {"enable.idempotence=true", "acks=1", "log_level=2", NULL};
        rd_kafka_conf_t *conf = NULL;
        rd_kafka_t *client = NULL;
        char reason[256] = "";

        assert_int_equal(kafka_conf_new((char *const *)properties, &conf, reason, sizeof(reason)), 0);
        assert_int_equal(kafka_new(RD_KAFKA_PRODUCER, conf, &client, reason, sizeof(reason)), -EINVAL);
        assert_non_null(strstr(reason, "acks"));
        assert_null(client);
}

/* Port 1 is nobody's: the refused connection is what the queue has to tell. */
static void test_queue_fd(void **state) {
        const char *properties[] = {"bootstrap.servers=127.0.0.1:1", "log_level=2", NULL};
        rd_kafka_conf_t *conf = NULL;
        rd_kafka_t *client = NULL;
        rd_kafka_queue_t *queue;
        rd_kafka_event_t *event;
        char reason[256];
        int fd;

        assert_int_equal(kafka_conf_new((char *const *)properties, &conf, reason, sizeof(reason)), 0);
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
        assert_int_equal(kafka_new(RD_KAFKA_PRODUCER, conf, &client, reason, sizeof(reason)), 0);
        queue = rd_kafka_queue_get_main(client);
        assert_int_equal(kafka_queue_open_fd(queue, &fd), 0);

        for (bool found = false; !found;) {
                struct pollfd pollfd = {.fd = fd, .events = POLLIN};

                assert_int_equal(poll(&pollfd, 1, 10000), 1);
                assert_int_equal(kafka_queue_clear_fd(fd), 0);
                while ((event = rd_kafka_queue_poll(queue, 0))) {
                        found = rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR;
                        rd_kafka_event_destroy(event);
                }
        }
        assert_int_equal(kafka_queue_clear_fd(fd), 0); /* nothing to clear is no error */

        rd_kafka_queue_destroy(queue);
        rd_kafka_destroy(client);
        close(fd);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_properties),
                cmocka_unit_test(test_later_properties_win),
                cmocka_unit_test(test_properties_that_do_not_go_together),
                cmocka_unit_test(test_queue_fd),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
