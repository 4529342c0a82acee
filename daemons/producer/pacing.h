/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"
#include "random.h"

/* When records are due. Pure: the caller says what time it is (monotonic clock). */

typedef enum PacingMode {
        PACING_REFERENCE, /* a pause of 0.05 to 0.3 s, uniformly, after each record: about 5.7 a second */
        PACING_RATE,      /* so many a second */
        PACING_UNLIMITED,
} PacingMode;

typedef struct Pacing {
        PacingMode mode;
        double per_sec;
        Random random; /* apart from the records' own, so that the pace does not change what is sent */
        double due_usec;
} Pacing;

void pacing_start(Pacing *pacing, PacingMode mode, double per_sec, uint64_t seed, usec_t now_usec);

/* Is the next record due? If so it counts as sent and the one after it becomes the next. */
bool pacing_take(Pacing *pacing, usec_t now_usec);

/* When the next record is due; in the past if it already is. */
usec_t pacing_due_usec(const Pacing *pacing);

/* For a sender that was held up: what was missed is not made up for, the next record is due now. */
void pacing_resume(Pacing *pacing, usec_t now_usec);
