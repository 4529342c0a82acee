/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <json-c/json.h>

#include "base/log.h"
#include "load.h"
#include "wire/control.h"
#include "worker.h"

static void caller_forget(Caller *caller) {
        Job *job = caller->job;

        for (size_t i = 0; i < job->n_callers; i++)
                if (job->callers[i] == caller) {
                        job->callers[i] = job->callers[--job->n_callers];
                        break;
                }
}

Caller *caller_free(Caller *caller) {
        if (!caller)
                return NULL;
        caller_forget(caller);
        link_free(caller->link);
        free(caller);
        return NULL;
}

static void on_closed(Link *link, int error, void *userdata) {
        caller_free(userdata);
}

static int on_pause(Job *job, const char *text, size_t size) {
        struct json_tokener *tokener = json_tokener_new_ex(4);
        struct json_object *object, *paused;
        int r = -EBADMSG;

        if (!tokener)
                return -ENOMEM;
        object = json_tokener_parse_ex(tokener, text, (int)size);
        json_tokener_free(tokener);
        if (object && json_object_object_get_ex(object, "paused", &paused) &&
            json_object_is_type(paused, json_type_boolean)) {
                job_set_paused(job, json_object_get_boolean(paused));
                r = 0;
        }
        json_object_put(object);
        return r;
}

/* The first frame says who calls. */
static int on_frame(Link *link, uint32_t type, Reader *payload, void *userdata) {
        Caller *caller = userdata;
        Job *job = caller->job;
        int r;

        if (type == WIRE_HELLO && !caller->is_coordinator) {
                r = worker_attach(job, link, payload);
                if (r < 0)
                        return log_warning_errno(r, "Refused a worker: %m");
                caller->link = NULL; /* the worker's now */
                caller_forget(caller);
                free(caller);
                return 0;
        }
        if (type == CONTROL_HELLO) {
                caller->is_coordinator = true;
                return load_send(job);
        }
        if (type == CONTROL_PAUSE && caller->is_coordinator)
                return on_pause(job, (const char *)payload->data, payload->left);
        return -EBADMSG;
}

int caller_new(Job *job, int fd) {
        Caller **callers, *caller;
        int r;

        callers = reallocarray(job->callers, job->n_callers + 1, sizeof(Caller *));
        caller = callers ? new0(Caller, 1) : NULL;
        if (callers)
                job->callers = callers;
        if (!caller) {
                close(fd);
                return -ENOMEM;
        }
        caller->job = job;
        r = link_new(job->event, fd, on_frame, on_closed, caller, &caller->link);
        if (r < 0) {
                free(caller);
                return r;
        }
        job->callers[job->n_callers++] = caller;
        return 0;
}
