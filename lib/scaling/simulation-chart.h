/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"
#include "scaling/simulation.h"

typedef struct ChartStyle {
        size_t columns; /* at most; a column stands for one second or more */
        size_t rows;    /* of each value */
        bool ascii;     /* no blocks of Unicode */
} ChartStyle;

/* Draws what a simulation came to: arriving records per second, backlog, workers wanted, each with its
 * greatest value, above an axis of time. Appends lines; returns 0 or -ENOMEM. */
int simulation_chart(const Outcome *outcome, const ChartStyle *style, Buffer *buffer);
