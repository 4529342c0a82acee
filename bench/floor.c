/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The bound that a worker is measured against: librdkafka hands every message of a topic to a program which
 * only counts them. Its settings are the ones found fastest for a worker's memory budget. Prints one line of
 * JSON. */

#include <stdio.h>
#include <sys/resource.h>

#include "base/units.h"
#include "kafka/kafka.h"

/* Larger batches are slower: they leave the processor's cache. */
#define BATCH_MESSAGES 1000
#define PATIENCE_MSEC 10000

static int fail(const char *what, const char *why) {
        fprintf(stderr, "floor: %s: %s\n", what, why);
        return -EIO;
}

static int start_partitions(rd_kafka_topic_t *topic, int n_partitions, rd_kafka_queue_t *queue) {
        for (int32_t partition = 0; partition < n_partitions; partition++)
                if (rd_kafka_consume_start_queue(topic, partition, 0, queue) < 0)
                        return fail("cannot start", rd_kafka_err2str(rd_kafka_last_error()));
        return 0;
}

static int count_messages(rd_kafka_queue_t *queue, uint64_t n_expected, uint64_t *ret_bytes) {
        rd_kafka_message_t *messages[BATCH_MESSAGES];
        uint64_t n_bytes = 0;

        for (uint64_t n_seen = 0; n_seen < n_expected;) {
                ssize_t n = rd_kafka_consume_batch_queue(queue, PATIENCE_MSEC, messages, BATCH_MESSAGES);

                if (n <= 0)
                        return fail("no more messages",
                                    n < 0 ? rd_kafka_err2str(rd_kafka_last_error()) : "timeout");
                for (ssize_t i = 0; i < n; i++) {
                        if (messages[i]->err)
                                return fail("cannot read", rd_kafka_message_errstr(messages[i]));
                        n_bytes += messages[i]->len;
                        rd_kafka_message_destroy(messages[i]);
                }
                n_seen += (uint64_t)n;
        }
        *ret_bytes = n_bytes;
        return 0;
}

static double seconds(const struct timeval *time) {
        return (double)time->tv_sec + (double)time->tv_usec / USEC_PER_SEC;
}

static int measure(const char *brokers, const char *name, int n_partitions, uint64_t n_expected) {
        _cleanup_free_ char *bootstrap = NULL;
        const char *properties[] = {
                NULL,
                "auto.offset.reset=error",
                "check.crcs=false",
                "fetch.queue.backoff.ms=1",
                "queued.max.messages.kbytes=16384",
                NULL,
        };
        _cleanup_(rd_kafka_destroyp) rd_kafka_t *consumer = NULL;
        _cleanup_(rd_kafka_queue_destroyp) rd_kafka_queue_t *queue = NULL;
        _cleanup_(rd_kafka_topic_destroyp) rd_kafka_topic_t *topic = NULL;
        rd_kafka_conf_t *conf;
        usec_t started_usec, wall_usec;
        struct rusage usage;
        uint64_t n_bytes;
        char reason[256] = "";
        int r;

        if (asprintf(&bootstrap, "bootstrap.servers=%s", brokers) < 0)
                return -ENOMEM;
        properties[0] = bootstrap;
        r = kafka_conf_new((char *const *)properties, &conf, reason, sizeof(reason));
        if (r >= 0)
                r = kafka_new(RD_KAFKA_CONSUMER, conf, &consumer, reason, sizeof(reason));
        if (r < 0)
                return fail("cannot configure", reason);
        queue = rd_kafka_queue_new(consumer);
        topic = rd_kafka_topic_new(consumer, name, NULL);

        started_usec = monotonic_usec();
        r = start_partitions(topic, n_partitions, queue);
        if (r < 0)
                return r;
        r = count_messages(queue, n_expected, &n_bytes);
        if (r < 0)
                return r;
        wall_usec = monotonic_usec() - started_usec;
        getrusage(RUSAGE_SELF, &usage);
        printf("{\"records\": %" PRIu64 ", \"bytes\": %" PRIu64
               ", \"seconds\": %.6f, \"cpu_seconds\": %.6f, "
               "\"peak_rss_kib\": %ld}\n",
               n_expected, n_bytes, (double)wall_usec / USEC_PER_SEC,
               seconds(&usage.ru_utime) + seconds(&usage.ru_stime), usage.ru_maxrss);
        for (int32_t partition = 0; partition < n_partitions; partition++)
                (void)rd_kafka_consume_stop(topic, partition);
        return 0;
}

int main(int argc, char *argv[]) {
        if (argc != 5) {
                fputs("usage: floor BROKERS TOPIC PARTITIONS RECORDS\n", stderr);
                return EXIT_FAILURE;
        }
        return measure(argv[1], argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 10)) < 0 ? EXIT_FAILURE
                                                                                         : EXIT_SUCCESS;
}
