/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "scaling/reason.h"

char *reason_duration(char buffer[static REASON_DURATION_MAX], usec_t usec) {
        if (usec >= 10 * USEC_PER_SEC)
                return format_duration(buffer, usec - usec % USEC_PER_SEC);
        snprintf(buffer, REASON_DURATION_MAX, "%.1fs", (double)usec / USEC_PER_SEC);
        return buffer;
}

static char *format_rate(char buffer[static UNIT_TEXT_MAX], double per_sec) {
        if (per_sec >= 10)
                return format_count(buffer, (uint64_t)llround(fmin(per_sec, 1e18)));
        snprintf(buffer, UNIT_TEXT_MAX, per_sec == floor(per_sec) ? "%.0f" : "%.1f", per_sec);
        return buffer;
}

void reason_set(ScalingDecision *decision, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(decision->reason, sizeof(decision->reason), format, ap);
        va_end(ap);
}

/* Appends; what does not fit is cut. */
static void _printf_(2, 3) add(ScalingDecision *decision, const char *format, ...) {
        size_t length = strlen(decision->reason);
        va_list ap;

        va_start(ap, format);
        vsnprintf(decision->reason + length, sizeof(decision->reason) - length, format, ap);
        va_end(ap);
}

void reason_set_load(ScalingDecision *decision, const char *format, ...) {
        char text[UNIT_TEXT_MAX], conclusion[128];
        va_list ap;

        decision->reason[0] = '\0';
        if (decision->backlog_records > 0) {
                add(decision, "backlog of %s record%s", format_count(text, decision->backlog_records),
                    decision->backlog_records == 1 ? "" : "s");
                if (decision->backlog_for_usec >= USEC_PER_SEC / 10)
                        add(decision, " for %s", reason_duration(text, decision->backlog_for_usec));
        } else
                add(decision, "no backlog");
        add(decision, "; %s/s arrive", format_rate(text, decision->arrival_per_sec));
        if (decision->rate_per_worker_per_sec > 0)
                add(decision, ", a worker does %s/s", format_rate(text, decision->rate_per_worker_per_sec));
        else
                add(decision, ", what a worker does is not known yet");
        if (!format)
                return;
        va_start(ap, format);
        vsnprintf(conclusion, sizeof(conclusion), format, ap);
        va_end(ap);
        add(decision, ": %s", conclusion);
}
