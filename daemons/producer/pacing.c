/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "pacing.h"

/* The reference: time.sleep(random.uniform(0.05, 0.3)) */
#define PAUSE_LEAST_USEC (50 * USEC_PER_MSEC)
#define PAUSE_MOST_USEC (300 * USEC_PER_MSEC)

static double pause_usec(Pacing *pacing) {
        switch (pacing->mode) {
        case PACING_REFERENCE:
                return PAUSE_LEAST_USEC +
                       random_below(&pacing->random, PAUSE_MOST_USEC - PAUSE_LEAST_USEC + 1);
        case PACING_RATE: return USEC_PER_SEC / pacing->per_sec;
        case PACING_UNLIMITED: break;
        }
        return 0;
}

void pacing_start(Pacing *pacing, PacingMode mode, double per_sec, uint64_t seed, usec_t now_usec) {
        *pacing = (Pacing){.mode = mode, .per_sec = per_sec, .due_usec = now_usec};
        random_seed(&pacing->random, seed);
}

bool pacing_take(Pacing *pacing, usec_t now_usec) {
        if (pacing->due_usec > now_usec)
                return false;
        pacing->due_usec += pause_usec(pacing);
        return true;
}

usec_t pacing_due_usec(const Pacing *pacing) {
        /* Rounded up, or a timer would find nothing due yet. */
        usec_t whole = (usec_t)pacing->due_usec;

        return whole + (pacing->due_usec > whole);
}

void pacing_resume(Pacing *pacing, usec_t now_usec) {
        pacing->due_usec = MAX(pacing->due_usec, (double)now_usec);
}
