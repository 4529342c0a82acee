/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "task-thread.h"
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/log.h"

static const usec_t retry_first_usec = 100 * USEC_PER_MSEC, retry_last_usec = 10 * USEC_PER_SEC;

struct TaskThread {
        const TaskLabel *label;
        TaskOver over;
        void *userdata;
        sd_event_source *over_source;
        int over_fd; /* eventfd: the thread says that the task is over */

        pthread_t thread;
        bool started;
        pthread_mutex_t lock; /* of what follows */
        pthread_cond_t wake;
        TaskWork work; /* NULL: idle */
        TaskResult result;
        TaskError error;
        usec_t retry_at_usec; /* monotonic; 0: no attempt failed */
        bool stop;
};

static void set_error(TaskError *error, const char *format, va_list arguments) {
        error->is_for_the_admin = false;
        vsnprintf(error->text, sizeof(error->text), format, arguments);
        error->text[strcspn(error->text, "\r\n")] = '\0'; /* libpq ends with a newline, and has hints */
}

TaskResult task_retry(TaskError *error, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        set_error(error, format, arguments);
        va_end(arguments);
        return TASK_RETRY;
}

TaskResult task_fatal(TaskError *error, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        set_error(error, format, arguments);
        va_end(arguments);
        return TASK_FATAL;
}

/* Waits for a task; NULL means stop. */
static TaskWork wait_for_work(TaskThread *thread) {
        TaskWork work;

        pthread_mutex_lock(&thread->lock);
        while (!thread->work && !thread->stop)
                pthread_cond_wait(&thread->wake, &thread->lock);
        work = thread->stop ? NULL : thread->work;
        pthread_mutex_unlock(&thread->lock);
        return work;
}

/* Pauses; returns false if the thread is to stop. */
static bool wait_to_retry(TaskThread *thread, const TaskError *error, usec_t usec) {
        usec_t until_usec = monotonic_usec() + usec;
        struct timespec until = {
                .tv_sec = (time_t)(until_usec / USEC_PER_SEC),
                .tv_nsec = (long)(until_usec % USEC_PER_SEC) * 1000,
        };
        bool stop;

        pthread_mutex_lock(&thread->lock);
        thread->error = *error;
        thread->retry_at_usec = until_usec;
        while (!thread->stop && monotonic_usec() < until_usec)
                pthread_cond_timedwait(&thread->wake, &thread->lock, &until);
        stop = thread->stop;
        pthread_mutex_unlock(&thread->lock);
        return !stop;
}

/* Returns false if the thread is to stop. */
static bool work_until_over(TaskThread *thread, TaskWork work) {
        usec_t pause_usec = retry_first_usec;
        bool troubled = false;
        TaskResult result;
        TaskError error;

        while ((result = work(thread->userdata, &error)) == TASK_RETRY) {
                log_message_fields(LOG_WARNING, thread->label->failed_id, 0,
                                   LOG_FIELDS(FIELD_TEXT("STREAMETL_SINK", thread->label->sink)),
                                   "%s: %s; trying again in %.1f s", thread->label->what, error.text,
                                   (double)pause_usec / USEC_PER_SEC);
                troubled = true;
                if (!wait_to_retry(thread, &error, pause_usec))
                        return false;
                pause_usec = MIN(pause_usec * 2, retry_last_usec);
        }
        if (troubled && result == TASK_DONE)
                log_message_fields(LOG_NOTICE, thread->label->works_id, 0,
                                   LOG_FIELDS(FIELD_TEXT("STREAMETL_SINK", thread->label->sink)),
                                   "%s: works again", thread->label->what);

        pthread_mutex_lock(&thread->lock);
        thread->work = NULL;
        thread->result = result;
        thread->error = error;
        thread->retry_at_usec = 0;
        pthread_mutex_unlock(&thread->lock);
        return true;
}

static void *run(void *userdata) {
        static const uint64_t one = 1;
        TaskThread *thread = userdata;
        TaskWork work;

        while ((work = wait_for_work(thread)))
                if (!work_until_over(thread, work) || write(thread->over_fd, &one, sizeof(one)) < 0)
                        break;
        return NULL;
}

static int on_over(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        TaskThread *thread = userdata;
        TaskError error;
        bool failed;
        uint64_t count;

        if (read(fd, &count, sizeof(count)) != sizeof(count))
                return 0;
        pthread_mutex_lock(&thread->lock);
        failed = thread->result == TASK_FATAL;
        error = thread->error;
        pthread_mutex_unlock(&thread->lock);
        thread->over(failed ? &error : NULL, thread->userdata); /* may free the thread */
        return 0;
}

static int start(TaskThread *thread) {
        pthread_condattr_t attributes;
        sigset_t all, before;
        int r;

        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_mutex_init(&thread->lock, NULL);
        pthread_cond_init(&thread->wake, &attributes);
        pthread_condattr_destroy(&attributes);

        /* Signals are the main thread's. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&thread->thread, NULL, run, thread);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        thread->started = r == 0;
        return -r;
}

int task_thread_new(sd_event *event, const TaskLabel *label, TaskOver over, void *userdata,
                    TaskThread **ret) {
        _cleanup_(task_thread_freep) TaskThread *thread = new0(TaskThread, 1);
        int r;

        if (!thread)
                return -ENOMEM;
        thread->label = label;
        thread->over = over;
        thread->userdata = userdata;
        thread->over_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (thread->over_fd < 0)
                return -errno;
        r = sd_event_add_io(event, &thread->over_source, thread->over_fd, EPOLLIN, on_over, thread);
        if (r >= 0)
                r = start(thread);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(thread);
        return 0;
}

TaskThread *task_thread_free(TaskThread *thread) {
        if (!thread)
                return NULL;
        if (thread->started) {
                pthread_mutex_lock(&thread->lock);
                thread->stop = true;
                pthread_cond_signal(&thread->wake);
                pthread_mutex_unlock(&thread->lock);
                pthread_join(thread->thread, NULL);
                pthread_cond_destroy(&thread->wake);
                pthread_mutex_destroy(&thread->lock);
        }
        sd_event_source_disable_unref(thread->over_source);
        if (thread->over_fd >= 0)
                close(thread->over_fd);
        free(thread);
        return NULL;
}

void task_thread_start(TaskThread *thread, TaskWork work) {
        pthread_mutex_lock(&thread->lock);
        thread->work = work;
        pthread_cond_signal(&thread->wake);
        pthread_mutex_unlock(&thread->lock);
}

bool task_thread_trouble(TaskThread *thread, TaskError *ret, usec_t *ret_pause_usec) {
        usec_t now_usec = monotonic_usec();
        bool troubled;

        pthread_mutex_lock(&thread->lock);
        troubled = thread->retry_at_usec > 0;
        if (troubled) {
                *ret = thread->error;
                *ret_pause_usec = thread->retry_at_usec > now_usec ? thread->retry_at_usec - now_usec : 0;
        }
        pthread_mutex_unlock(&thread->lock);
        return troubled;
}
