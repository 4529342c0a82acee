/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "aggregate/group-windows.h"

static WindowGroups *window_groups_free(WindowGroups *window) {
        if (!window)
                return NULL;
        arena_done(&window->arena);
        free(window);
        return NULL;
}

void group_windows_done(GroupWindows *windows) {
        group_windows_drop(windows, windows->n_items);
        free(windows->items);
        *windows = (GroupWindows){};
}

/* Where the window is or would stand. */
static size_t position_of(const GroupWindows *windows, int64_t start_usec) {
        size_t low = 0, high = windows->n_items;

        if (high > 0 && windows->items[high - 1]->start_usec < start_usec)
                return high;
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (windows->items[middle]->start_usec < start_usec)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int insert_at(GroupWindows *windows, size_t position, int64_t start_usec) {
        WindowGroups *window;

        if (windows->n_items == windows->n_allocated) {
                size_t n = MAX(windows->n_allocated * 2, (size_t)16);
                WindowGroups **items = reallocarray(windows->items, n, sizeof(WindowGroups *));

                if (!items)
                        return -ENOMEM;
                windows->items = items;
                windows->n_allocated = n;
        }
        window = new0(WindowGroups, 1);
        if (!window)
                return -ENOMEM;
        window->start_usec = start_usec;
        memmove(windows->items + position + 1, windows->items + position,
                (windows->n_items - position) * sizeof(WindowGroups *));
        windows->items[position] = window;
        windows->n_items++;
        return 0;
}

int group_windows_get(GroupWindows *windows, int64_t start_usec, WindowGroups **ret) {
        size_t position;
        int r;

        if (!windows->recent || windows->recent->start_usec != start_usec) {
                position = position_of(windows, start_usec);
                if (position == windows->n_items || windows->items[position]->start_usec != start_usec) {
                        r = insert_at(windows, position, start_usec);
                        if (r < 0)
                                return r;
                }
                windows->recent = windows->items[position];
        }
        *ret = windows->recent;
        return 0;
}

size_t group_windows_count_closed(const GroupWindows *windows, usec_t size_usec, int64_t watermark_usec) {
        size_t n = 0;
        int64_t end;

        while (n < windows->n_items &&
               !__builtin_add_overflow(windows->items[n]->start_usec, size_usec, &end) &&
               end <= watermark_usec)
                n++;
        return n;
}

void group_windows_drop(GroupWindows *windows, size_t n) {
        if (n == 0)
                return;
        for (size_t i = 0; i < n; i++)
                window_groups_free(windows->items[i]);
        windows->n_items -= n;
        memmove(windows->items, windows->items + n, windows->n_items * sizeof(WindowGroups *));
        windows->recent = NULL;
}
