/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* Which part of the records is bad, of about the last minute; where fewer than a hundred came in it, of
 * about the last hundred. Zero-initialise. */
enum { BAD_SHARE_POINTS = 13 };

typedef struct BadShare {
        struct {
                usec_t at_usec; /* monotonic */
                uint64_t records, bad;
        } points[BAD_SHARE_POINTS], newest; /* the oldest first */
        size_t n;
} BadShare;

/* records: the total, bad ones among them. Totals that go back mean that the state began anew: so does this.
 */
void bad_share_observe(BadShare *share, usec_t at_usec, uint64_t records, uint64_t bad);
/* The job's process, and so perhaps its columns, are new. */
void bad_share_reset(BadShare *share);
/* Whether that is more than half of them, and of how many; never of fewer than a hundred. */
bool bad_share_is_alarming(const BadShare *share, uint64_t *ret_records, uint64_t *ret_bad);
