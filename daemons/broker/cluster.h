/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The mock cluster of librdkafka with one broker: Kafka's protocol without Kafka, everything in memory. */
typedef struct Cluster Cluster;

/* Each topic is "NAME:PARTITIONS", replicated once. Logs what is wrong. */
int cluster_new(char *const *topics, size_t n_topics, Cluster **ret);
Cluster *cluster_free(Cluster *cluster);
DEFINE_CLEANUP(Cluster *, cluster_free);

/* "127.0.0.1:PORT", where it listens; the cluster's (weak). */
const char *cluster_address(const Cluster *cluster);
