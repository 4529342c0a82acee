/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <poll.h>
#include <sys/socket.h>

#include "base/units.h"
#include "wire/frame.h"

typedef struct FrameHeader {
        uint32_t size; /* of the payload */
        uint32_t type;
} FrameHeader;

struct Link {
        int fd;
        sd_event_source *io;     /* owns nothing of the fd */
        sd_event_source *closer; /* reports the end from the loop, never from inside link_send() */
        LinkFrame on_frame;
        LinkClosed on_closed;
        void *userdata;
        Buffer in;
        size_t in_parsed; /* bytes of in that were handed out */
        Buffer out;
        size_t out_written;
        bool reading;
        bool closed;
        int error;
        Link **freed; /* set while a callback runs: tells it whether the link is still there */
};

/* A read takes what is there, up to this much at a time, so that one busy peer does not starve the others.
 */
enum { READ_BYTES = 256 * 1024 };

static void link_update_events(Link *link) {
        uint32_t events =
                (link->reading ? EPOLLIN : 0) | (link->out.size > link->out_written ? EPOLLOUT : 0);

        (void)sd_event_source_set_io_events(link->io, events);
}

static void link_close(Link *link, int error) {
        if (link->closed)
                return;
        link->closed = true;
        link->error = error;
        (void)sd_event_source_set_enabled(link->io, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(link->closer, SD_EVENT_ONESHOT);
}

static int link_write(Link *link) {
        while (link->out_written < link->out.size) {
                ssize_t n = send(link->fd, link->out.data + link->out_written,
                                 link->out.size - link->out_written, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno == EPIPE) {
                        /* The peer is gone, but its last words may be unread: reading finds the end. */
                        link->out_written = link->out.size;
                        break;
                }
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                link->out_written += (size_t)n;
        }
        link->out.size = link->out_written = 0;
        return 0;
}

/* Calls back for each whole frame. Returns -ECANCELED if a callback freed the link. */
static int link_dispatch(Link *link) {
        while (!link->closed && link->in.size - link->in_parsed >= sizeof(FrameHeader)) {
                const uint8_t *data = link->in.data + link->in_parsed;
                size_t left = link->in.size - link->in_parsed;
                Link *alive = link;
                FrameHeader header;
                Reader payload;
                int r;

                memcpy(&header, data, sizeof(header));
                if (header.size > FRAME_PAYLOAD_MAX)
                        return -EMSGSIZE;
                if (left < sizeof(header) + header.size)
                        break;
                link->in_parsed += sizeof(header) + header.size;

                payload = (Reader){data + sizeof(header), header.size};
                link->freed = &alive;
                r = link->on_frame(link, header.type, &payload, link->userdata);
                if (!alive)
                        return -ECANCELED;
                link->freed = NULL;
                if (r < 0)
                        return r;
        }
        if (link->in_parsed > 0) {
                link->in.size -= link->in_parsed;
                memmove(link->in.data, link->in.data + link->in_parsed, link->in.size);
                link->in_parsed = 0;
        }
        return 0;
}

static int link_read(Link *link) {
        ssize_t n;
        int r;

        r = buffer_reserve(&link->in, READ_BYTES);
        if (r < 0)
                return r;
        n = recv(link->fd, link->in.data + link->in.size, READ_BYTES, MSG_DONTWAIT);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0) {
                link_close(link, 0);
                return 0;
        }
        link->in.size += (size_t)n;
        return link_dispatch(link);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Link *link = userdata;
        int r = 0;

        if (revents & EPOLLOUT)
                r = link_write(link);
        if (r >= 0 && revents & (EPOLLIN | EPOLLHUP | EPOLLERR) && link->reading)
                r = link_read(link);
        else if (r >= 0 && revents & (EPOLLHUP | EPOLLERR))
                link_close(link, 0);
        if (r == -ECANCELED)
                return 0; /* freed */
        if (r < 0)
                link_close(link, r);
        link_update_events(link);
        return 0;
}

static int on_close(sd_event_source *source, void *userdata) {
        Link *link = userdata;

        link->on_closed(link, link->error, link->userdata);
        return 0;
}

int link_new(sd_event *event, int fd, LinkFrame frame, LinkClosed closed, void *userdata, Link **ret) {
        _cleanup_(link_freep) Link *link = NULL;
        int r;

        link = new (Link, 1);
        if (!link) {
                close(fd);
                return -ENOMEM;
        }
        *link = (Link){
                .fd = fd,
                .on_frame = frame,
                .on_closed = closed,
                .userdata = userdata,
                .reading = true,
        };
        r = sd_event_add_io(event, &link->io, fd, EPOLLIN, on_io, link);
        if (r < 0)
                return r;
        r = sd_event_add_defer(event, &link->closer, on_close, link);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(link->closer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(link);
        return 0;
}

Link *link_free(Link *link) {
        if (!link)
                return NULL;
        if (link->freed)
                *link->freed = NULL;
        sd_event_source_disable_unref(link->io);
        sd_event_source_disable_unref(link->closer);
        close(link->fd);
        buffer_done(&link->in);
        buffer_done(&link->out);
        free(link);
        return NULL;
}

int link_send(Link *link, uint32_t type, const Buffer *payload) {
        size_t size = payload ? payload->size : 0;
        FrameHeader header = {.size = (uint32_t)size, .type = type};
        int r;

        if (link->closed)
                return -EPIPE;
        if (size > FRAME_PAYLOAD_MAX)
                return -EMSGSIZE;
        r = buffer_reserve(&link->out, sizeof(header) + size);
        if (r < 0)
                return r;
        (void)buffer_append(&link->out, &header, sizeof(header));
        if (size > 0)
                (void)buffer_append(&link->out, payload->data, size);
        r = link_write(link);
        if (r < 0) {
                link_close(link, r);
                return -EPIPE;
        }
        link_update_events(link);
        return 0;
}

size_t link_queued_bytes(const Link *link) {
        return link->out.size - link->out_written;
}

int link_flush(Link *link, uint64_t timeout_usec) {
        usec_t deadline = monotonic_usec() + timeout_usec;

        while (!link->closed && link_queued_bytes(link) > 0) {
                struct pollfd poll_fd = {.fd = link->fd, .events = POLLOUT};
                usec_t now = monotonic_usec();
                int r;

                if (now >= deadline)
                        return -ETIMEDOUT;
                r = poll(&poll_fd, 1, (int)((deadline - now + 999) / 1000));
                if (r < 0 && errno != EINTR)
                        return -errno;
                r = link_write(link);
                if (r < 0)
                        return r;
        }
        return link->closed ? -EPIPE : 0;
}

int link_set_reading(Link *link, bool reading) {
        link->reading = reading;
        if (!link->closed)
                link_update_events(link);
        return 0;
}
