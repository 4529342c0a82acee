/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "kafka-marker.h"
#include <stdio.h>

/* The producer could be asked by rd_kafka_ListConsumerGroupOffsets(), but up to librdkafka 2.12 at least a
 * request to a coordinator that was given up while Kafka was away ends the process when it is answered after
 * all (librdkafka's issue 4605). So a consumer, which never joins its group, asks for its own offsets. */
struct KafkaMarker {
        const SinkContext *context;
        char *group;
        rd_kafka_t *consumer; /* NULL: not connected yet */
};

int kafka_marker_new(const SinkContext *context, KafkaMarker **ret) {
        _cleanup_(kafka_marker_freep) KafkaMarker *marker = new0(KafkaMarker, 1);

        if (!marker)
                return -ENOMEM;
        marker->context = context;
        if (asprintf(&marker->group, "streametl.%s.%s", context->job, context->config->name) < 0) {
                marker->group = NULL;
                return -ENOMEM;
        }
        *ret = TAKE_PTR(marker);
        return 0;
}

KafkaMarker *kafka_marker_free(KafkaMarker *marker) {
        if (!marker)
                return NULL;
        if (marker->consumer)
                rd_kafka_destroy_flags(marker->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        free(marker->group);
        free(marker);
        return NULL;
}

static TaskResult connect_consumer(KafkaMarker *marker, TaskError *error) {
        rd_kafka_conf_t *conf;
        char reason[512];
        int r;

        if (marker->consumer)
                return TASK_DONE;
        r = kafka_conf_new(marker->context->config->kafka_properties, &conf, reason, sizeof(reason));
        if (r < 0)
                return task_retry(error, "%s", r == -EINVAL ? reason : "out of memory");
        kafka_conf_set(conf, "group.id", marker->group);
        kafka_conf_set(conf, "enable.auto.commit", "false");
        /* So that the answer waits for a transaction that is pending. */
        kafka_conf_set(conf, "isolation.level", "read_committed");
        /* The producer has told of everything else; properties that are only a producer's are no matter. */
        kafka_conf_set(conf, "log_level", "3");
        r = kafka_new(RD_KAFKA_CONSUMER, conf, &marker->consumer, reason, sizeof(reason));
        return r < 0 ? task_retry(error, "%s", reason) : TASK_DONE;
}

static void take_marker(const rd_kafka_topic_partition_t *offset, SinkMarker *ret) {
        char text[SD_ID128_UUID_STRING_MAX] = "";

        if (offset->offset < 0)
                return;
        *ret = (SinkMarker){.is_set = true, .epoch = (uint64_t)offset->offset};
        if (offset->metadata_size < sizeof(text))
                memcpy(text, offset->metadata, offset->metadata_size);
        /* Else it stays the null id, which is nobody's. */
        (void)sd_id128_from_string(text, &ret->uuid);
}

TaskResult kafka_marker_read(KafkaMarker *marker, int timeout_msec, SinkMarker *ret, TaskError *error) {
        _cleanup_(rd_kafka_topic_partition_list_destroyp) rd_kafka_topic_partition_list_t *offsets = NULL;
        rd_kafka_resp_err_t failure;
        TaskResult result;

        result = connect_consumer(marker, error);
        if (result != TASK_DONE)
                return result;
        offsets = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(offsets, marker->context->config->topic, 0);
        failure = rd_kafka_committed(marker->consumer, offsets, timeout_msec);
        if (!failure)
                failure = offsets->elems[0].err;
        if (failure)
                return task_retry(error, "cannot read the marker: %s", rd_kafka_err2str(failure));
        take_marker(&offsets->elems[0], ret);
        return TASK_DONE;
}

rd_kafka_error_t *kafka_marker_send(const KafkaMarker *marker, rd_kafka_t *producer, uint64_t epoch,
                                    int timeout_msec) {
        rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
        rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata_new(marker->group);
        rd_kafka_topic_partition_t *offset;
        char text[SD_ID128_UUID_STRING_MAX];
        rd_kafka_error_t *failure;

        offset = rd_kafka_topic_partition_list_add(offsets, marker->context->config->topic, 0);
        offset->offset = (int64_t)epoch;
        offset->metadata =
                strdup(sd_id128_to_uuid_string(marker->context->uuid, text)); /* librdkafka frees */
        offset->metadata_size = offset->metadata ? strlen(text) : 0;
        failure = rd_kafka_send_offsets_to_transaction(producer, offsets, group, timeout_msec);
        rd_kafka_consumer_group_metadata_destroy(group);
        rd_kafka_topic_partition_list_destroy(offsets);
        return failure;
}
