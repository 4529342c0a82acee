/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "scaling/scaling.h"

/* The one sentence that tells an admin why. */

void reason_set(ScalingDecision *decision, const char *format, ...) _printf_(2, 3);
/* The decision's numbers, then (unless format is NULL) what follows from them: "backlog of 1,200 records for
 * 1.2s; 31/s arrive, a worker does 8/s: catching up". */
void reason_set_load(ScalingDecision *decision, const char *format, ...) _printf_(2, 3);

/* To a tenth of a second below ten seconds, else to a second. Returns the buffer. */
#define REASON_DURATION_MAX UNIT_TEXT_MAX
char *reason_duration(char buffer[static REASON_DURATION_MAX], usec_t usec);
