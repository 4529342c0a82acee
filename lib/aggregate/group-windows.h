/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "aggregate/group.h"
#include "base/units.h"

/* The open windows, ordered by their start: what a watermark closes stands at the front. Windows mostly
 * appear in order and few are open at a time, so an array does. */
typedef struct GroupWindows {
        WindowGroups **items;
        size_t n_items, n_allocated;
        WindowGroups *recent; /* weak: the last one found */
} GroupWindows;

void group_windows_done(GroupWindows *windows);
/* Finds or makes the window that starts there. Returns 0 or -ENOMEM. */
int group_windows_get(GroupWindows *windows, int64_t start_usec, WindowGroups **ret);
/* How many from the front end at or below the watermark. */
size_t group_windows_count_closed(const GroupWindows *windows, usec_t size_usec, int64_t watermark_usec);
/* Frees the first n with all their memory. */
void group_windows_drop(GroupWindows *windows, size_t n);
