/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "kafka/kafka.h"
#include "topics.h"

/* Watches how far the partitions of the job's topics reach, without blocking and with no worker running:
 * asks the brokers for the topics, their partitions and their last stable offsets again and again. */
typedef struct LogEnds LogEnds;

typedef struct LogEndsEvents {
        /* The topic has n partitions more, behind those that it has. starts: the offset at which to start
         * each: by the job's rule for those of a topic found at first, its beginning for what appears later.
         * To be added to the topic. A negative return ends the program. */
        int (*partitions)(Topic *topic, uint32_t n, const int64_t *starts, void *userdata);
        /* Which topics exist, and whether they are those that they were, was asked. */
        void (*topics)(void *userdata);
        /* end: negative: it is not known now. */
        void (*end)(Partition *partition, int64_t end, void *userdata);
        /* Where the partition's first record is now, after log_ends_ask_beginnings(). A negative return
         * ends the program. */
        int (*beginning)(Partition *partition, int64_t beginning, void *userdata);
        /* A round of questions is over: error NULL, or why nothing is known now (the reason, in words). What
         * is wrong with some topics and not with others, the topics know. */
        void (*measured)(const char *error, void *userdata);
        void *userdata;
} LogEndsEvents;

/* config: its source and kafka_properties count; copied. topics: weak. Returns 0, -EINVAL with librdkafka's
 * reason in *ret_reason (freed by the caller), or another errno. */
int log_ends_new(sd_event *event, const JobConfig *config, Topics *topics, const LogEndsEvents *events,
                 LogEnds **ret, char **ret_reason);
/* The next round also asks which topics there are and where the partitions begin: records may have been
 * removed. */
void log_ends_ask_beginnings(LogEnds *ends);
LogEnds *log_ends_free(LogEnds *ends);
DEFINE_CLEANUP(LogEnds *, log_ends_free);
