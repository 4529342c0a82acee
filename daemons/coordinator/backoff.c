/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "backoff.h"

usec_t backoff_next(Backoff *backoff) {
        usec_t pause = backoff->next_usec ?: backoff->min_usec;

        backoff->next_usec = pause > backoff->max_usec / 2 ? backoff->max_usec : pause * 2;
        return pause;
}

void backoff_reset(Backoff *backoff) {
        backoff->next_usec = 0;
}
