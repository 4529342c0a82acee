/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/log.h"
#include "base/signals.h"
#include "producer.h"
#include "sender.h"

/* Records made before the loop looks at signals and deliveries again: a millisecond's work. */
#define MAX_BURST 1000
#define STATUS_INTERVAL_USEC USEC_PER_SEC
/* A wake-up costs more than a record: at high rates several are due at each. */
#define LEAST_SLEEP_USEC USEC_PER_MSEC

struct Producer {
        const Options *options; /* weak */
        sd_event *event;
        sd_event_source *pace_source, *delivery_source, *status_source;
        Sender *sender;

        Random random;
        Pacing pacing;
        Record record;
        bool waiting; /* record is made, but the sender's queue is full */
        uint64_t n_made, n_sent;
        uint64_t n_delivered_before; /* at the last status */
        usec_t started_usec;
};

static int64_t record_time_usec(const Producer *p) {
        if (p->options->fixed_times)
                return p->options->start_usec + (int64_t)p->n_made * p->options->step_usec;
        return (int64_t)realtime_usec();
}

static bool all_sent(const Producer *p) {
        return p->n_sent >= p->options->count;
}

static int exit_if_delivered(Producer *p) {
        return sender_counts(p->sender).pending == 0 ? sd_event_exit(p->event, 0) : 0;
}

static int make_and_send(Producer *p) {
        int r;

        if (!p->waiting) {
                record_make(&p->random, record_time_usec(p), &p->record);
                p->n_made++;
                p->waiting = true;
        }
        r = sender_send(p->sender, &p->record, p->options->keys);
        if (r < 0)
                return r;
        p->waiting = false;
        p->n_sent++;
        if (!p->options->quiet)
                printf("Publishing: %.*s\n", (int)p->record.size, p->record.text);
        return 0;
}

static int make_due_records(Producer *p) {
        usec_t now_usec = monotonic_usec();
        int r;

        for (unsigned i = 0; i < MAX_BURST && !all_sent(p); i++) {
                if (!p->waiting && !pacing_take(&p->pacing, now_usec))
                        break;
                r = make_and_send(p);
                if (r < 0)
                        return r;
        }
        return 0;
}

static usec_t wake_up_usec(const Pacing *pacing) {
        usec_t now_usec = monotonic_usec(), due_usec = pacing_due_usec(pacing);

        return due_usec <= now_usec ? due_usec : MAX(due_usec, now_usec + LEAST_SLEEP_USEC);
}

static int on_pace(sd_event_source *source, uint64_t usec, void *userdata) {
        Producer *p = userdata;
        int r;

        r = make_due_records(p);
        /* The journal shall have the lines now, not when the stream's buffer is full. */
        if (!p->options->quiet)
                fflush(stdout);
        if (r == -ENOBUFS)
                return 0; /* on_delivery() goes on when there is room */
        if (r < 0)
                return sd_event_exit(p->event, r);
        if (all_sent(p))
                return exit_if_delivered(p);

        r = sd_event_source_set_time(source, wake_up_usec(&p->pacing));
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_delivery(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Producer *p = userdata;
        int r;

        r = sender_poll(p->sender);
        if (r < 0)
                return sd_event_exit(p->event, r);
        if (all_sent(p))
                return exit_if_delivered(p);
        if (!p->waiting)
                return 0;

        pacing_resume(&p->pacing, monotonic_usec());
        return sd_event_source_set_enabled(p->pace_source, SD_EVENT_ONESHOT);
}

static int on_status(sd_event_source *source, uint64_t usec, void *userdata) {
        Producer *p = userdata;
        char delivered[UNIT_TEXT_MAX], per_sec[UNIT_TEXT_MAX];
        SenderCounts counts = sender_counts(p->sender);
        bool outage = sender_check_outage(p->sender);
        int r;

        sd_notifyf(false, "STATUS=%s%s records delivered to %s, %s in the last second",
                   outage ? "Waiting for Kafka; " : "", format_count(delivered, counts.delivered),
                   p->options->topic, format_count(per_sec, counts.delivered - p->n_delivered_before));
        p->n_delivered_before = counts.delivered;
        r = sd_event_source_set_time(source, usec + STATUS_INTERVAL_USEC);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
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
        r = signals_watch(p->event, NULL, NULL, NULL);
        if (r < 0)
                return r;
        r = add_timer(p, &p->pace_source, p->started_usec, on_pace, "pace");
        if (r < 0)
                return r;
        return add_timer(p, &p->status_source, p->started_usec + STATUS_INTERVAL_USEC, on_status, "status");
}

static int watch_deliveries(Producer *p) {
        int r;

        r = sd_event_add_io(p->event, &p->delivery_source, sender_fd(p->sender), EPOLLIN, on_delivery, p);
        if (r < 0)
                return r;
        r = sd_event_source_set_description(p->delivery_source, "deliveries");
        if (r < 0)
                return r;
        /* Before the next burst of records. */
        return sd_event_source_set_priority(p->delivery_source, SD_EVENT_PRIORITY_IMPORTANT);
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
        r = sender_new(options->topic, options->properties, &p->sender);
        if (r < 0)
                return r;
        r = watch_deliveries(p);
        if (r < 0)
                return log_error_errno(r, "Cannot watch deliveries: %m");
        *ret = TAKE_PTR(p);
        return 0;
}

Producer *producer_free(Producer *p) {
        if (!p)
                return NULL;
        sd_event_source_unref(p->delivery_source);
        sd_event_source_unref(p->status_source);
        sd_event_source_unref(p->pace_source);
        sd_event_unref(p->event);
        sender_free(p->sender);
        free(p);
        return NULL;
}

static void log_summary(const Producer *p, const SenderCounts *counts) {
        char made[UNIT_TEXT_MAX], delivered[UNIT_TEXT_MAX], per_sec[UNIT_TEXT_MAX];
        double seconds = (double)MAX(monotonic_usec() - p->started_usec, (usec_t)1) / USEC_PER_SEC;

        log_info("Made %s records and delivered %s of them in %.1f s, %s a second",
                 format_count(made, p->n_made), format_count(delivered, counts->delivered), seconds,
                 format_count(per_sec, (uint64_t)((double)counts->delivered / seconds)));
}

int producer_run(Producer *p) {
        SenderCounts counts;
        int r;

        log_info("Sending records to topic %s, seed %" PRIu64, p->options->topic, p->options->seed);
        sd_notify(false, "READY=1");
        r = sd_event_loop(p->event);
        sd_notify(false, "STOPPING=1");
        sender_flush(p->sender);
        counts = sender_counts(p->sender);
        log_summary(p, &counts);
        if (r >= 0 && counts.failed > 0)
                return log_error_errno(EIO, "%" PRIu64 " records could not be delivered", counts.failed);
        return r;
}
