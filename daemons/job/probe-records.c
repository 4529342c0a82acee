/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/units.h"
#include "expression/build.h"
#include "probe.h"
#include "json/record-reader.h"

/* Do the newest records of the topic fit the job's columns, and are their times of this day. */

enum { SAMPLE_RECORDS = 20 };
/* Of the clock of whoever made the record. */
#define CLOCK_TOLERANCE_USEC (5 * USEC_PER_SEC)

typedef struct Sample {
        const JobPlan *plan;
        RecordReader *reader;
        Batch *batch;
        Expr *event_time;
        unsigned n_records, n_good;
        unsigned n_faults[_RECORD_FAULT_MAX];
        size_t column[_RECORD_FAULT_MAX]; /* that a fault was last found in */
        int64_t newest_usec;              /* Kafka's time of the newest record */
} Sample;

static void sample_done(Sample *sample) {
        record_reader_free(sample->reader);
        batch_free(sample->batch);
        expr_free(sample->event_time);
}

/* Those columns are read that the worker reads: what is not used may be anything. */
static int sample_prepare(Sample *sample, const JobPlan *plan) {
        const Schema *source = plan->query->source;
        size_t event_time = query_event_time_column(plan->query);
        _cleanup_free_ bool *used = new0(bool, source->n_columns);
        Expr *column;
        int r;

        if (!used)
                return -ENOMEM;
        memcpy(used, plan->query->used, source->n_columns * sizeof(bool));
        used[event_time] = false;
        used[plan->event_time_source] = true;
        sample->plan = plan;
        column = expr_new_column(plan->event_time_source, source->columns[plan->event_time_source].type);
        sample->event_time = column ? expr_new_cast(column, TYPE_TIMESTAMP) : NULL;
        if (!sample->event_time)
                return -ENOMEM;
        r = record_reader_new(source, used, &sample->reader);
        return r < 0 ? r : batch_new(source, used, &sample->batch);
}

static bool has_event_time(Sample *sample) {
        _cleanup_arena_ Arena arena = {};
        Vector times;

        return expr_evaluate(sample->event_time, sample->batch, &arena, &times) >= 0 && times.valid[0];
}

static void judge(Sample *sample, const rd_kafka_message_t *message) {
        rd_kafka_timestamp_type_t type;
        int64_t time_msec = rd_kafka_message_timestamp(message, &type);
        size_t column = SIZE_MAX;
        RecordFault fault;

        if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
                sample->newest_usec = MAX(sample->newest_usec, time_msec * 1000);
        batch_reset(sample->batch);
        fault = record_reader_read(sample->reader, message->payload, message->len, sample->batch, &column);
        if (fault == RECORD_OK && !has_event_time(sample)) {
                fault = RECORD_NO_EVENT_TIME;
                column = sample->plan->event_time_source;
        }
        sample->n_records++;
        sample->n_good += fault == RECORD_OK;
        sample->n_faults[fault]++;
        sample->column[fault] = column;
}

/* The last records of each partition. */
static int assign(rd_kafka_t *client, const struct rd_kafka_metadata_topic *topic,
                  unsigned *ret_partitions) {
        _cleanup_(rd_kafka_topic_partition_list_destroyp) rd_kafka_topic_partition_list_t *list =
                rd_kafka_topic_partition_list_new(topic->partition_cnt);
        rd_kafka_resp_err_t failure;

        for (int i = 0; i < topic->partition_cnt; i++) {
                int32_t partition = topic->partitions[i].id;
                int64_t low, high;

                failure = rd_kafka_query_watermark_offsets(client, topic->topic, partition, &low, &high,
                                                           PROBE_TIMEOUT_MSEC);
                if (failure)
                        return -EIO;
                if (high == low)
                        continue;
                rd_kafka_topic_partition_list_add(list, topic->topic, partition)->offset =
                        MAX(low, high - SAMPLE_RECORDS);
        }
        *ret_partitions = (unsigned)list->cnt;
        return rd_kafka_assign(client, list) ? -EIO : 0;
}

static int consume(Sample *sample, rd_kafka_t *client, unsigned n_partitions) {
        usec_t end_usec = monotonic_usec() + PROBE_TIMEOUT_MSEC * USEC_PER_MSEC;

        while (n_partitions > 0 && monotonic_usec() < end_usec) {
                rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);

                if (!message)
                        continue;
                if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                        n_partitions--;
                else if (!message->err)
                        judge(sample, message);
                rd_kafka_message_destroy(message);
        }
        return n_partitions > 0 ? -ETIMEDOUT : 0;
}

static int take_sample(const Probe *probe, const struct rd_kafka_metadata_topic *topic, Sample *sample) {
        _cleanup_(rd_kafka_destroyp) rd_kafka_t *client = NULL;
        rd_kafka_conf_t *conf;
        unsigned n_partitions = 0;
        char reason[512];
        int r;

        r = sample_prepare(sample, probe->plan);
        if (r >= 0)
                r = kafka_conf_new(probe->config->kafka_properties, &conf, reason, sizeof(reason));
        if (r < 0)
                return r;
        kafka_conf_set(conf, "group.id", "streametl.probe"); /* nothing is committed to it */
        kafka_conf_set(conf, "enable.auto.commit", "false");
        kafka_conf_set(conf, "enable.partition.eof", "true");
        kafka_conf_set(conf, "allow.auto.create.topics", "false");
        r = kafka_new(RD_KAFKA_CONSUMER, conf, &client, reason, sizeof(reason));
        if (r < 0)
                return r;
        (void)rd_kafka_poll_set_consumer(client);
        r = assign(client, topic, &n_partitions);
        return r < 0 ? r : consume(sample, client, n_partitions);
}

/* Columns can be mended where a value does not fit them; what is no JSON object is its sender's to mend. */
static char *mend_of(const Probe *probe, const char *topic, RecordFault fault) {
        const char *servers = kafka_servers(probe->config->kafka_properties);
        bool is_of_columns = fault != RECORD_EMPTY && fault != RECORD_NOT_JSON && fault != RECORD_NOT_OBJECT;
        char *text;
        int n;

        if (is_of_columns)
                n = asprintf(&text,
                             "kcat -C -b %s -t %s -o -5 -e -q  # shows records; then mend source.columns or "
                             "source.event_time in %s and: etlctl restart %s",
                             servers, topic, probe->config->path, probe->config->name);
        else
                n = asprintf(&text, "etlctl dead-letters %s  # shows them; who sends them to %s mends them",
                             probe->config->name, topic);
        return n < 0 ? NULL : text;
}

static void report_faults(const Probe *probe, const char *topic, const Sample *sample) {
        RecordFault worst = RECORD_OK + 1;
        _cleanup_free_ char *mend = NULL;
        const char *column = "";

        for (RecordFault i = RECORD_OK + 1; i < _RECORD_FAULT_MAX; i++)
                if (sample->n_faults[i] > sample->n_faults[worst])
                        worst = i;
        if (sample->column[worst] != SIZE_MAX)
                column = sample->plan->query->source->columns[sample->column[worst]].name;
        mend = mend_of(probe, topic, worst);
        probe_find("records", sample->n_good > 0 ? PROBE_WARNING : PROBE_PROBLEM, mend,
                   "%u of the newest %u records of %s fit the columns; most others: %s%s%s", sample->n_good,
                   sample->n_records, topic, record_fault_name(worst), *column ? ", column " : "", column);
}

static void report_clock(const char *topic, const Sample *sample) {
        char ahead[UNIT_TEXT_MAX];
        int64_t by_usec = sample->newest_usec - (int64_t)realtime_usec();

        if (by_usec <= (int64_t)CLOCK_TOLERANCE_USEC)
                return;
        probe_find("clock", PROBE_PROBLEM,
                   "timedatectl set-ntp true  # here, and where the records are made",
                   "Kafka's time of the newest record of %s is %s ahead of this clock", topic,
                   format_duration(ahead, (usec_t)by_usec / USEC_PER_SEC * USEC_PER_SEC));
}

static void judge_records(const Probe *probe, const struct rd_kafka_metadata_topic *topic) {
        _cleanup_(sample_done) Sample sample = {};
        int r;

        r = take_sample(probe, topic, &sample);
        if (r < 0)
                probe_find("records", PROBE_PROBLEM, "etlctl check",
                           "cannot read the newest records of %s: %s", topic->topic, strerror(-r));
        else if (sample.n_records == 0)
                probe_find("records", PROBE_OK, NULL, "%s has no records yet", topic->topic);
        else if (sample.n_good < sample.n_records)
                report_faults(probe, topic->topic, &sample);
        else
                probe_find("records", PROBE_OK, NULL, "the newest %u records of %s fit the columns",
                           sample.n_records, topic->topic);
        report_clock(topic->topic, &sample);
}

void probe_records(Probe *probe) {
        for (size_t i = 0; i < probe->n_topics; i++)
                judge_records(probe, probe->topics[i]);
}
