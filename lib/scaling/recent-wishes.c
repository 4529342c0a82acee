/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "scaling/recent-wishes.h"

void recent_wishes_add(RecentWishes *wishes, usec_t at_usec, unsigned workers) {
        while (wishes->n_items > 0 && wishes->items[wishes->n_items - 1].workers <= workers)
                wishes->n_items--;
        if (wishes->n_items == RECENT_WISHES_MAX) {
                /* A staircase of that many steps down: the last step lasts longer than it did. */
                wishes->items[wishes->n_items - 1].at_usec = at_usec;
                return;
        }
        wishes->items[wishes->n_items].at_usec = at_usec;
        wishes->items[wishes->n_items].workers = workers;
        wishes->n_items++;
}

unsigned recent_wishes_greatest(const RecentWishes *wishes, usec_t since_usec) {
        for (size_t i = 0; i < wishes->n_items; i++)
                if (wishes->items[i].at_usec > since_usec)
                        return wishes->items[i].workers;
        return 0;
}

void recent_wishes_expire(RecentWishes *wishes, usec_t since_usec) {
        size_t n = 0;

        while (n < wishes->n_items && wishes->items[n].at_usec <= since_usec)
                n++;
        wishes->n_items -= n;
        memmove(wishes->items, wishes->items + n, wishes->n_items * sizeof(wishes->items[0]));
}
