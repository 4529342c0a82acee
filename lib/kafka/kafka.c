/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "base/units.h"
#include "kafka/failures.h"
#include "kafka/kafka.h"

/* While a broker is away that a request waits for, librdkafka tries to connect thousands of times a second,
 * with a line each. Returns whether this line is one too many; else *ret_n is how many were before it. */
static bool is_flood(unsigned *ret_n) {
        enum { LINES_PER_SEC = 10 };
        static _Atomic usec_t second;
        static _Atomic unsigned n_lines;
        usec_t now = monotonic_usec() / USEC_PER_SEC;

        *ret_n = 0;
        if (atomic_exchange(&second, now) != now) {
                unsigned n = atomic_exchange(&n_lines, 0);

                *ret_n = n > LINES_PER_SEC ? n - LINES_PER_SEC : 0;
        }
        return atomic_fetch_add(&n_lines, 1) >= LINES_PER_SEC;
}

/* Each client of a process, and each of its connections, tells every failed attempt. */
static bool is_known(const char *facility, const char *text) {
        static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        static KafkaFailures failures;
        bool known;

        if (strcmp(facility, "FAIL") != 0 && strcmp(facility, "ERROR") != 0)
                return false;
        pthread_mutex_lock(&lock);
        known = kafka_failure_is_known(&failures, text, monotonic_usec());
        pthread_mutex_unlock(&lock);
        return known;
}

/* Called from librdkafka's threads too. Its lines start with the thread's name, which says nothing to an
 * admin. */
static void log_bridge(const rd_kafka_t *client, int level, const char *facility, const char *text) {
        unsigned n_left_out;

        if (strncmp(text, "[thrd:", strlen("[thrd:")) == 0) {
                const char *end = strstr(text, "]: ");

                if (end)
                        text = end + strlen("]: ");
        }
        if (is_known(facility, text) || is_flood(&n_left_out))
                return;
        if (n_left_out > 0)
                log_notice("librdkafka: %u more lines were left out", n_left_out);
        log_message(level, NULL, 0, "librdkafka: %s: %s", facility, text);
}

static int set_property(rd_kafka_conf_t *conf, const char *property, char *reason, size_t reason_size) {
        const char *equals = strchr(property, '=');
        _cleanup_free_ char *key = NULL;
        char message[256];

        if (!equals || equals == property) {
                snprintf(reason, reason_size, "a property is not key=value"); /* it may be a password */
                return -EINVAL;
        }
        key = strndup(property, (size_t)(equals - property));
        if (!key)
                return -ENOMEM;
        if (rd_kafka_conf_set(conf, key, equals + 1, message, sizeof(message)) == RD_KAFKA_CONF_OK)
                return 0;
        /* The message may name what the key is an alias of. The value may be a password. */
        snprintf(reason, reason_size, "%s: %s", key, message);
        return -EINVAL;
}

int kafka_conf_new(char *const *properties, rd_kafka_conf_t **ret, char *reason, size_t reason_size) {
        _cleanup_(rd_kafka_conf_destroyp) rd_kafka_conf_t *conf = rd_kafka_conf_new();
        int r;

        rd_kafka_conf_set_log_cb(conf, log_bridge);
        /* By default 10 s; a broker that is back shall be noticed. */
        kafka_conf_set(conf, "reconnect.backoff.max.ms", "1000");
        /* What brokers call us in their logs and quotas. */
        kafka_conf_set(conf, "client.id", program_invocation_short_name);
        for (size_t i = 0; properties && properties[i]; i++) {
                r = set_property(conf, properties[i], reason, reason_size);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(conf);
        return 0;
}

const char *kafka_servers(char *const *properties) {
        static const char *const keys[] = {"bootstrap.servers=", "metadata.broker.list="};
        const char *servers = "";

        for (; properties && *properties; properties++)
                for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                        if (strncmp(*properties, keys[i], strlen(keys[i])) == 0)
                                servers = *properties + strlen(keys[i]);
        return servers;
}

void kafka_conf_set(rd_kafka_conf_t *conf, const char *key, const char *value) {
        char reason[256];
        rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, key, value, reason, sizeof(reason));

        (void)result;
        assert(result == RD_KAFKA_CONF_OK);
}

int kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret, char *reason,
              size_t reason_size) {
        rd_kafka_t *client;

        client = rd_kafka_new(type, conf, reason, reason_size);
        if (!client) {
                /* librdkafka takes the configuration only when it succeeds. */
                rd_kafka_conf_destroy(conf);
                return -EINVAL;
        }
        *ret = client;
        return 0;
}

int kafka_queue_open_fd(rd_kafka_queue_t *queue, int *ret_fd) {
        static const uint64_t one = 1;
        int fd;

        /* Readable from the start: what is in the queue already would never be told of. */
        fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0)
                return -errno;
        rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
        *ret_fd = fd;
        return 0;
}

int kafka_queue_clear_fd(int fd) {
        uint64_t ignored;

        return read(fd, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN ? -errno : 0;
}
