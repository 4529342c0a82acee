/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* The greatest number wished for within some time: a queue of those that no later one has reached, so that
 * the oldest is the greatest. Zero-initialise. */
enum { RECENT_WISHES_MAX = 32 };

typedef struct RecentWishes {
        struct {
                usec_t at_usec;
                unsigned workers;
        } items[RECENT_WISHES_MAX];
        size_t n_items;
} RecentWishes;

void recent_wishes_add(RecentWishes *wishes, usec_t at_usec, unsigned workers);
/* Of those later than since_usec; 0 if there are none. */
unsigned recent_wishes_greatest(const RecentWishes *wishes, usec_t since_usec);
/* Forgets those that are not later. */
void recent_wishes_expire(RecentWishes *wishes, usec_t since_usec);
