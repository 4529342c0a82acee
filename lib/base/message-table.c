/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stddef.h>

#include "base/message-ids.h"
#include "base/message-table.h"

#define MESSAGE(name, by, fields) {#name, MESSAGE_##name, by, fields}

/* clang-format off */
const MessageType message_types[] = {
        MESSAGE(JOB_STARTED, "job", "JOB TOPIC PARTITIONS"),
        MESSAGE(JOB_DRAINED, "job", "JOB EPOCH"),
        MESSAGE(STATE_RESTORED, "job", "JOB EPOCH"),
        MESSAGE(STATE_REFUSED, "job", "JOB"),
        MESSAGE(STATE_HELD, "job", "JOB"),
        MESSAGE(STATE_BACK, "job", "JOB"),
        MESSAGE(SINK_DOWN, "job", "JOB SINK"),
        MESSAGE(SINK_BACK, "job", "JOB SINK"),
        MESSAGE(SINK_REFUSED, "job", "JOB SINK"),
        MESSAGE(TOPIC_ANEW, "job", "JOB TOPIC"),
        MESSAGE(PARTITIONS_ADDED, "job", "JOB TOPIC PARTITIONS"),
        MESSAGE(TOPIC_GONE, "job", "JOB TOPIC"),
        MESSAGE(TOPIC_BACK, "job", "JOB TOPIC"),
        MESSAGE(RECORDS_REMOVED, "job", "JOB TOPIC PARTITION OFFSET"),
        MESSAGE(BROKER_UNREACHABLE, "job producer", "(JOB)"),
        MESSAGE(BROKER_BACK, "job producer", "(JOB)"),
        MESSAGE(DEAD_LETTER, "job", "JOB (REASON) (COLUMN) (TOPIC) (PARTITION) (OFFSET) (VALUE)"),
        MESSAGE(BAD_RECORD, "job", "JOB TOPIC PARTITION OFFSET"),
        MESSAGE(LEASE_FAILED, "job", "JOB WORKER TOPIC PARTITION OFFSET"),
        MESSAGE(REPORT_REFUSED, "job", "JOB WORKER"),
        MESSAGE(WORKER_JOINED, "job", "JOB WORKER"),
        MESSAGE(WORKER_LEFT, "job", "JOB WORKER"),
        MESSAGE(WORKER_LOST, "job", "JOB WORKER"),
        MESSAGE(WORKER_SILENT, "job", "JOB WORKER"),
        MESSAGE(DRAIN_CUT, "job worker", "JOB (WORKER)"),
        MESSAGE(CONFIG_REFUSED, "job", "JOB"),
        MESSAGE(CONFIG_TAKEN, "coordinator job", "(JOB)"),
        MESSAGE(CONFIG_BROKEN, "coordinator job", "(JOB)"),
        MESSAGE(LINK_BROKE, "coordinator worker", "JOB (WORKER)"),
        MESSAGE(CALLER_REFUSED, "job", "JOB"),
        MESSAGE(JOB_UNREACHABLE, "worker", "JOB WORKER"),
        MESSAGE(PLAN_REFUSED, "worker", "JOB WORKER"),
        MESSAGE(WORKERS_WANTED, "coordinator", "JOB WORKERS WORKERS_BEFORE"),
        MESSAGE(WORKER_FAILED, "coordinator", "JOB WORKER"),
        MESSAGE(JOB_FAILED, "coordinator", "JOB"),
        MESSAGE(JOB_STOPPED, "coordinator", "JOB"),
        MESSAGE(JOB_UNSTOPPED, "coordinator", "JOB"),
        MESSAGE(API_CHANGE, "coordinator", "(JOB) PEER_UID PEER_PID (PEER_UNIT)"),
        MESSAGE(UNIT_TROUBLE, "coordinator", "JOB"),
        MESSAGE(UNITS_DENIED, "coordinator", ""),
        MESSAGE(UNITS_ALLOWED, "coordinator", ""),
        MESSAGE(SYSTEMD_LOST, "coordinator", ""),
        MESSAGE(SYSTEMD_BACK, "coordinator", ""),
        MESSAGE(RELOAD_REFUSED, "coordinator", ""),
        MESSAGE(NO_WEB_PAGE, "coordinator", ""),
        MESSAGE(WILL_FORGOTTEN, "coordinator", ""),
        MESSAGE(COORDINATOR_STOPS, "coordinator", ""),
        MESSAGE(RECORD_NOT_SENT, "producer", ""),
        {}
};
/* clang-format on */
