/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "base/buffer.h"

/* Frames over a connected AF_UNIX stream socket: u32 size of the payload, u32 type, payload. A link owns its
 * socket, reads and writes without blocking from the event loop, and calls back per frame. */
#define FRAME_PAYLOAD_MAX (64u * 1024 * 1024)

typedef struct Link Link;

/* payload is valid during the call. A negative return closes the link with that error. */
typedef int (*LinkFrame)(Link *link, uint32_t type, Reader *payload, void *userdata);
/* The peer is gone (error 0) or the link broke (negative errno). Called once, never from inside link_send();
 * the callback may free the link. */
typedef void (*LinkClosed)(Link *link, int error, void *userdata);

/* Consumes fd. */
int link_new(sd_event *event, int fd, LinkFrame frame, LinkClosed closed, void *userdata, Link **ret);
Link *link_free(Link *link);
DEFINE_CLEANUP(Link *, link_free);

/* Sends at once what the socket takes and queues the rest. Returns 0, -ENOMEM, -EMSGSIZE, or -EPIPE on a
 * closed link. */
int link_send(Link *link, uint32_t type, const Buffer *payload);
/* Bytes queued and not yet taken by the kernel. */
size_t link_queued_bytes(const Link *link);
/* Writes out everything queued, blocking at most timeout_usec. For the last words of a process. */
int link_flush(Link *link, uint64_t timeout_usec);
/* Stops (false) or resumes (true) reading: back pressure. */
int link_set_reading(Link *link, bool reading);
