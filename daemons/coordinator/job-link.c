/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "backoff.h"
#include "base/log.h"
#include "base/message-ids.h"
#include "job-link.h"
#include "wire/control.h"
#include "wire/frame.h"

/* A report of a job with thousands of partitions nests 4 deep. */
enum { MESSAGE_DEPTH_MAX = 16 };

struct JobLink {
        sd_event *event;
        const JobLinkHandler *handler; /* weak */
        void *userdata;                /* weak */
        char *name;
        Link *link; /* NULL while there is none */
        sd_event_source *retry;
        Backoff pauses;
        bool wanted;
};

static int send_message(JobLink *link, uint32_t type, const char *text) {
        Buffer payload = {.data = (uint8_t *)text, .size = strlen(text)};

        return link->link ? link_send(link->link, type, &payload) : -ENOTCONN;
}

static int parse_message(const Reader *payload, json_object **ret) {
        json_tokener *tokener;
        json_object *message;
        bool whole;

        tokener = json_tokener_new_ex(MESSAGE_DEPTH_MAX);
        if (!tokener)
                return -ENOMEM;
        message = json_tokener_parse_ex(tokener, (const char *)payload->data, (int)payload->left);
        whole = json_tokener_get_parse_end(tokener) == payload->left;
        json_tokener_free(tokener);
        if (!whole || !json_object_is_type(message, json_type_object)) {
                json_object_put(message);
                return -EBADMSG;
        }
        *ret = message;
        return 0;
}

static int on_frame(Link *frames, uint32_t type, Reader *payload, void *userdata) {
        JobLink *link = userdata;
        json_object *message;
        int r;

        r = parse_message(payload, &message);
        if (r < 0)
                return r;
        r = link->handler->received(type, message, link->userdata);
        json_object_put(message);
        if (r >= 0)
                backoff_reset(&link->pauses);
        return r;
}

static void retry_later(JobLink *link) {
        (void)sd_event_source_set_time_relative(link->retry, backoff_next(&link->pauses));
        (void)sd_event_source_set_enabled(link->retry, SD_EVENT_ONESHOT);
}

static void on_closed(Link *frames, int error, void *userdata) {
        JobLink *link = userdata;

        if (error < 0)
                log_message_fields(LOG_WARNING, MESSAGE_LINK_BROKE, error,
                                   LOG_FIELDS(FIELD_TEXT("STREAMETL_JOB", link->name)),
                                   "Job %s: the connection to its daemon broke: %m", link->name);
        link->link = link_free(link->link);
        if (link->wanted)
                retry_later(link);
}

static int connect_socket(const char *name, int *ret_fd) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = -EBADF;

        if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), CONTROL_SOCKET_FOLDER "/%s.sock",
                             name) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int open_link(JobLink *link) {
        int r, fd = -EBADF;

        r = connect_socket(link->name, &fd);
        if (r < 0)
                return r;
        r = link_new(link->event, fd, on_frame, on_closed, link, &link->link); /* consumes fd */
        if (r < 0)
                return r;
        r = send_message(link, CONTROL_HELLO, "{\"version\": 1}");
        if (r < 0) {
                link->link = link_free(link->link);
                return r;
        }
        link->handler->opened(link->userdata);
        return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        JobLink *link = userdata;
        int r;

        if (link->link)
                return 0;
        r = open_link(link);
        if (r < 0) {
                log_debug_errno(r, "Job %s: cannot connect to its daemon yet: %m", link->name);
                retry_later(link);
        }
        return 0;
}

int job_link_new(sd_event *event, const char *name, const JobLinkHandler *handler, void *userdata,
                 JobLink **ret) {
        _cleanup_(job_link_freep) JobLink *link = NULL;
        int r;

        link = new (JobLink, 1);
        if (!link)
                return -ENOMEM;
        *link = (JobLink){
                .event = sd_event_ref(event),
                .handler = handler,
                .userdata = userdata,
                .name = strdup(name),
                /* A new job listens within milliseconds, and the first report is what scaling waits for. */
                .pauses = {.min_usec = 50 * USEC_PER_MSEC, .max_usec = 2 * USEC_PER_SEC},
        };
        if (!link->name)
                return -ENOMEM;
        r = sd_event_add_time_relative(event, &link->retry, CLOCK_MONOTONIC, 0, 0, on_retry, link);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(link->retry, "connect to a job");
        r = sd_event_source_set_enabled(link->retry, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(link);
        return 0;
}

JobLink *job_link_free(JobLink *link) {
        if (!link)
                return NULL;
        sd_event_source_disable_unref(link->retry);
        link_free(link->link);
        sd_event_unref(link->event);
        free(link->name);
        free(link);
        return NULL;
}

void job_link_set_wanted(JobLink *link, bool wanted) {
        if (link->wanted == wanted)
                return;
        link->wanted = wanted;
        backoff_reset(&link->pauses);
        if (wanted && !link->link) {
                (void)sd_event_source_set_time_relative(link->retry, 0);
                (void)sd_event_source_set_enabled(link->retry, SD_EVENT_ONESHOT);
        } else if (!wanted) {
                /* What is open stays until the job closes it: its last reports count. */
                (void)sd_event_source_set_enabled(link->retry, SD_EVENT_OFF);
        }
}

bool job_link_is_open(const JobLink *link) {
        return link->link;
}

int job_link_send(JobLink *link, uint32_t type, json_object *message) {
        return send_message(link, type, json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN));
}
