/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <json-c/json.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "load.h"
#include "results.h"
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

static int on_pause(Job *job, struct json_object *message) {
        struct json_object *paused = json_object_object_get(message, "paused");

        if (!json_object_is_type(paused, json_type_boolean))
                return -EBADMSG;
        job_set_paused(job, json_object_get_boolean(paused));
        return 0;
}

static int on_reset(Job *job) {
        log_notice("The state is dropped, and the job begins anew");
        job->reset_wanted = true;
        return sd_event_exit(job->event, EX_TEMPFAIL);
}

static int on_coordinator(Job *job, uint32_t type, struct json_object *message) {
        switch (type) {
        case CONTROL_PAUSE: return on_pause(job, message);
        case CONTROL_RESULTS: return results_ask(job->results, message);
        case CONTROL_RESET: return on_reset(job);
        case CONTROL_RELOAD: job_reload(job); return 0;
        default: return -EBADMSG;
        }
}

static int parse(const Reader *payload, struct json_object **ret) {
        enum { DEPTH_MAX = 5 };
        struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);

        if (!tokener)
                return -ENOMEM;
        *ret = json_tokener_parse_ex(tokener, (const char *)payload->data, (int)payload->left);
        json_tokener_free(tokener);
        if (json_object_is_type(*ret, json_type_object))
                return 0;
        json_object_put(*ret);
        return -EBADMSG;
}

static int refuse(const Caller *caller, uint32_t type) {
        return log_message(LOG_WARNING, MESSAGE_CALLER_REFUSED, EPROTO,
                           "Refused process %d: what it said (%" PRIu32 ") is not for the %s socket",
                           (int)caller->pid, type, caller->at_control ? "control" : "workers'");
}

static int on_worker_frame(Caller *caller, uint32_t type, Reader *payload) {
        int r;

        if (type != WIRE_HELLO)
                return refuse(caller, type);
        r = worker_attach(caller->job, caller->link, payload);
        if (r < 0)
                return log_warning_errno(r, "Refused a worker: %m");
        caller->link = NULL; /* the worker's now */
        caller_forget(caller);
        free(caller);
        return 0;
}

static int on_control_frame(Caller *caller, uint32_t type, Reader *payload) {
        struct json_object *message;
        int r;

        if (type == CONTROL_HELLO) {
                caller->is_coordinator = true;
                return load_send(caller->job);
        }
        if (!caller->is_coordinator)
                return refuse(caller, type);
        r = parse(payload, &message);
        if (r < 0)
                return r;
        r = on_coordinator(caller->job, type, message);
        json_object_put(message);
        return r;
}

/* The socket says who may call, the first frame that it is so: what a caller says does not make it the
 * coordinator. */
static int on_frame(Link *link, uint32_t type, Reader *payload, void *userdata) {
        Caller *caller = userdata;

        return caller->at_control ? on_control_frame(caller, type, payload)
                                  : on_worker_frame(caller, type, payload);
}

/* 0 if it cannot be known. */
static pid_t peer_pid(int fd) {
        struct ucred peer;
        socklen_t size = sizeof(peer);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ? 0 : peer.pid;
}

int caller_new(Job *job, int fd, bool at_control) {
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
        caller->pid = peer_pid(fd);
        caller->at_control = at_control;
        r = link_new(job->event, fd, on_frame, on_closed, caller, &caller->link);
        if (r < 0) {
                free(caller);
                return r;
        }
        job->callers[job->n_callers++] = caller;
        return 0;
}
