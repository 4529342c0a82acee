/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* Which failures of connections were told lately: a broker that is away fails several times a second, the
 * same way. Zero-initialise. */
enum { KAFKA_FAILURES_MAX = 64, KAFKA_FAILURE_TEXT_MAX = 160 };

typedef struct KafkaFailures {
        struct {
                char text[KAFKA_FAILURE_TEXT_MAX]; /* what is the same in all of them */
                usec_t told_usec;                  /* monotonic; 0: free */
        } told[KAFKA_FAILURES_MAX];
} KafkaFailures;

/* text: as librdkafka says it, such as "HOST:PORT/bootstrap: Connect to ipv4#1.2.3.4:9092 failed: Connection
 * refused (after 0ms in state CONNECT)". Whether the same of that broker was told within the last minute; if
 * not, it counts as told now. */
bool kafka_failure_is_known(KafkaFailures *failures, const char *text, usec_t now_usec);
