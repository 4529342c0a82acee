/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "http-peer.h"
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
        const char *job = request->job ? request->job->name : NULL;
        _cleanup_free_ char *unit = NULL;
        struct ucred peer;

        if (!get_peer(request, &peer)) {
                log_message_fields(LOG_NOTICE, MESSAGE_API_CHANGE, 0,
                                   LOG_FIELDS(FIELD_TEXT("STREAMETL_JOB", job)), "Asked over the API: %s",
                                   what);
                return;
        }
        (void)sd_pid_get_unit(peer.pid, &unit);
        log_message_fields(LOG_NOTICE, MESSAGE_API_CHANGE, 0,
                           LOG_FIELDS(FIELD_TEXT("STREAMETL_JOB", job),
                                      FIELD_NUMBER("STREAMETL_PEER_UID", peer.uid),
                                      FIELD_NUMBER("STREAMETL_PEER_PID", peer.pid),
                                      FIELD_TEXT("STREAMETL_PEER_UNIT", unit)),
                           "Asked over the API by user %u, process %d%s%s: %s", peer.uid, peer.pid,
                           unit ? " of " : "", unit ?: "", what);
}
