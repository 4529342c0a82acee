/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <systemd/sd-journal.h>

#include "base/units.h"
#include "doctor.h"

/* Are lines of the suite, which may be its results, dropped on their way into the journal. */

/* SD_MESSAGE_JOURNAL_DROPPED of sd-messages.h */
#define DROPPED "a596d6fe7bfa4994828e72309e95d61e"
#define PERIOD_USEC (24 * 60 * USEC_PER_MINUTE)
/* Of units/etl-job@.service: as good as none. */
#define BURST_MIN 1000000U

static bool next_is_ours(sd_journal *journal, char text[static 256]) {
        const void *data;
        size_t size;

        while (sd_journal_next(journal) > 0) {
                if (sd_journal_get_data(journal, "MESSAGE", &data, &size) < 0)
                        continue;
                snprintf(text, 256, "%.*s", (int)size - (int)strlen("MESSAGE="),
                         (const char *)data + strlen("MESSAGE="));
                if (strstr(text, "etl-"))
                        return true;
        }
        return false;
}

static void check_dropped(Doctor *doctor) {
        _cleanup_(sd_journal_closep) sd_journal *journal = NULL;
        unsigned n = 0;
        char text[256], last[256] = "";
        int r;

        r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
        if (r >= 0)
                r = sd_journal_add_match(journal, "MESSAGE_ID=" DROPPED, 0);
        if (r >= 0)
                r = sd_journal_seek_realtime_usec(journal, realtime_usec() - PERIOD_USEC);
        if (r < 0) {
                doctor_find(doctor, HEALTH_WARNING, "journal", "sudo etlctl doctor",
                            "the journal cannot be read: %s", strerror(-r));
                return;
        }
        for (; next_is_ours(journal, text); n++)
                memcpy(last, text, sizeof(last));
        if (n > 0)
                doctor_find(doctor, HEALTH_WARNING, "journal",
                            "systemctl revert etl-job@.service etl-coordinator.service && systemctl restart "
                            "etl-coordinator",
                            "lines were dropped in the last day, the last time: %s", last);
        else
                doctor_find(doctor, HEALTH_OK, "journal", NULL,
                            "no line of the suite was dropped in the last day");
}

static uint32_t burst_of(const Doctor *doctor, const char *unit) {
        _cleanup_free_ char *path = NULL;
        uint32_t burst = UINT32_MAX;

        if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0)
                (void)sd_bus_get_property_trivial(doctor->bus, "org.freedesktop.systemd1", path,
                                                  "org.freedesktop.systemd1.Service", "LogRateLimitBurst",
                                                  NULL, 'u', &burst);
        return burst;
}

void check_journal(Doctor *doctor) {
        char unit[128], mend[MEND_MAX];

        check_dropped(doctor);
        for (size_t i = 0; doctor->bus && i < doctor->n_jobs; i++) {
                uint32_t burst;

                snprintf(unit, sizeof(unit), "etl-job@%s.service", doctor->jobs[i].name);
                burst = burst_of(doctor, unit);
                if (burst < BURST_MIN)
                        doctor_find(doctor, HEALTH_PROBLEM, "journal",
                                    mend_text(mend, "systemctl revert %s etl-job@.service", unit),
                                    "%s may write only %" PRIu32
                                    " lines a time: rows of the console sink would be lost",
                                    unit, burst);
        }
}
