/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* Pauses that double: min, 2 min, 4 min, ... up to max. Initialise min and max. */
typedef struct Backoff {
        usec_t min_usec, max_usec;
        usec_t next_usec; /* 0: the next pause is the first */
} Backoff;

/* The pause to make now. */
usec_t backoff_next(Backoff *backoff);
/* All is well again: the next pause is the first. */
void backoff_reset(Backoff *backoff);
