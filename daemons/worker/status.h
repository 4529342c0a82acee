/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "work.h"

/* STATUS= for `systemctl status`: how fast the worker is and how busy, in one line. Zero-initialise. */
typedef struct WorkerStatus {
        char sent[256];
        usec_t at_usec; /* monotonic */
        WorkTotals totals;
} WorkerStatus;

/* Called now and then while there is a connection; tells systemd what is new, at most once a second. */
void worker_status_send(WorkerStatus *status, const WorkTotals *totals, usec_t now_usec);
