/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "status.h"

void worker_status_send(WorkerStatus *status, const WorkTotals *totals, usec_t now_usec) {
        usec_t since_usec = now_usec - status->at_usec, busy_usec;
        char text[sizeof(status->sent)], rate[UNIT_TEXT_MAX], records[UNIT_TEXT_MAX];

        if (since_usec < USEC_PER_SEC)
                return;
        busy_usec = MIN(totals->busy_usec - status->totals.busy_usec, since_usec);
        snprintf(text, sizeof(text), "%s rec/s, %" PRIu64 " %% busy; %s records read",
                 format_count(rate, (totals->records - status->totals.records) * USEC_PER_SEC / since_usec),
                 busy_usec * 100 / since_usec, format_count(records, totals->records));
        status->at_usec = now_usec;
        status->totals = *totals;
        if (strcmp(text, status->sent) == 0)
                return;
        memcpy(status->sent, text, sizeof(text));
        (void)sd_notifyf(0, "STATUS=%s", text);
}
