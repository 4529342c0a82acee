/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "sink.h"

/* Pauses between attempts at an epoch that the sink would not take. */
static const usec_t retry_first_usec = 100 * USEC_PER_MSEC, retry_last_usec = 10 * USEC_PER_SEC;

struct Sink {
        const SinkMethods *methods;
        char *name;
        void *data;
        SinkDelivered on_delivered;
        void *userdata;
        sd_event_source *done_source;
        int done_fd; /* eventfd: the thread says that it is done */
        usec_t busy_since_usec;

        pthread_t thread;
        bool started;
        pthread_mutex_t lock; /* of what follows */
        pthread_cond_t wake;
        const Epoch *epoch; /* to be delivered; NULL: idle */
        bool stop;
};

static const SinkMethods *const sink_methods[] = {
        [SINK_CONSOLE] = &console_sink_methods,
};

/* Waits to be told of an epoch; NULL means stop. */
static const Epoch *sink_wait(Sink *sink) {
        const Epoch *epoch;

        pthread_mutex_lock(&sink->lock);
        while (!sink->epoch && !sink->stop)
                pthread_cond_wait(&sink->wake, &sink->lock);
        epoch = sink->epoch;
        pthread_mutex_unlock(&sink->lock);
        return epoch;
}

/* Pauses unless the sink is stopped; returns false if it is. */
static bool sink_pause(Sink *sink, usec_t usec) {
        usec_t until_usec = monotonic_usec() + usec;
        struct timespec until = {
                .tv_sec = (time_t)(until_usec / USEC_PER_SEC),
                .tv_nsec = (long)(until_usec % USEC_PER_SEC) * 1000,
        };
        bool stop;

        pthread_mutex_lock(&sink->lock);
        while (!sink->stop && monotonic_usec() < until_usec)
                pthread_cond_timedwait(&sink->wake, &sink->lock, &until);
        stop = sink->stop;
        pthread_mutex_unlock(&sink->lock);
        return !stop;
}

static void *sink_run(void *userdata) {
        Sink *sink = userdata;
        const Epoch *epoch;

        while ((epoch = sink_wait(sink))) {
                const uint64_t one = 1;
                usec_t pause_usec = retry_first_usec;
                int r;

                while ((r = sink->methods->deliver(sink->data, epoch)) < 0) {
                        log_warning_errno(r, "Sink %s did not take epoch %" PRIu64 ", trying again: %m",
                                          sink->name, epoch->number);
                        if (!sink_pause(sink, pause_usec))
                                return NULL;
                        pause_usec = MIN(pause_usec * 2, retry_last_usec);
                }
                pthread_mutex_lock(&sink->lock);
                sink->epoch = NULL;
                pthread_mutex_unlock(&sink->lock);
                (void)!write(sink->done_fd, &one, sizeof(one));
        }
        return NULL;
}

static int on_done(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Sink *sink = userdata;
        uint64_t count;

        if (read(fd, &count, sizeof(count)) == sizeof(count)) {
                sink->busy_since_usec = 0;
                sink->on_delivered(sink, sink->userdata);
        }
        return 0;
}

static int sink_start(Sink *sink) {
        pthread_condattr_t attributes;
        sigset_t all, before;
        int r;

        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_mutex_init(&sink->lock, NULL);
        pthread_cond_init(&sink->wake, &attributes);
        pthread_condattr_destroy(&attributes);

        /* Signals are the main thread's. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&sink->thread, NULL, sink_run, sink);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        sink->started = r == 0;
        return -r;
}

int sink_new(sd_event *event, const SinkConfig *config, SinkDelivered delivered, void *userdata,
             Sink **ret) {
        _cleanup_(sink_freep) Sink *sink = NULL;
        int r;

        sink = new0(Sink, 1);
        if (!sink)
                return -ENOMEM;
        sink->methods = sink_methods[config->type];
        sink->on_delivered = delivered;
        sink->userdata = userdata;
        sink->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (sink->done_fd < 0)
                return -errno;
        sink->name = strdup(config->name);
        if (!sink->name)
                return -ENOMEM;
        r = sink->methods->open(config, &sink->data);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &sink->done_source, sink->done_fd, EPOLLIN, on_done, sink);
        if (r < 0)
                return r;
        r = sink_start(sink);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(sink);
        return 0;
}

Sink *sink_free(Sink *sink) {
        if (!sink)
                return NULL;
        if (sink->started) {
                pthread_mutex_lock(&sink->lock);
                sink->stop = true;
                pthread_cond_signal(&sink->wake);
                pthread_mutex_unlock(&sink->lock);
                pthread_join(sink->thread, NULL);
                pthread_cond_destroy(&sink->wake);
                pthread_mutex_destroy(&sink->lock);
        }
        sd_event_source_disable_unref(sink->done_source);
        if (sink->data)
                sink->methods->close(sink->data);
        if (sink->done_fd > 0)
                close(sink->done_fd);
        free(sink->name);
        free(sink);
        return NULL;
}

const char *sink_name(const Sink *sink) {
        return sink->name;
}

bool sink_is_busy(const Sink *sink) {
        return sink->busy_since_usec > 0;
}

usec_t sink_busy_since_usec(const Sink *sink) {
        return sink->busy_since_usec;
}

void sink_deliver(Sink *sink, const Epoch *epoch) {
        sink->busy_since_usec = monotonic_usec();
        pthread_mutex_lock(&sink->lock);
        sink->epoch = epoch;
        pthread_cond_signal(&sink->wake);
        pthread_mutex_unlock(&sink->lock);
}
