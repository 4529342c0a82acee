/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <librdkafka/rdkafka.h>
/* needs the line above */
#include <librdkafka/rdkafka_mock.h>

#include "base/log.h"
#include "cluster.h"
#include "kafka/kafka.h"

struct Cluster {
        rd_kafka_t *client; /* the mock wants one for its thread and its log; it connects to nothing */
        rd_kafka_mock_cluster_t *mock;
};

static int create_topic(Cluster *cluster, const char *topic) {
        _cleanup_free_ char *name = NULL;
        const char *colon = strrchr(topic, ':');
        unsigned long n_partitions = 0;
        rd_kafka_resp_err_t error;
        char *end = NULL;

        if (colon && colon > topic && colon[1] >= '0' && colon[1] <= '9')
                n_partitions = strtoul(colon + 1, &end, 10);
        if (!end || *end || n_partitions == 0 || n_partitions > INT16_MAX)
                return log_error_errno(EINVAL, "\"%s\" is not of the form NAME:PARTITIONS", topic);
        name = strndup(topic, (size_t)(colon - topic));
        if (!name)
                return log_oom();
        error = rd_kafka_mock_topic_create(cluster->mock, name, (int)n_partitions, 1);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
                return log_error_errno(EINVAL, "Cannot create topic %s: %s", name, rd_kafka_err2str(error));
        return 0;
}

int cluster_new(char *const *topics, size_t n_topics, Cluster **ret) {
        _cleanup_(cluster_freep) Cluster *cluster = NULL;
        _cleanup_(rd_kafka_conf_destroyp) rd_kafka_conf_t *conf = NULL;
        /* Without its notice that no bootstrap.servers are set. */
        char *const properties[] = {(char *)"log_level=4", NULL};
        char reason[256];
        int r;

        cluster = new0(Cluster, 1);
        if (!cluster)
                return log_oom();
        r = kafka_conf_new(properties, &conf, reason, sizeof(reason));
        if (r < 0)
                return log_error_errno(r, "Cannot configure librdkafka: %s",
                                       r == -ENOMEM ? "out of memory" : reason);
        r = kafka_new(RD_KAFKA_PRODUCER, TAKE_PTR(conf), &cluster->client, reason, sizeof(reason));
        if (r < 0)
                return log_error_errno(r, "Cannot start librdkafka: %s", reason);
        cluster->mock = rd_kafka_mock_cluster_new(cluster->client, 1);
        if (!cluster->mock)
                return log_error_errno(EIO, "Cannot start the mock cluster");
        for (size_t i = 0; i < n_topics; i++) {
                r = create_topic(cluster, topics[i]);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(cluster);
        return 0;
}

Cluster *cluster_free(Cluster *cluster) {
        if (!cluster)
                return NULL;
        if (cluster->mock)
                rd_kafka_mock_cluster_destroy(cluster->mock);
        if (cluster->client)
                rd_kafka_destroy(cluster->client);
        free(cluster);
        return NULL;
}

const char *cluster_address(const Cluster *cluster) {
        return rd_kafka_mock_cluster_bootstraps(cluster->mock);
}
