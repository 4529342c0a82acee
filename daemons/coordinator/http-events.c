/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "http-events.h"

#include "api-json.h"
#include "api.h"
#include "http-error.h"
#include "job.h"

enum {
        STREAMS_MAX = 16, /* of a server */
        BLOCK_BYTES = 8 * 1024,
        STATE_BYTES_MAX = 256 * 1024,       /* unread: no further state is added */
        STREAM_BYTES_MAX = 1024 * 1024,     /* unread, besides a state: the stream is closed */
        EVENT_BYTES_MAX = 32 * 1024 * 1024, /* is not sent: some 50,000 partitions */
};
static const usec_t min_interval_usec = 200 * USEC_PER_MSEC;
static const usec_t interval_usec = USEC_PER_SEC;
static const usec_t keep_alive_usec = 15 * USEC_PER_SEC;

typedef struct Stream {
        LIST_ENTRY(Stream) streams;
        HttpEvents *events; /* weak */
        struct MHD_Connection *connection;
        char *job; /* NULL: of the suite */
        Buffer unread;
        size_t n_read, unread_max;
        bool suspended, ending;
        usec_t written_usec; /* monotonic */
} Stream;

struct HttpEvents {
        Manager *manager; /* weak */
        LIST_HEAD(, Stream) streams;
        size_t n_streams;
        sd_event_source *timer;
        usec_t sent_usec; /* monotonic: when the state was sent last */
        bool changed;
};

static Stream *stream_free(Stream *stream) {
        if (!stream)
                return NULL;
        buffer_done(&stream->unread);
        free(stream->job);
        free(stream);
        return NULL;
}
DEFINE_CLEANUP(Stream *, stream_free);

static void stream_wake(Stream *stream) {
        if (!stream->suspended)
                return;
        stream->suspended = false;
        MHD_resume_connection(stream->connection);
}

static void stream_end(Stream *stream) {
        stream->ending = true;
        stream_wake(stream);
}

static size_t stream_unread(const Stream *stream) {
        return stream->unread.size - stream->n_read;
}

/* What is read is dropped where that moves less than it makes room. */
static void drop_read(Stream *stream) {
        if (stream->n_read < stream_unread(stream))
                return;
        memmove(stream->unread.data, stream->unread.data + stream->n_read, stream_unread(stream));
        stream->unread.size -= stream->n_read;
        stream->n_read = 0;
}

static void stream_write(Stream *stream, const char *const *texts) {
        int r = stream_unread(stream) > stream->unread_max ? -ENOBUFS : 0;

        if (stream->n_read > 0)
                drop_read(stream);
        for (; r >= 0 && *texts; texts++)
                r = buffer_append(&stream->unread, *texts, strlen(*texts));
        if (r < 0) {
                stream_end(stream);
                return;
        }
        stream->written_usec = monotonic_usec();
        stream_wake(stream);
}

#define WRITE(stream, ...) stream_write((stream), (const char *const[]){__VA_ARGS__, NULL})

/* id 0: none. Consumes the object. */
static void stream_send(Stream *stream, const char *event, uint64_t id, json_object *object) {
        const char *data = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                                          JSON_C_TO_STRING_NOSLASHESCAPE);
        char head[96];

        if (id > 0)
                (void)snprintf(head, sizeof(head), "event: %s\nid: %" PRIu64 "\ndata: ", event, id);
        else
                (void)snprintf(head, sizeof(head), "event: %s\ndata: ", event);
        if (data && strlen(data) <= EVENT_BYTES_MAX)
                WRITE(stream, head, data, "\n\n");
        json_object_put(object);
}

static void stream_send_job(Stream *stream, const Job *job) {
        stream_send(stream, "job", 0, api_job(job));
        stream_send(stream, "workers", 0, api_workers(job->manager, job));
}

static void stream_send_state(Stream *stream, json_object *status) {
        const Manager *manager = stream->events->manager;
        const Job *job = stream->job ? manager_find_job(manager, stream->job) : NULL;

        if (stream_unread(stream) > STATE_BYTES_MAX)
                return;
        /* However large it is: there is one at a time. */
        stream->unread_max = SIZE_MAX;
        stream_send(stream, "status", 0, json_object_get(status));
        if (job)
                stream_send_job(stream, job);
        stream->unread_max = stream_unread(stream) + STREAM_BYTES_MAX;
}

static void send_states(HttpEvents *events) {
        json_object *status = api_status(events->manager);
        Stream *stream;

        LIST_FOREACH(stream, &events->streams, streams) {
                stream_send_state(stream, status);
        }
        json_object_put(status);
        events->sent_usec = monotonic_usec();
        events->changed = false;
}

static void keep_alive(HttpEvents *events, usec_t now_usec) {
        Stream *stream;

        LIST_FOREACH(stream, &events->streams, streams) {
                if (now_usec - stream->written_usec >= keep_alive_usec)
                        WRITE(stream, ": keep-alive\n\n");
        }
}

static bool anything_runs(const Manager *manager) {
        for (size_t i = 0; i < manager->n_jobs; i++)
                if (!unit_is_down(&manager->jobs[i]->unit))
                        return true;
        return false;
}

static void set_timer(HttpEvents *events, usec_t at_usec) {
        (void)sd_event_source_set_time(events->timer, at_usec);
        (void)sd_event_source_set_enabled(events->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t at_usec, void *userdata) {
        HttpEvents *events = userdata;
        usec_t now_usec = monotonic_usec();

        if (events->n_streams == 0)
                return 0;
        if (events->changed || anything_runs(events->manager))
                send_states(events);
        else
                keep_alive(events, now_usec);
        set_timer(events, now_usec + interval_usec);
        return 0;
}

/* libmicrohttpd asks for more. */
static ssize_t on_read(void *userdata, uint64_t position, char *buffer, size_t size) {
        Stream *stream = userdata;
        size_t n = MIN(size, stream_unread(stream));

        if (n > 0) {
                memcpy(buffer, stream->unread.data + stream->n_read, n);
                stream->n_read += n;
                if (stream_unread(stream) == 0)
                        stream->unread.size = stream->n_read = 0;
                return (ssize_t)n;
        }
        if (stream->ending)
                return MHD_CONTENT_READER_END_OF_STREAM;
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
        return 0;
}

static void on_end(void *userdata) {
        Stream *stream = userdata;

        LIST_REMOVE(stream, streams);
        stream->events->n_streams--;
        stream_free(stream);
}

static void send_missed(Stream *stream, const Job *job, const char *last_id) {
        json_object *decisions;
        uint64_t since = strtoull(last_id, NULL, 10);

        /* Greater than any there is: of an earlier coordinator, whose numbers mean nothing here. */
        decisions = api_decisions_since(stream->events->manager, job,
                                        since > stream->events->manager->last_decision ? 0 : since);
        for (size_t i = 0; i < json_object_array_length(decisions); i++) {
                json_object *decision = json_object_array_get_idx(decisions, i);

                stream_send(stream, "decision",
                            json_object_get_uint64(json_object_object_get(decision, "id")),
                            json_object_get(decision));
        }
        json_object_put(decisions);
}

static int stream_new(HttpEvents *events, Request *request, const Job *job, Stream **ret) {
        _cleanup_(stream_freep) Stream *stream = new0(Stream, 1);

        if (!stream)
                return -ENOMEM;
        stream->events = events;
        stream->connection = request->connection;
        stream->unread_max = STREAM_BYTES_MAX;
        if (job) {
                stream->job = strdup(job->name);
                if (!stream->job)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(stream);
        return 0;
}

static void begin(HttpEvents *events, Request *request, Job *job) {
        const char *last_id =
                MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Last-Event-ID");
        struct MHD_Response *response;
        json_object *status;
        Stream *stream;

        if (stream_new(events, request, job, &stream) < 0)
                return;
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, stream, on_end);
        if (!response) {
                stream_free(stream);
                return;
        }
        (void)MHD_add_response_header(response, "Content-Type", "text/event-stream");
        LIST_INSERT_HEAD(&events->streams, stream, streams);
        if (events->n_streams++ == 0)
                set_timer(events, monotonic_usec() + interval_usec);
        WRITE(stream, "retry: 1000\n\n");
        if (last_id)
                send_missed(stream, job, last_id);
        status = api_status(events->manager);
        stream_send_state(stream, status);
        json_object_put(status);
        request_answer_response(request, MHD_HTTP_OK, response);
}

void http_get_events(Request *request) {
        HttpEvents *events = http_server_events(request->server);
        const char *name = request_query(request, "job");
        Job *job = name ? manager_find_job(request->manager, name) : NULL;

        if (name && !job)
                request_fail(request, MHD_HTTP_NOT_FOUND,
                             "there is no job \"%.64s\"; \"etlctl jobs\" lists them", name);
        else if (events->n_streams >= STREAMS_MAX)
                request_fail(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                             "%d streams are open already: close a page", STREAMS_MAX);
        else
                begin(events, request, job);
}

void http_events_changed(const Manager *manager) {
        usec_t now_usec = monotonic_usec();

        for (size_t i = 0; i < manager->n_servers; i++) {
                HttpEvents *events = http_server_events(manager->servers[i]);

                if (events->n_streams == 0 || events->changed)
                        continue;
                events->changed = true;
                set_timer(events, MAX(now_usec, events->sent_usec + min_interval_usec));
        }
}

/* Consumes the object. */
static void send_to_all(const Job *job, const char *event, uint64_t id, json_object *object) {
        const Manager *manager = job->manager;
        Stream *stream;

        for (size_t i = 0; i < manager->n_servers; i++) {
                LIST_FOREACH(stream, &http_server_events(manager->servers[i])->streams, streams) {
                        if (!stream->job || strcmp(stream->job, job->name) == 0)
                                stream_send(stream, event, id, json_object_get(object));
                }
        }
        json_object_put(object);
}

static bool is_watched(const Manager *manager) {
        for (size_t i = 0; i < manager->n_servers; i++)
                if (http_server_events(manager->servers[i])->n_streams > 0)
                        return true;
        return false;
}

void http_events_decision(const Job *job, const Decision *decision) {
        if (!is_watched(job->manager))
                return;
        send_to_all(job, "decision", decision->id, api_decision(job, decision));
        http_events_changed(job->manager);
}

void http_events_epoch(const Job *job) {
        json_object *epoch;

        if (!is_watched(job->manager))
                return;
        epoch = json_object_new_object();
        json_add_text(epoch, "job", job->name);
        json_add(epoch, "epoch", json_object_get(json_object_object_get(job->results, "epoch")));
        json_add(epoch, "at_usec",
                 json_object_get(json_object_object_get(job->results, "received_at_usec")));
        json_add(epoch, "rows", json_object_get(json_object_object_get(job->results, "rows")));
        json_add(epoch, "watermark_usec",
                 json_object_get(json_object_object_get(job->results, "watermark_usec")));
        send_to_all(job, "epoch", 0, epoch);
}

int http_events_new(Manager *manager, HttpEvents **ret) {
        _cleanup_(http_events_freep) HttpEvents *events = new0(HttpEvents, 1);
        int r;

        if (!events)
                return -ENOMEM;
        events->manager = manager;
        LIST_INIT(&events->streams);
        r = sd_event_add_time(manager->event, &events->timer, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_MSEC,
                              on_timer, events);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(events);
        return 0;
}

void http_events_close(HttpEvents *events) {
        Stream *stream;

        if (!events)
                return;
        LIST_FOREACH(stream, &events->streams, streams) {
                stream_end(stream);
        }
}

HttpEvents *http_events_free(HttpEvents *events) {
        if (!events)
                return NULL;
        sd_event_source_disable_unref(events->timer);
        free(events);
        return NULL;
}
