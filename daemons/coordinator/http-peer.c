/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "http-peer.h"
#include <stdio.h>
#include <sys/socket.h>
#include <systemd/sd-login.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "job.h"

static bool get_peer(const Request *request, struct ucred *ret) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        socklen_t size = sizeof(*ret);

        return info && getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, ret, &size) == 0;
}

void http_log_change(const Request *request, const char *what) {
        char uid_field[64], pid_field[64], unit_field[320], job_field[sizeof("STREAMETL_JOB=") + JOB_NAME_MAX];
        const char *fields[5] = {};
        _cleanup_free_ char *unit = NULL;
        struct ucred peer;
        size_t n = 0;

        if (request->job) {
                (void)snprintf(job_field, sizeof(job_field), "STREAMETL_JOB=%s", request->job->name);
                fields[n++] = job_field;
        }
        if (!get_peer(request, &peer)) {
                log_message_fields(LOG_NOTICE, MESSAGE_API_CHANGE, 0, fields, "Asked over the API: %s", what);
                return;
        }
        (void)sd_pid_get_unit(peer.pid, &unit);
        (void)snprintf(uid_field, sizeof(uid_field), "STREAMETL_PEER_UID=%u", peer.uid);
        (void)snprintf(pid_field, sizeof(pid_field), "STREAMETL_PEER_PID=%d", peer.pid);
        fields[n++] = uid_field;
        fields[n++] = pid_field;
        if (unit) {
                (void)snprintf(unit_field, sizeof(unit_field), "STREAMETL_PEER_UNIT=%s", unit);
                fields[n++] = unit_field;
        }
        log_message_fields(LOG_NOTICE, MESSAGE_API_CHANGE, 0, fields,
                           "Asked over the API by user %u, process %d%s%s: %s", peer.uid, peer.pid,
                           unit ? " of " : "", unit ?: "", what);
}
