/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "records.h"

/* Records on their way to one topic: librdkafka's producer, what became of them, and whether Kafka answers.
 */
typedef struct Sender Sender;

typedef struct SenderCounts {
        uint64_t delivered;
        uint64_t failed;
        uint64_t pending; /* handed over and neither yet */
} SenderCounts;

/* Connects in the background. properties: "key=value", NULL-terminated, weak. Logs what is wrong. */
int sender_new(const char *topic, char *const *properties, Sender **ret);
Sender *sender_free(Sender *sender);
DEFINE_CLEANUP(Sender *, sender_free);

/* Copies the record. Returns 0, -ENOBUFS (the queue is full; there is room after a later sender_poll()), or
 * another errno, logged. */
int sender_send(Sender *sender, const Record *record, bool with_key);

/* Readable when sender_poll() has something to do; the sender's (weak). */
int sender_fd(const Sender *sender);
/* Takes what librdkafka has to say. -EIO after a fatal error, logged. */
int sender_poll(Sender *sender);

SenderCounts sender_counts(const Sender *sender);

/* Call now and then: says once that Kafka cannot be reached, if records wait and none was delivered since
 * the last call. Returns true as long as that is so. */
bool sender_check_outage(Sender *sender);

/* Waits for what is pending, but not long if Kafka cannot be reached. */
void sender_flush(Sender *sender);
