/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "base/process.h"
#include "status.h"
#include "work.h"
#include "worker.h"

/* Between attempts to reach the job. */
static const usec_t connect_pause_usec = 100 * USEC_PER_MSEC;
static const usec_t connect_pause_max_usec = USEC_PER_SEC;
/* How long the job may take to answer the last reports. */
static const usec_t leave_timeout_usec = 10 * USEC_PER_SEC;

struct Worker {
        sd_event *event;
        char *socket_path;
        unsigned number;
        Link *link; /* NULL: not connected */
        Work *work; /* NULL: not welcomed */
        WorkTotals totals;
        WorkerStatus status;
        usec_t pause_usec;
        bool leaving;
        sd_event_source *connector, *heartbeat, *leaver;
};

static int on_frame(Link *link, uint32_t type, Reader *payload, void *userdata);
static void on_closed(Link *link, int error, void *userdata);

static int send_heartbeat(Worker *worker) {
        const HeartbeatMessage message = {
                .records = worker->totals.records,
                .busy_usec = worker->totals.busy_usec,
                .cpu_usec = process_cpu_usec(),
                .rss_bytes = process_rss_bytes(),
        };
        _cleanup_buffer_ Buffer buffer = {};
        int r;

        r = heartbeat_encode(&message, &buffer);
        return r < 0 ? r : link_send(worker->link, WIRE_HEARTBEAT, &buffer);
}

/* Of the thread that works on records: if that hangs, so does this. */
static int on_heartbeat(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Worker *worker = userdata;

        if (worker->work)
                work_tidy(worker->work);
        if (worker->link)
                (void)send_heartbeat(worker);
        if (worker->work && !worker->leaving)
                worker_status_send(&worker->status, &worker->totals, monotonic_usec());
        (void)sd_event_source_set_time_relative(source, HEARTBEAT_INTERVAL_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int open_socket(const char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = -EBADF;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path));
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static int say_hello(Worker *worker) {
        const HelloMessage message = {WORKER_PROTOCOL_VERSION, worker->number, (uint32_t)getpid()};
        _cleanup_buffer_ Buffer buffer = {};
        int r;

        r = hello_encode(&message, &buffer);
        return r < 0 ? r : link_send(worker->link, WIRE_HELLO, &buffer);
}

static int connect_to_job(Worker *worker) {
        int fd, r;

        fd = open_socket(worker->socket_path);
        if (fd < 0)
                return fd;
        r = link_new(worker->event, fd, on_frame, on_closed, worker, &worker->link);
        return r < 0 ? r : say_hello(worker);
}

static void connect_later(Worker *worker) {
        (void)sd_event_source_set_time_relative(worker->connector, worker->pause_usec);
        (void)sd_event_source_set_enabled(worker->connector, SD_EVENT_ONESHOT);
        worker->pause_usec = MIN(worker->pause_usec * 2, connect_pause_max_usec);
}

static int on_connector(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Worker *worker = userdata;
        int r;

        r = connect_to_job(worker);
        if (r >= 0)
                return 0;
        worker->link = link_free(worker->link);
        if (worker->pause_usec == connect_pause_usec)
                log_message(LOG_WARNING, MESSAGE_JOB_UNREACHABLE, r,
                            "Cannot reach the job at %s, trying on: %m", worker->socket_path);
        (void)sd_notifyf(0, "STATUS=Cannot reach the job at %s: %s", worker->socket_path, strerror(-r));
        connect_later(worker);
        return 0;
}

static int end(Worker *worker) {
        return sd_event_exit(worker->event, 0);
}

static void on_closed(Link *link, int error, void *userdata) {
        Worker *worker = userdata;

        worker->work = work_free(worker->work);
        worker->link = link_free(worker->link);
        if (worker->leaving) {
                (void)end(worker);
                return;
        }
        if (error < 0)
                log_message(LOG_WARNING, MESSAGE_LINK_BROKE, error, "The connection to the job broke: %m");
        else
                log_message(LOG_NOTICE, MESSAGE_LINK_BROKE, 0,
                            "The job has closed the connection; what was not reported is dropped");
        (void)sd_notify(0, "STATUS=Not connected to the job");
        *worker->status.sent = '\0';
        connect_later(worker);
}

static int on_welcome(Worker *worker, Reader *payload) {
        WelcomeMessage welcome;
        int r;

        r = welcome_decode(payload, &welcome);
        if (r < 0)
                return r;
        r = welcome.version == WORKER_PROTOCOL_VERSION
                    ? work_new(worker->event, worker->link, &welcome, &worker->totals, &worker->work)
                    : -EPROTONOSUPPORT;
        if (r >= 0) {
                worker->pause_usec = connect_pause_usec;
                (void)sd_notifyf(0, "STATUS=Working on %s", welcome.table);
        }
        welcome_done(&welcome);
        return r;
}

static int on_frame(Link *link, uint32_t type, Reader *payload, void *userdata) {
        Worker *worker = userdata;
        int r;

        if (!worker->work)
                return type == WIRE_WELCOME ? on_welcome(worker, payload) : -EBADMSG;
        r = work_on_frame(worker->work, type, payload);
        if (r >= 0 && worker->leaving && work_is_done(worker->work))
                return end(worker);
        return r;
}

static int on_leave_timeout(sd_event_source *source, uint64_t at_usec, void *userdata) {
        log_message(LOG_WARNING, MESSAGE_DRAIN_CUT, 0,
                    "The job has not answered the last reports in %" PRIu64 " s; leaving without",
                    leave_timeout_usec / USEC_PER_SEC);
        return end(userdata);
}

void worker_leave(Worker *worker) {
        static const Buffer nothing = {};

        if (worker->leaving)
                return;
        worker->leaving = true;
        (void)sd_notify(0, "STOPPING=1\nSTATUS=Giving everything back");
        if (!worker->work || link_send(worker->link, WIRE_LEAVING, &nothing) < 0 ||
            work_finish(worker->work) < 0 || work_is_done(worker->work) ||
            sd_event_add_time_relative(worker->event, &worker->leaver, CLOCK_MONOTONIC, leave_timeout_usec,
                                       USEC_PER_MSEC, on_leave_timeout, worker) < 0)
                (void)end(worker);
}

int worker_new(sd_event *event, const char *socket_path, unsigned number, Worker **ret) {
        _cleanup_(worker_freep) Worker *worker = new0(Worker, 1);
        int r;

        if (!worker)
                return -ENOMEM;
        worker->event = event;
        worker->number = number;
        worker->pause_usec = connect_pause_usec;
        worker->socket_path = strdup(socket_path);
        if (!worker->socket_path)
                return -ENOMEM;
        r = sd_event_add_time_relative(event, &worker->connector, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                                       on_connector, worker);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &worker->heartbeat, CLOCK_MONOTONIC,
                                               HEARTBEAT_INTERVAL_USEC, USEC_PER_MSEC, on_heartbeat, worker);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(worker);
        return 0;
}

Worker *worker_free(Worker *worker) {
        if (!worker)
                return NULL;
        sd_event_source_disable_unref(worker->leaver);
        sd_event_source_disable_unref(worker->heartbeat);
        sd_event_source_disable_unref(worker->connector);
        work_free(worker->work);
        link_free(worker->link);
        free(worker->socket_path);
        free(worker);
        return NULL;
}
