/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"
#include "options.h"

typedef enum Colour {
        COLOUR_NONE,
        COLOUR_BOLD,
        COLOUR_GREEN,
        COLOUR_YELLOW,
        COLOUR_RED,
        _COLOUR_MAX
} Colour;

/* Whether standard output is a terminal that shows colours and whose user wants some (NO_COLOR, TERM). */
bool output_has_colours(void);
/* The sequence that switches to the colour, COLOUR_NONE back; "" if there are none. */
const char *output_colour(Colour colour);
/* Of a unit, a job or a sink: green if it works, yellow if it waits, red if it has failed. */
Colour colour_of_state(const char *state);

/* From now on standard output goes through a pager, if it is a terminal and there is one ($SYSTEMD_PAGER,
 * $PAGER, else less, as systemctl). */
void output_page(const Options *options);
/* Flushes, and waits until the user leaves the pager. */
void output_end(void);

/* Columns of the terminal; 100 if it is none. */
unsigned output_width(void);
