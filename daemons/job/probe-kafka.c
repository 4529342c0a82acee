/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <pthread.h>
#include <stdio.h>

#include "probe.h"
#include "topics.h"

/* Is Kafka there, what does it speak, has it the topics. */

/* What librdkafka's own threads say of a client: the last error, and which requests the broker takes. */
typedef struct Heard {
        pthread_mutex_t lock;
        char error[256];
        int fetch_version; /* the greatest; -1: not said */
        bool has_transactions;
} Heard;

static Heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* With debug=feature a line for each request: "  ApiKey Fetch (1) Versions 4..17". */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
        const char *request = strstr(text, "ApiKey ");
        int key, least, most;

        pthread_mutex_lock(&heard.lock);
        if (request && sscanf(request, "ApiKey %*[^(](%d) Versions %d..%d", &key, &least, &most) == 3) {
                if (key == 1)
                        heard.fetch_version = most;
                else if (key == 22) /* InitProducerId */
                        heard.has_transactions = true;
        } else if (level <= 4) { /* warnings and worse */
                const char *behind_thread = strncmp(text, "[thrd:", 6) == 0 ? strstr(text, "]: ") : NULL;

                snprintf(heard.error, sizeof(heard.error), "%s", behind_thread ? behind_thread + 3 : text);
        }
        pthread_mutex_unlock(&heard.lock);
}

static void forget(void) {
        pthread_mutex_lock(&heard.lock);
        *heard.error = '\0';
        heard.fetch_version = -1;
        heard.has_transactions = false;
        pthread_mutex_unlock(&heard.lock);
}

/* Which releases' greatest version of Fetch it is (clients/.../FetchRequest.json of Apache Kafka). */
static const char *release_of(int fetch_version) {
        static const struct {
                int version;
                const char *release;
        } releases[] = {
                {18, "4.1 or newer"}, {17, "3.9 or 4.0"}, {16, "3.7 or 3.8"}, {15, "3.5 or 3.6"},
                {13, "3.1 to 3.4"},   {12, "2.7 to 3.0"}, {11, "2.3 to 2.6"}, {4, "0.11 to 2.2"},
        };

        for (size_t i = 0; i < ELEMENTSOF(releases); i++)
                if (fetch_version >= releases[i].version)
                        return releases[i].release;
        return NULL;
}

/* All topics are asked for: to ask for one by its name may make it. */
static int connect_kafka(rd_kafka_type_t type, char *const *properties, rd_kafka_t **ret,
                         const struct rd_kafka_metadata **ret_metadata, char *reason, size_t reason_size) {
        _cleanup_(rd_kafka_destroyp) rd_kafka_t *client = NULL;
        rd_kafka_resp_err_t failure;
        rd_kafka_conf_t *conf;
        int r;

        forget();
        r = kafka_conf_new(properties, &conf, reason, reason_size);
        if (r < 0)
                return r;
        rd_kafka_conf_set_log_cb(conf, on_log);
        kafka_conf_set(conf, "debug", "feature");
        r = kafka_new(type, conf, &client, reason, reason_size);
        if (r < 0)
                return r;
        failure = rd_kafka_metadata(client, /* all_topics= */ 1, NULL, ret_metadata, PROBE_TIMEOUT_MSEC);
        if (failure) {
                pthread_mutex_lock(&heard.lock);
                snprintf(reason, reason_size, "%s", *heard.error ? heard.error : rd_kafka_err2str(failure));
                pthread_mutex_unlock(&heard.lock);
                return -ECONNREFUSED;
        }
        *ret = TAKE_PTR(client);
        return 0;
}

static const struct rd_kafka_metadata_topic *find_topic(const struct rd_kafka_metadata *metadata,
                                                        const char *topic) {
        for (int i = 0; i < metadata->topic_cnt; i++)
                if (strcmp(metadata->topics[i].topic, topic) == 0)
                        return &metadata->topics[i];
        return NULL;
}

static char *broker_mend(const char *servers, const char *file) {
        char *text;

        return asprintf(&text,
                        "kcat -L -b %s  # and if that fails: is Kafka running there? are "
                        "kafka.bootstrap_servers in "
                        "%s and its advertised.listeners right?",
                        servers, file) < 0
                       ? NULL
                       : text;
}

/* A Kafka from before 0.11 has no transactions and no read_committed. */
static void judge_version(const char *servers, int n_brokers) {
        const char *release;

        pthread_mutex_lock(&heard.lock);
        release = release_of(heard.fetch_version);
        if (!release || !heard.has_transactions)
                probe_find("broker", PROBE_PROBLEM, "upgrade Kafka to 0.11 or newer",
                           "%s speaks a Kafka without transactions", servers);
        else
                probe_find("broker", PROBE_OK, NULL, "%s answers: %d broker%s, speaking as Kafka %s",
                           servers, n_brokers, n_brokers == 1 ? "" : "s", release);
        pthread_mutex_unlock(&heard.lock);
}

void probe_broker(Probe *probe) {
        const char *servers = kafka_servers(probe->config->kafka_properties);
        _cleanup_free_ char *mend = NULL;
        char reason[512];

        if (connect_kafka(RD_KAFKA_CONSUMER, probe->config->kafka_properties, &probe->client,
                          &probe->metadata, reason, sizeof(reason)) >= 0) {
                judge_version(servers, probe->metadata->broker_cnt);
                return;
        }
        mend = broker_mend(servers, probe->suite_path);
        probe_find("broker", PROBE_PROBLEM, mend, "%s does not answer: %s", servers, reason);
}

static char *topic_mend(const char *servers, const char *topic) {
        char *text;

        return asprintf(&text,
                        "kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions 4 # and as "
                        "many replicas as brokers should have it",
                        servers, topic) < 0
                       ? NULL
                       : text;
}

static void judge_topic(Probe *probe, const struct rd_kafka_metadata_topic *topic, const char *name) {
        _cleanup_free_ char *mend = NULL;

        if (topic && topic->partition_cnt > 0) {
                probe_find("topic", PROBE_OK, NULL, "topic %s has %d partition%s", name,
                           topic->partition_cnt, topic->partition_cnt == 1 ? "" : "s");
                probe->topics[probe->n_topics++] = topic;
                return;
        }
        mend = topic_mend(kafka_servers(probe->config->kafka_properties), name);
        probe_find("topic", PROBE_PROBLEM, mend, "there is no topic %s, or this user may not see it", name);
}

void probe_topics(Probe *probe) {
        _cleanup_(topics_freep) Topics *wanted = NULL;
        char *const *names = probe->config->source.topics;

        if (!probe->client || topics_new(probe->config, &wanted) < 0)
                return;
        probe->topics = new0(const struct rd_kafka_metadata_topic *, (size_t)probe->metadata->topic_cnt + 1);
        if (!probe->topics)
                return;
        for (; names && *names; names++)
                judge_topic(probe, find_topic(probe->metadata, *names), *names);
        if (probe->config->source.topics)
                return;
        for (int i = 0; i < probe->metadata->topic_cnt; i++)
                if (topics_want(wanted, probe->metadata->topics[i].topic))
                        judge_topic(probe, &probe->metadata->topics[i], probe->metadata->topics[i].topic);
        if (probe->n_topics == 0)
                probe_find("topic", PROBE_WARNING, "etlctl check  # is source.topic_pattern right?",
                           "no topic matches \"%s\" yet, or this user may not see it",
                           probe->config->source.topic_pattern);
}

void probe_kafka_sink(const SinkConfig *sink) {
        const char *servers = kafka_servers(sink->kafka_properties);
        _cleanup_(rd_kafka_destroyp) rd_kafka_t *client = NULL;
        const struct rd_kafka_metadata *metadata = NULL;
        _cleanup_free_ char *mend = NULL;
        char reason[512];

        if (connect_kafka(RD_KAFKA_PRODUCER, sink->kafka_properties, &client, &metadata, reason,
                          sizeof(reason)) < 0) {
                mend = broker_mend(servers, "the job's file");
                probe_find("sink", PROBE_PROBLEM, mend, "sink %s: %s does not answer: %s", sink->name,
                           servers, reason);
                return;
        }
        if (find_topic(metadata, sink->topic))
                probe_find("sink", PROBE_OK, NULL, "sink %s: topic %s is there", sink->name, sink->topic);
        else {
                mend = topic_mend(servers, sink->topic);
                probe_find("sink", PROBE_PROBLEM, mend,
                           "sink %s: there is no topic %s, or this user may not see it", sink->name,
                           sink->topic);
        }
        rd_kafka_metadata_destroy(metadata);
}
