/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "work.h"
#include "base/log.h"
#include "base/message-ids.h"
#include "config/config-error.h"
#include "stream.h"
#include "token-bucket.h"

/* Messages of one pull: larger ones are slower, they leave the processor's cache. */
enum { PULL_MESSAGES_MAX = 1000 };
/* Reports that the job has not answered; so many keep both sides busy. */
enum { REPORTS_UNANSWERED_MAX = 2 };

static const usec_t report_delay_usec = 100 * USEC_PER_MSEC;

struct Work {
        sd_event *event;
        Link *link;         /* weak */
        WorkTotals *totals; /* weak */
        JobPlan *plan;
        Pipeline *pipeline;
        Consumer *consumer;
        StreamContext context;
        Stream **streams; /* in no order */
        size_t n_streams;
        struct LeaseList leases;

        ReportPolicy report_policy;
        unsigned reports_unanswered;
        bool reports_wait; /* for an answer, with something due */
        bool finishing;
        usec_t max_future_usec;
        TokenBucket tokens;
        uint64_t pulls;

        sd_event_source *fetched; /* the consumer's queue is not empty any more */
        sd_event_source *puller;  /* works while there may be something to pull */
        sd_event_source *reporter, *token_timer;
        rd_kafka_message_t *messages[PULL_MESSAGES_MAX];
};

static void pull_soon(Work *work) {
        (void)sd_event_source_set_enabled(work->puller, SD_EVENT_ON);
}

static void arm(sd_event_source *timer, usec_t wait_usec) {
        (void)sd_event_source_set_time_relative(timer, wait_usec);
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void drop_lease(Work *work, Lease *lease) {
        TAILQ_REMOVE(&work->leases, lease, leases);
        lease_free(lease);
}

static int send_report(Work *work, Lease *lease) {
        _cleanup_buffer_ Buffer buffer = {};
        int r;

        r = lease_report(lease, &buffer);
        if (r >= 0)
                r = link_send(work->link, WIRE_REPORT, &buffer);
        if (r >= 0)
                work->reports_unanswered++;
        return r;
}

static int send_failure(Work *work, const Lease *lease) {
        const LeaseFailedMessage failed = {
                .id = lease->id,
                .position = lease->position,
                .out_of_range = lease->out_of_range,
                .reason = lease->failure,
        };
        _cleanup_buffer_ Buffer buffer = {};
        int r;

        r = lease_failed_encode(&failed, &buffer);
        return r < 0 ? r : link_send(work->link, WIRE_LEASE_FAILED, &buffer);
}

/* Sends what is due and may be sent. */
static int send_reports(Work *work) {
        usec_t now_usec = monotonic_usec();
        bool unreported = false;
        Lease *lease, *next;
        int r = 0;

        work->reports_wait = false;
        for (lease = TAILQ_FIRST(&work->leases); lease && r >= 0; lease = next) {
                next = TAILQ_NEXT(lease, leases);
                if (!lease_is_due(lease, &work->report_policy, now_usec)) {
                        unreported |= lease->unreported_since_usec != USEC_INFINITY;
                        continue;
                }
                if (work->reports_unanswered >= REPORTS_UNANSWERED_MAX) {
                        work->reports_wait = true;
                        return 0;
                }
                r = send_report(work, lease);
                if (r >= 0 && lease->failure)
                        r = send_failure(work, lease);
                if (lease->over)
                        drop_lease(work, lease);
        }
        if (unreported && sd_event_source_get_enabled(work->reporter, NULL) == 0)
                arm(work->reporter, work->report_policy.delay_usec);
        return r;
}

static Stream *find_stream(const Work *work, const rd_kafka_topic_t *topic, uint32_t partition) {
        for (size_t i = 0; i < work->n_streams; i++)
                if (stream_is_of(work->streams[i], topic, partition))
                        return work->streams[i];
        return NULL;
}

static int get_stream(Work *work, const char *name, uint32_t partition, Stream **ret) {
        Stream **streams, *stream;
        rd_kafka_topic_t *topic;
        int r;

        r = consumer_topic(work->consumer, name, &topic);
        if (r < 0)
                return r;
        stream = find_stream(work, topic, partition);
        if (!stream) {
                streams = reallocarray(work->streams, work->n_streams + 1, sizeof(Stream *));
                if (!streams)
                        return -ENOMEM;
                work->streams = streams;
                stream = stream_new(&work->context, topic, partition);
                if (!stream)
                        return -ENOMEM;
                streams[work->n_streams++] = stream;
        }
        *ret = stream;
        return 0;
}

/* A run of messages of one partition. */
static int read_run(Work *work, rd_kafka_message_t *const *messages, size_t n, const StreamClock *clock) {
        Stream *stream = find_stream(work, messages[0]->rkt, (uint32_t)messages[0]->partition);
        ssize_t used;

        if (!stream) {
                if (messages[0]->err)
                        log_warning("%s", rd_kafka_message_errstr(messages[0]));
                return 0;
        }
        used = stream_read(stream, messages, n, work->pulls, clock);
        if (used < 0)
                return (int)used;
        work->totals->records += (uint64_t)used;
        token_bucket_take(&work->tokens, (size_t)used);
        return 0;
}

static int read_messages(Work *work, size_t n, const StreamClock *clock) {
        int r = 0;

        for (size_t i = 0, end; r >= 0 && i < n; i = end) {
                for (end = i + 1; end < n; end++)
                        if (work->messages[end]->partition != work->messages[i]->partition ||
                            work->messages[end]->rkt != work->messages[i]->rkt)
                                break;
                r = read_run(work, work->messages + i, end - i, clock);
        }
        for (size_t i = 0; i < n; i++)
                rd_kafka_message_destroy(work->messages[i]);
        return r;
}

/* One pull, as large as it may be. Sets *ret_more unless there is nothing to pull or something to wait for.
 */
static int pull(Work *work, bool *ret_more) {
        usec_t start_usec = monotonic_usec();
        const StreamClock clock = {start_usec, (int64_t)(realtime_usec() + work->max_future_usec)};
        size_t n = token_bucket_available(&work->tokens, start_usec);
        int r;

        *ret_more = false;
        if (n == 0) {
                arm(work->token_timer, token_bucket_wait_usec(&work->tokens));
                return 0;
        }
        n = consumer_pull(work->consumer, work->messages, MIN(n, (size_t)PULL_MESSAGES_MAX));
        if (n == 0)
                return 0;
        work->pulls++;
        r = read_messages(work, n, &clock);
        if (r >= 0)
                r = send_reports(work);
        work->totals->busy_usec += monotonic_usec() - start_usec;
        *ret_more = true;
        return r;
}

static int on_puller(sd_event_source *source, void *userdata) {
        Work *work = userdata;
        bool more = false;
        int r = 0;

        if (!work->reports_wait && !TAILQ_EMPTY(&work->leases))
                r = pull(work, &more);
        if (r < 0)
                return log_error_errno(r, "Cannot work on records: %m");
        if (!more)
                (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static int on_fetched(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Work *work = userdata;

        pull_soon(work);
        return consumer_clear_fd(work->consumer);
}

static int on_token_timer(sd_event_source *source, uint64_t at_usec, void *userdata) {
        pull_soon(userdata);
        return 0;
}

static int on_reporter(sd_event_source *source, uint64_t at_usec, void *userdata) {
        return send_reports(userdata);
}

static int on_lease(Work *work, Reader *payload) {
        _cleanup_(lease_freep) Lease *lease = NULL;
        _cleanup_(lease_done) LeaseMessage message = {};
        Stream *stream;
        int r;

        r = lease_decode(payload, &message);
        if (r >= 0)
                r = get_stream(work, message.topic, message.partition, &stream);
        if (r >= 0)
                r = lease_new(&message, work->plan->query, &lease);
        if (r < 0)
                return r;
        lease->stream = stream;
        TAILQ_INSERT_TAIL(&work->leases, lease, leases);
        if (work->finishing) {
                TAKE_PTR(lease)->over = true;
                return send_reports(work);
        }
        r = stream_add(stream, TAKE_PTR(lease), monotonic_usec());
        pull_soon(work);
        return r;
}

static Lease *find_lease(const Work *work, uint64_t id) {
        Lease *lease;

        TAILQ_FOREACH(lease, &work->leases, leases)
        if (lease->id == id)
                return lease;
        return NULL;
}

/* No more of it is read. */
static int end_lease(Work *work, Lease *lease) {
        if (lease->over)
                return 0;
        lease->over = true;
        return stream_remove(lease->stream, lease, monotonic_usec());
}

int work_on_frame(Work *work, uint32_t type, Reader *payload) {
        AckMessage message;
        Lease *lease;
        int r;

        if (type == WIRE_LEASE)
                return on_lease(work, payload);
        if (type != WIRE_ACK && type != WIRE_RECALL && type != WIRE_WATERMARK)
                return -EBADMSG;
        r = ack_decode(payload, &message);
        if (r < 0)
                return r;
        if (type == WIRE_ACK) {
                if (work->reports_unanswered == 0)
                        return -EBADMSG;
                work->reports_unanswered--;
        }
        lease = find_lease(work, message.id); /* NULL if its last report is on its way */
        if (lease && type == WIRE_RECALL)
                r = end_lease(work, lease);
        else if (lease)
                lease_set_watermark(lease, message.watermark_usec);
        if (r >= 0)
                r = send_reports(work);
        pull_soon(work);
        return r;
}

int work_finish(Work *work) {
        Lease *lease;
        int r = 0;

        work->finishing = true;
        TAILQ_FOREACH(lease, &work->leases, leases)
        if (r >= 0)
                r = end_lease(work, lease);
        return r < 0 ? r : send_reports(work);
}

bool work_is_done(const Work *work) {
        return TAILQ_EMPTY(&work->leases) && work->reports_unanswered == 0;
}

void work_tidy(Work *work) {
        for (size_t i = 0; i < work->n_streams; i++)
                if (stream_is_idle(work->streams[i]))
                        stream_stop(work->streams[i]);
}

static int make_plan(Work *work, const WelcomeMessage *welcome) {
        const PlanText text = {
                .columns = welcome->columns_text,
                .table = welcome->table,
                .query = welcome->query_text,
                .event_time = welcome->event_time,
        };
        ConfigError error = {};
        int r;

        r = job_plan_new(&text, &work->plan, &error);
        if (r == -EINVAL)
                log_message(LOG_ERR, MESSAGE_PLAN_REFUSED, 0, "The job's plan cannot be used: %s",
                            error.message);
        config_error_done(&error);
        if (r < 0)
                return r;
        if (work->plan->id != welcome->plan_id)
                return log_message(LOG_ERR, MESSAGE_PLAN_REFUSED, EPROTO,
                                   "The job's plan has another id here than there");
        return 0;
}

static int make_parts(Work *work, const WelcomeMessage *welcome) {
        const PipelineLimits limits = {
                .record_max_bytes = welcome->record_max_bytes,
                .nulls_for_faults = welcome->nulls_for_faults,
                .headers = consumer_append_headers,
        };
        char reason[512];
        int r;

        r = make_plan(work, welcome);
        if (r >= 0)
                r = pipeline_new(work->plan, &limits, &work->pipeline);
        if (r < 0)
                return r;
        r = consumer_new(welcome, &work->consumer, reason, sizeof(reason));
        if (r == -EINVAL)
                return log_error_errno(r, "librdkafka refuses its settings: %s", reason);
        work->context = (StreamContext){work->consumer, work->pipeline};
        return r;
}

/* A handler that fails ends the process: what it had read must not be reported. */
static int make_sources(Work *work) {
        sd_event_source *const *sources[] = {&work->fetched, &work->puller, &work->reporter,
                                             &work->token_timer};
        int r;

        r = sd_event_add_io(work->event, &work->fetched, consumer_fd(work->consumer), EPOLLIN, on_fetched,
                            work);
        if (r >= 0)
                r = sd_event_add_defer(work->event, &work->puller, on_puller, work);
        /* Frames of the job go first: records come without end. */
        if (r >= 0)
                r = sd_event_source_set_priority(work->puller, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = sd_event_add_time_relative(work->event, &work->reporter, CLOCK_MONOTONIC, 0,
                                               USEC_PER_MSEC, on_reporter, work);
        if (r >= 0)
                r = sd_event_add_time_relative(work->event, &work->token_timer, CLOCK_MONOTONIC, 0,
                                               USEC_PER_MSEC, on_token_timer, work);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(sources); i++)
                r = sd_event_source_set_exit_on_failure(*sources[i], true);
        return r;
}

int work_new(sd_event *event, Link *link, const WelcomeMessage *welcome, WorkTotals *totals, Work **ret) {
        _cleanup_(work_freep) Work *work = new0(Work, 1);
        int r;

        if (!work)
                return log_oom();
        TAILQ_INIT(&work->leases);
        work->event = event;
        work->link = link;
        work->totals = totals;
        work->report_policy = (ReportPolicy){report_delay_usec, welcome->report_max_bytes};
        work->max_future_usec = welcome->max_future_usec;
        token_bucket_init(&work->tokens, welcome->rate_limit_per_sec, monotonic_usec());
        r = make_parts(work, welcome);
        if (r >= 0)
                r = make_sources(work);
        if (r < 0)
                return log_error_errno(r, "Cannot begin to work: %m");
        *ret = TAKE_PTR(work);
        return 0;
}

Work *work_free(Work *work) {
        if (!work)
                return NULL;
        sd_event_source_disable_unref(work->token_timer);
        sd_event_source_disable_unref(work->reporter);
        sd_event_source_disable_unref(work->puller);
        sd_event_source_disable_unref(work->fetched);
        for (size_t i = 0; i < work->n_streams; i++) {
                stream_stop(work->streams[i]);
                stream_free(work->streams[i]);
        }
        free(work->streams);
        while (!TAILQ_EMPTY(&work->leases))
                drop_lease(work, TAILQ_FIRST(&work->leases));
        consumer_free(work->consumer);
        pipeline_free(work->pipeline);
        job_plan_free(work->plan);
        free(work);
        return NULL;
}
