/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stdio.h>

#include "base/units.h"

/* The terminal as a full screen, with keys as they are pressed. On every way out, a signal and a crash
 * included, it is as it was before. There is one. */

/* Returns 0, -ENOTTY (standard input or output is no terminal) or another errno. */
int screen_open(void);
void screen_close(void);

typedef struct ScreenSize {
        unsigned rows, columns;
} ScreenSize;
ScreenSize screen_size(void);

typedef enum ScreenKey {
        KEY_NONE, /* time is over, or the window's size has changed */
        KEY_UP,
        KEY_DOWN,
        KEY_QUIT, /* also a signal to end, and the end of input */
        KEY_OTHER,
} ScreenKey;

/* Waits for a key; a character that is none of the above is in *ret_character. */
ScreenKey screen_wait(usec_t timeout_usec, char *ret_character);

/* Text of what is shown next. Lines are cut to the width; those below are cleared. Returns 0 or -ENOMEM. */
FILE *screen_begin(void);
int screen_show(FILE *file); /* consumes it */
