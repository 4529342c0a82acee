/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "base/units.h"

/* A thread that does one task at a time for the loop, so that nothing a task waits for (a disk, a server)
 * stalls merging or the watchdog. What fails is tried again after pauses from 100 ms to 10 s. */
typedef struct TaskThread TaskThread;

typedef enum TaskResult {
        TASK_DONE,
        TASK_RETRY, /* it may work later; error says why not now */
        TASK_FATAL, /* it never will; error says why */
} TaskResult;

typedef struct TaskError {
        char text[512];
        bool is_for_the_admin; /* of a fatal one: a new start would not mend it */
} TaskError;

/* Fills the error and returns TASK_RETRY, respectively TASK_FATAL. */
TaskResult task_retry(TaskError *error, const char *format, ...) _printf_(2, 3);
TaskResult task_fatal(TaskError *error, const char *format, ...) _printf_(2, 3);

/* Runs in the thread; blocks as long as it takes. */
typedef TaskResult (*TaskWork)(void *userdata, TaskError *error);
/* Runs in the loop: error is NULL when the task is done, else it is fatal. */
typedef void (*TaskOver)(const TaskError *error, void *userdata);

/* What log lines say of a task that fails, and works again. */
typedef struct TaskLabel {
        const char *what;                 /* "State", "Sink console" */
        const char *sink;                 /* field STREAMETL_SINK=, or NULL */
        const char *failed_id, *works_id; /* of lib/base/message-ids.h */
} TaskLabel;

/* The label is weak and lives as long as the thread. */
int task_thread_new(sd_event *event, const TaskLabel *label, TaskOver over, void *userdata,
                    TaskThread **ret);
/* Waits for the attempt that the thread is at; a task that fails is not tried again. */
TaskThread *task_thread_free(TaskThread *thread);
DEFINE_CLEANUP(TaskThread *, task_thread_free);

/* The thread must be idle. work gets the thread's userdata. */
void task_thread_start(TaskThread *thread, TaskWork work);
/* Why the last attempt at the present task failed and how long the pause before the next still is; false if
 * none failed. */
bool task_thread_trouble(TaskThread *thread, TaskError *ret, usec_t *ret_pause_usec);
