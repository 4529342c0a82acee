/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "kafka/kafka.h"
#include "topics.h"

/* Asks which of the wanted topics there are, and how many partitions they have. On a thread of its own: of
 * librdkafka's ways to know, one blocks, and the others ask the controller, which development brokers do not
 * have. */
typedef struct TopicSearch TopicSearch;

/* The topics know what was found. error: why nothing is known, else NULL. has_controller: one of the brokers
 * is it and can be asked. */
typedef void (*TopicSearchAnswer)(bool has_controller, const char *error, void *userdata);

/* client, topics: weak. */
int topic_search_new(sd_event *event, rd_kafka_t *client, Topics *topics, TopicSearchAnswer answer,
                     void *userdata, TopicSearch **ret);
/* Waits for a question that is on its way, a second at most. */
TopicSearch *topic_search_free(TopicSearch *search);
DEFINE_CLEANUP(TopicSearch *, topic_search_free);

/* The last question must be answered. Returns 0 or a negative errno. */
int topic_search_ask(TopicSearch *search);
