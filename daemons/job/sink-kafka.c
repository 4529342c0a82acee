/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "dead-letter-row.h"
#include "kafka-marker.h"
#include "row-text.h"

/* One transaction an epoch: the rows and the marker. A second process with the same state is fenced by
 * init_transactions(); one with another state finds a marker that is not its own. After an error that leaves
 * open whether a transaction was committed the process must end: a producer made anew would fence the
 * rightful owner. */
typedef struct KafkaSink {
        const SinkContext *context;
        KafkaMarker *marker;
        rd_kafka_t *producer;                        /* NULL: not connected yet */
        bool is_ready;                               /* transactions can be begun */
        enum { IDLE, COMMITTING, ABORTING } pending; /* what was begun and must be finished first */
        rd_kafka_resp_err_t refused;                 /* why a message of this epoch cannot be delivered */
        Arena arena;
        Buffer key, value;
} KafkaSink;

static const int timeout_msec = 10 * 1000;

static int kafka_create(const SinkContext *context, void **ret) {
        KafkaSink *sink = new0(KafkaSink, 1);
        int r;

        if (!sink)
                return -ENOMEM;
        sink->context = context;
        r = kafka_marker_new(context, &sink->marker);
        if (r < 0) {
                free(sink);
                return r;
        }
        *ret = sink;
        return 0;
}

static void kafka_free(void *data) {
        KafkaSink *sink = data;

        if (sink->producer) {
                /* What is not committed is not waited for. */
                (void)rd_kafka_purge(sink->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
                rd_kafka_destroy(sink->producer);
        }
        arena_done(&sink->arena);
        buffer_done(&sink->key);
        buffer_done(&sink->value);
        kafka_marker_free(sink->marker);
        free(sink);
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *userdata) {
        KafkaSink *sink = userdata;

        if (message->err)
                sink->refused = message->err;
}

static TaskResult no_memory(TaskError *error) {
        return task_retry(error, "out of memory");
}

static TaskResult connect_producer(KafkaSink *sink, TaskError *error) {
        const SinkContext *context = sink->context;
        char id[SD_ID128_UUID_STRING_MAX], transactional_id[128], reason[512];
        rd_kafka_conf_t *conf;
        int r;

        if (sink->producer)
                return TASK_DONE;
        r = kafka_conf_new(context->config->kafka_properties, &conf, reason, sizeof(reason));
        if (r < 0)
                return task_retry(error, "%s", r == -EINVAL ? reason : "out of memory");
        snprintf(transactional_id, sizeof(transactional_id), "streametl.%s.%s",
                 sd_id128_to_uuid_string(context->uuid, id), context->config->name);
        kafka_conf_set(conf, "transactional.id", transactional_id);
        /* So that readers in Java find a key in the partition where they expect it. */
        kafka_conf_set(conf, "partitioner", "murmur2_random");
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        rd_kafka_conf_set_opaque(conf, sink);
        r = kafka_new(RD_KAFKA_PRODUCER, conf, &sink->producer, reason, sizeof(reason));
        return r < 0 ? task_retry(error, "%s", reason) : TASK_DONE;
}

/* Takes the error over. fate: what is left to be done if it may be tried again. */
static TaskResult transaction_error(KafkaSink *sink, rd_kafka_error_t *failure, const char *what, int fate,
                                    TaskError *error) {
        TaskResult result;

        if (rd_kafka_error_txn_requires_abort(failure)) {
                sink->pending = ABORTING;
                result = task_retry(error, "cannot %s: %s", what, rd_kafka_error_string(failure));
        } else if (rd_kafka_error_is_retriable(failure)) {
                sink->pending = fate;
                result = task_retry(error, "cannot %s: %s", what, rd_kafka_error_string(failure));
        } else
                result = task_fatal(error, "cannot %s: %s", what, rd_kafka_error_string(failure));
        rd_kafka_error_destroy(failure);
        return result;
}

static TaskResult finish_pending(KafkaSink *sink, TaskError *error) {
        bool commits = sink->pending == COMMITTING;
        rd_kafka_error_t *failure;

        if (sink->pending == IDLE)
                return TASK_DONE;
        failure = commits ? rd_kafka_commit_transaction(sink->producer, timeout_msec)
                          : rd_kafka_abort_transaction(sink->producer, timeout_msec);
        if (failure)
                return transaction_error(sink, failure, commits ? "commit" : "abort a transaction",
                                         sink->pending, error);
        sink->pending = IDLE;
        return TASK_DONE;
}

/* All topics are asked for: to ask for one by its name may make it. */
static TaskResult find_topic(KafkaSink *sink, TaskError *error) {
        const char *topic = sink->context->config->topic;
        const struct rd_kafka_metadata *metadata;
        rd_kafka_resp_err_t failure;
        bool found = false;

        failure = rd_kafka_metadata(sink->producer, /* all_topics= */ 1, NULL, &metadata, timeout_msec);
        if (failure)
                return task_retry(error, "Kafka does not answer: %s", rd_kafka_err2str(failure));
        for (int i = 0; i < metadata->topic_cnt; i++)
                found |= strcmp(metadata->topics[i].topic, topic) == 0;
        rd_kafka_metadata_destroy(metadata);
        return found ? TASK_DONE : task_retry(error, "there is no topic %s; make it", topic);
}

static TaskResult be_ready(KafkaSink *sink, TaskError *error) {
        rd_kafka_error_t *failure;
        TaskResult result;

        result = connect_producer(sink, error);
        if (result == TASK_DONE)
                result = finish_pending(sink, error);
        if (result != TASK_DONE || sink->is_ready)
                return result;
        result = find_topic(sink, error);
        if (result != TASK_DONE)
                return result;
        failure = rd_kafka_init_transactions(sink->producer, timeout_msec);
        if (failure)
                return transaction_error(sink, failure, "begin with transactions", IDLE, error);
        sink->is_ready = true;
        return TASK_DONE;
}

static TaskResult kafka_read_marker(void *data, SinkMarker *ret, TaskError *error) {
        KafkaSink *sink = data;
        TaskResult result;

        result = be_ready(sink, error);
        return result == TASK_DONE ? kafka_marker_read(sink->marker, timeout_msec, ret, error) : result;
}

/* Waits while librdkafka's queue is full. */
static int produce(KafkaSink *sink, const Text *key, const Buffer *value, rd_kafka_headers_t *headers) {
        rd_kafka_resp_err_t failure;

        for (;;) {
                failure = rd_kafka_producev(sink->producer, RD_KAFKA_V_TOPIC(sink->context->config->topic),
                                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                            RD_KAFKA_V_KEY(key->data, key->size),
                                            RD_KAFKA_V_VALUE(value->data, value->size),
                                            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
                if (failure != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                        break;
                (void)rd_kafka_poll(sink->producer, 100);
        }
        if (!failure)
                return 0;
        if (headers)
                rd_kafka_headers_destroy(headers);
        sink->refused = failure;
        return -EIO;
}

/* The key of a row with a GROUP BY key is an object of it; of others it is their record's. */
static int produce_row(KafkaSink *sink, const RowSet *rows, const Batch *batch, size_t row) {
        size_t n_shown = schema_shown_columns(rows->schema);
        Text key = {};
        int r;

        sink->key.size = sink->value.size = 0;
        r = row_append_json(rows->schema, batch, row, -1, &sink->arena, &sink->value);
        if (r < 0)
                return r;
        if (n_shown < rows->schema->n_columns) {
                if (batch->columns[n_shown].valid[row])
                        key = batch->columns[n_shown].texts[row];
        } else if (schema_has_role(rows->schema, COLUMN_KEY)) {
                r = row_append_json(rows->schema, batch, row, COLUMN_KEY, &sink->arena, &sink->key);
                if (r < 0)
                        return r;
                key = (Text){(const char *)sink->key.data, sink->key.size};
        }
        return produce(sink, &key, &sink->value, NULL);
}

static int produce_dead_letter(KafkaSink *sink, const Batch *batch, size_t row) {
        rd_kafka_headers_t *headers;
        Text key = {};
        int r;

        sink->key.size = sink->value.size = 0;
        r = dead_letter_row_bytes(batch, row, DEAD_LETTER_VALUE, &sink->value);
        if (r >= 0)
                r = dead_letter_row_bytes(batch, row, DEAD_LETTER_KEY, &sink->key);
        if (r < 0)
                return r;
        if (batch->columns[DEAD_LETTER_KEY].valid[row])
                key = (Text){sink->key.size > 0 ? (const char *)sink->key.data : "", sink->key.size};
        headers = dead_letter_row_headers(batch, row, &sink->arena);
        return headers ? produce(sink, &key, &sink->value, headers) : -ENOMEM;
}

typedef struct Production {
        KafkaSink *sink;
        const RowSet *rows;
} Production;

static int produce_batch(const Batch *batch, void *userdata) {
        const Production *production = userdata;
        KafkaSink *sink = production->sink;
        int r = 0;

        for (size_t row = 0; r >= 0 && row < batch->n_rows; row++)
                r = sink->context->kind == ROWS_DEAD_LETTERS
                            ? produce_dead_letter(sink, batch, row)
                            : produce_row(sink, production->rows, batch, row);
        arena_reset(&sink->arena);
        (void)rd_kafka_poll(sink->producer, 0);
        return r;
}

static TaskResult kafka_deliver(void *data, const Epoch *epoch, const SinkMarker *marker, TaskError *error) {
        KafkaSink *sink = data;
        Production production = {sink, &epoch->rows[sink->context->kind]};
        rd_kafka_error_t *failure;
        int r = 0;

        sink->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
        failure = rd_kafka_begin_transaction(sink->producer);
        if (failure)
                return transaction_error(sink, failure, "begin a transaction", IDLE, error);
        sink->pending = ABORTING;
        if (production.rows->n_rows > 0)
                r = row_set_walk(production.rows, produce_batch, &production);
        if (r == -ENOMEM)
                return no_memory(error);
        if (r < 0)
                return task_retry(error, "cannot write to topic %s: %s", sink->context->config->topic,
                                  rd_kafka_err2str(sink->refused));
        failure = kafka_marker_send(sink->marker, sink->producer, epoch->number, timeout_msec);
        if (failure)
                return transaction_error(sink, failure, "add the marker", ABORTING, error);
        sink->pending = COMMITTING;
        return finish_pending(sink, error);
}

const SinkMethods kafka_sink_methods = {
        .name = "kafka",
        .create = kafka_create,
        .read_marker = kafka_read_marker,
        .deliver = kafka_deliver,
        .free = kafka_free,
};
