/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "bad-share.h"

static const usec_t period_usec = USEC_PER_MINUTE, step_usec = 5 * USEC_PER_SEC;
/* Below that one bad batch would be an alarm. */
static const uint64_t records_min = 100, step_records = 10;

void bad_share_reset(BadShare *share) {
        *share = (BadShare){};
}

/* A step is both time and records, so all points together span a minute and a hundred records. */
void bad_share_observe(BadShare *share, usec_t at_usec, uint64_t records, uint64_t bad) {
        if (records < share->newest.records || bad < share->newest.bad)
                bad_share_reset(share);
        share->newest.at_usec = at_usec;
        share->newest.records = records;
        share->newest.bad = bad;
        if (share->n > 0 && (at_usec - share->points[share->n - 1].at_usec < step_usec ||
                             records - share->points[share->n - 1].records < step_records))
                return;
        if (share->n == BAD_SHARE_POINTS)
                memmove(share->points, share->points + 1, --share->n * sizeof(share->points[0]));
        share->points[share->n++] = share->newest;
}

bool bad_share_is_alarming(const BadShare *share, uint64_t *ret_records, uint64_t *ret_bad) {
        uint64_t records = 0, bad = 0;

        for (size_t i = share->n; i > 0; i--) {
                records = share->newest.records - share->points[i - 1].records;
                bad = share->newest.bad - share->points[i - 1].bad;
                if (records >= records_min &&
                    share->newest.at_usec - share->points[i - 1].at_usec >= period_usec)
                        break;
        }
        if (records < records_min || bad * 2 <= records)
                return false;
        *ret_records = records;
        *ret_bad = bad;
        return true;
}
