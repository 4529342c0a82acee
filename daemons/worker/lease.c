/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "lease.h"

int lease_new(const LeaseMessage *message, const Query *query, Lease **ret) {
        _cleanup_(lease_freep) Lease *lease = new0(Lease, 1);
        int r;

        if (!lease)
                return -ENOMEM;
        lease->id = message->id;
        lease->reported = lease->position = message->start;
        lease->end = message->end;
        lease->watermark_usec = lease->next_watermark_usec = message->watermark_usec;
        lease->unreported_since_usec = USEC_INFINITY;
        r = partials_init(&lease->partials, query);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(lease);
        return 0;
}

Lease *lease_free(Lease *lease) {
        if (!lease)
                return NULL;
        partials_done(&lease->partials);
        free(lease->failure);
        free(lease);
        return NULL;
}

void lease_advance(Lease *lease, int64_t position, usec_t now_usec) {
        if (position <= lease->position)
                return;
        lease->position = MIN(position, lease->end);
        lease->over |= lease->position == lease->end;
        if (lease->unreported_since_usec == USEC_INFINITY)
                lease->unreported_since_usec = now_usec;
}

void lease_set_watermark(Lease *lease, int64_t watermark_usec) {
        lease->next_watermark_usec = MAX(lease->next_watermark_usec, watermark_usec);
}

bool lease_is_due(const Lease *lease, const ReportPolicy *policy, usec_t now_usec) {
        if (lease->over)
                return true;
        if (lease->unreported_since_usec == USEC_INFINITY)
                return lease->next_watermark_usec > lease->watermark_usec;
        return lease->at_log_end || now_usec - lease->unreported_since_usec >= policy->delay_usec ||
               partials_bytes(&lease->partials) >= policy->max_bytes;
}

int lease_report(Lease *lease, Buffer *buffer) {
        ReportMessage report = {
                .id = lease->id,
                .from = lease->reported,
                .to = lease->position,
                .final = lease->over && !lease->failure,
                .next_watermark_usec = lease->next_watermark_usec,
        };
        int r;

        partials_describe(&lease->partials, &report);
        r = report_encode(&report, buffer);
        if (r >= 0)
                r = partials_encode(&lease->partials, buffer);
        if (r < 0)
                return r;
        lease->reported = lease->position;
        lease->watermark_usec = lease->next_watermark_usec;
        lease->unreported_since_usec = USEC_INFINITY;
        partials_clear(&lease->partials);
        return 0;
}
