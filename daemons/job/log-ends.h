/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "kafka/kafka.h"

/* Watches how far the partitions of a topic reach, without blocking and with no worker running: asks the
 * brokers for the partitions and their last stable offsets again and again. */
typedef struct LogEnds LogEnds;

typedef struct LogEndsEvents {
        /* The partitions 0 .. n_partitions - 1 exist; called when their number is first known and when it
         * grows. starts: the offset at which to start each partition from `first` on: by the job's rule for
         * those found at first, 0 for those found later. A negative return ends the program. */
        int (*partitions)(uint32_t first, uint32_t n_partitions, const int64_t *starts, void *userdata);
        /* The id that Kafka has given the topic when it was made; asked for now and then, where brokers know
         * it. */
        void (*topic)(const char *id, void *userdata);
        void (*end)(uint32_t partition, int64_t end, void *userdata);
        /* Where the partition's first record is now, after log_ends_ask_beginnings(). A negative return
         * ends the program. */
        int (*beginning)(uint32_t partition, int64_t beginning, void *userdata);
        /* A round of questions is over: error NULL, or why nothing is known now (the reason, in words). */
        void (*measured)(const char *error, void *userdata);
        void *userdata;
} LogEndsEvents;

/* n_known: partitions whose positions are known from an earlier life. Returns 0, -EINVAL with librdkafka's
 * reason in *ret_reason (freed by the caller), or another errno. */
int log_ends_new(sd_event *event, const JobConfig *config, uint32_t n_known, const LogEndsEvents *events,
                 LogEnds **ret, char **ret_reason);
/* The next round also asks where the partitions begin: records may have been removed. */
void log_ends_ask_beginnings(LogEnds *ends);
LogEnds *log_ends_free(LogEnds *ends);
DEFINE_CLEANUP(LogEnds *, log_ends_free);
