/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/log.h"
#include "kafka/kafka.h"
#include "producer.h"
#include "records.h"

/* Records made before the loop looks at signals and deliveries again: a millisecond's work. */
#define MAX_BURST 1000
#define STATUS_INTERVAL_USEC USEC_PER_SEC
/* At the end, and if Kafka does not answer anyway. */
#define FLUSH_TIMEOUT_MSEC 10000
#define HOPELESS_FLUSH_TIMEOUT_MSEC 500

/* What a load generator wants of librdkafka, unless -X says otherwise: records are never given up, and
 * batches fill. Its own lines about connections are left out (log_level), since the same come as errors and
 * are said once here. */
static const char *const defaults[] = {
        "client.id=etl-producer",
        "message.timeout.ms=0",
        "linger.ms=5",
        "queue.buffering.max.messages=200000",
        "log_level=2",
};

struct Producer {
        const Options *options; /* weak */
        sd_event *event;
        sd_event_source *pace_source, *delivery_source, *status_source;
        rd_kafka_t *kafka;
        rd_kafka_topic_t *topic;

        Random random;
        Pacing pacing;
        Record record;
        bool waiting; /* record is made, but librdkafka's queue is full */
        uint64_t n_made, n_sent, n_delivered, n_failed;
        uint64_t n_delivered_before; /* at the last status */
        usec_t started_usec;
        bool broker_down; /* since the last delivery, */
        bool broker_down_said;
        char broker_error[256];
};

static int64_t record_time_usec(const Producer *p) {
        if (p->options->fixed_times)
                return p->options->start_usec + (int64_t)p->n_made * p->options->step_usec;
        return (int64_t)realtime_usec();
}

static bool all_sent(const Producer *p) {
        return p->n_sent >= p->options->count;
}

/* Hands the record to librdkafka, which copies it. 0, -ENOBUFS (queue full) or another error, logged. */
static int send_record(Producer *p) {
        const Record *record = &p->record;
        rd_kafka_resp_err_t error;

        if (rd_kafka_produce(p->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)record->text,
                             record->size, p->options->keys ? record->text + record->key_offset : NULL,
                             p->options->keys ? record->key_size : 0, NULL) == 0)
                return 0;
        error = rd_kafka_last_error();
        if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
                return -ENOBUFS;
        return log_error_errno(EIO, "Cannot send to topic %s: %s", p->options->topic,
                               rd_kafka_err2str(error));
}

static int make_and_send(Producer *p) {
        int r;

        if (!p->waiting) {
                record_make(&p->random, record_time_usec(p), &p->record);
                p->n_made++;
                p->waiting = true;
        }
        r = send_record(p);
        if (r < 0)
                return r;
        p->waiting = false;
        p->n_sent++;
        if (!p->options->quiet)
                printf("Publishing: %.*s\n", (int)p->record.size, p->record.text);
        return 0;
}

static int exit_if_delivered(Producer *p) {
        return rd_kafka_outq_len(p->kafka) == 0 ? sd_event_exit(p->event, 0) : 0;
}

static int on_pace(sd_event_source *source, uint64_t usec, void *userdata) {
        Producer *p = userdata;
        usec_t now_usec = monotonic_usec();
        int r = 0;

        for (unsigned i = 0; i < MAX_BURST && !all_sent(p); i++) {
                if (!p->waiting && !pacing_take(&p->pacing, now_usec))
                        break;
                r = make_and_send(p);
                if (r < 0)
                        break;
        }
        /* The journal shall have the lines now, not when the stream's buffer is full. */
        if (!p->options->quiet)
                fflush(stdout);
        if (r == -ENOBUFS)
                return 0; /* on_delivery() goes on when there is room */
        if (all_sent(p))
                return exit_if_delivered(p);
        if (r < 0)
                return sd_event_exit(p->event, r);

        r = sd_event_source_set_time(source, pacing_due_usec(&p->pacing));
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_delivery(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Producer *p = userdata;
        uint64_t ignored;

        if (read(fd, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
                return -errno;
        /* The descriptor tells only of an empty queue that has become non-empty. */
        while (rd_kafka_poll(p->kafka, 0) > 0)
                ;
        if (all_sent(p))
                return exit_if_delivered(p);
        if (!p->waiting)
                return 0;

        pacing_resume(&p->pacing, monotonic_usec());
        return sd_event_source_set_enabled(p->pace_source, SD_EVENT_ONESHOT);
}

/* Not at the first error: "localhost" has two addresses and Kafka may listen on one. */
static void report_outage(Producer *p) {
        if (!p->broker_down || p->broker_down_said || rd_kafka_outq_len(p->kafka) == 0 ||
            p->n_delivered != p->n_delivered_before)
                return;
        log_warning("Kafka cannot be reached, trying on: %s", p->broker_error);
        p->broker_down_said = true;
}

static int on_status(sd_event_source *source, uint64_t usec, void *userdata) {
        Producer *p = userdata;
        char delivered[UNIT_TEXT_MAX], per_sec[UNIT_TEXT_MAX];
        int r;

        report_outage(p);
        sd_notifyf(false, "STATUS=%s%s records delivered to %s, %s in the last second",
                   p->broker_down_said ? "Waiting for Kafka; " : "", format_count(delivered, p->n_delivered),
                   p->options->topic, format_count(per_sec, p->n_delivered - p->n_delivered_before));
        p->n_delivered_before = p->n_delivered;
        r = sd_event_source_set_time(source, usec + STATUS_INTERVAL_USEC);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Called from rd_kafka_poll(), so in the loop's thread. */
static void delivered_callback(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *userdata) {
        Producer *p = userdata;

        if (message->err) {
                if (p->n_failed++ == 0)
                        log_error("A record could not be delivered: %s", rd_kafka_err2str(message->err));
                return;
        }
        p->n_delivered++;
        if (p->broker_down_said)
                log_info("Kafka answers again");
        p->broker_down = p->broker_down_said = false;
}

static void error_callback(rd_kafka_t *kafka, int error, const char *reason, void *userdata) {
        Producer *p = userdata;

        if (error == RD_KAFKA_RESP_ERR__FATAL) {
                log_error("librdkafka gives up: %s", reason);
                (void)sd_event_exit(p->event, -EIO);
        } else if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
                snprintf(p->broker_error, sizeof(p->broker_error), "%s", reason);
        else
                p->broker_down = true;
}

static int connect_kafka(Producer *p) {
        _cleanup_(rd_kafka_conf_destroyp) rd_kafka_conf_t *conf = NULL;
        _cleanup_free_ char **properties = NULL;
        char reason[512];
        int r;

        properties = new0(char *, ELEMENTSOF(defaults) + p->options->n_properties + 1);
        if (!properties)
                return log_oom();
        memcpy(properties, defaults, sizeof(defaults));
        memcpy(properties + ELEMENTSOF(defaults), p->options->properties,
               p->options->n_properties * sizeof(char *));
        r = kafka_conf_new(properties, &conf, reason, sizeof(reason));
        if (r == -ENOMEM)
                return log_oom();
        if (r < 0)
                return log_error_errno(r, "Kafka property %s", reason);

        rd_kafka_conf_set_opaque(conf, p);
        rd_kafka_conf_set_dr_msg_cb(conf, delivered_callback);
        rd_kafka_conf_set_error_cb(conf, error_callback);
        r = kafka_new(RD_KAFKA_PRODUCER, TAKE_PTR(conf), &p->kafka, reason, sizeof(reason));
        if (r < 0)
                return log_error_errno(r, "Cannot make a Kafka producer: %s", reason);
        p->topic = rd_kafka_topic_new(p->kafka, p->options->topic, NULL);
        if (!p->topic)
                return log_error_errno(EINVAL, "Cannot use topic \"%s\": %s", p->options->topic,
                                       rd_kafka_err2str(rd_kafka_last_error()));
        return 0;
}

static int watch_deliveries(Producer *p) {
        _cleanup_(rd_kafka_queue_destroyp) rd_kafka_queue_t *queue = NULL;
        _cleanup_close_ int fd = -EBADF;
        static const uint64_t one = 1;
        int r;

        fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0)
                return -errno;
        r = sd_event_add_io(p->event, &p->delivery_source, fd, EPOLLIN, on_delivery, p);
        if (r < 0)
                return r;
        r = sd_event_source_set_io_fd_own(p->delivery_source, true);
        if (r < 0)
                return r;
        queue = rd_kafka_queue_get_main(p->kafka);
        rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
        TAKE_FD(fd);
        /* Before the next burst of records. */
        return sd_event_source_set_priority(p->delivery_source, SD_EVENT_PRIORITY_IMPORTANT);
}

static int add_timer(Producer *p, sd_event_source **source, usec_t usec, sd_event_time_handler_t handler,
                     const char *description) {
        int r;

        r = sd_event_add_time(p->event, source, CLOCK_MONOTONIC, usec, 1, handler, p);
        if (r < 0)
                return r;
        return sd_event_source_set_description(*source, description);
}

static int setup_loop(Producer *p) {
        int r;

        r = sd_event_default(&p->event);
        if (r < 0)
                return r;
        r = sd_event_add_signal(p->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r < 0)
                return r;
        r = sd_event_add_signal(p->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r < 0)
                return r;
        r = sd_event_set_watchdog(p->event, true);
        if (r < 0)
                return r;
        r = add_timer(p, &p->pace_source, p->started_usec, on_pace, "pace");
        if (r < 0)
                return r;
        return add_timer(p, &p->status_source, p->started_usec + STATUS_INTERVAL_USEC, on_status, "status");
}

int producer_new(const Options *options, Producer **ret) {
        _cleanup_(producer_freep) Producer *p = NULL;
        int r;

        p = new0(Producer, 1);
        if (!p)
                return log_oom();
        p->options = options;
        p->started_usec = monotonic_usec();
        random_seed(&p->random, options->seed);
        pacing_start(&p->pacing, options->pacing, options->per_sec, options->seed, p->started_usec);

        /* Signals are blocked first: librdkafka's threads inherit the mask. */
        r = setup_loop(p);
        if (r < 0)
                return log_error_errno(r, "Cannot set up the event loop: %m");
        r = connect_kafka(p);
        if (r < 0)
                return r;
        r = watch_deliveries(p);
        if (r < 0)
                return log_error_errno(r, "Cannot watch Kafka's deliveries: %m");
        *ret = TAKE_PTR(p);
        return 0;
}

Producer *producer_free(Producer *p) {
        if (!p)
                return NULL;
        if (p->topic)
                rd_kafka_topic_destroy(p->topic);
        if (p->kafka)
                rd_kafka_destroy(p->kafka);
        sd_event_source_unref(p->delivery_source);
        sd_event_source_unref(p->status_source);
        sd_event_source_unref(p->pace_source);
        sd_event_unref(p->event);
        free(p);
        return NULL;
}

static void log_summary(const Producer *p) {
        char sent[UNIT_TEXT_MAX], delivered[UNIT_TEXT_MAX], per_sec[UNIT_TEXT_MAX];
        usec_t usec = MAX(monotonic_usec() - p->started_usec, (usec_t)1);

        log_info("Made %s records and delivered %s of them in %.1f s, %s a second",
                 format_count(sent, p->n_made), format_count(delivered, p->n_delivered),
                 (double)usec / USEC_PER_SEC,
                 format_count(per_sec, (uint64_t)((double)p->n_delivered * USEC_PER_SEC / (double)usec)));
}

int producer_run(Producer *p) {
        int r;

        log_info("Sending records to topic %s, seed %" PRIu64, p->options->topic, p->options->seed);
        sd_notify(false, "READY=1");
        r = sd_event_loop(p->event);
        sd_notify(false, "STOPPING=1");
        if (rd_kafka_flush(p->kafka, p->broker_down_said ? HOPELESS_FLUSH_TIMEOUT_MSEC
                                                         : FLUSH_TIMEOUT_MSEC) != RD_KAFKA_RESP_ERR_NO_ERROR)
                log_warning("%d records are left undelivered", rd_kafka_outq_len(p->kafka));
        log_summary(p);
        if (r >= 0 && p->n_failed > 0)
                return log_error_errno(EIO, "%" PRIu64 " records could not be delivered", p->n_failed);
        return r;
}
