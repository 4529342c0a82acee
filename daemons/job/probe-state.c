/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <sys/stat.h>

#include "base/units.h"
#include "probe.h"
#include "snapshot.h"
#include "store.h"

/* Is the state whole, of a format that is known, and within its limit. */

/* Percent of limits.max_state from which on there is a word of it. */
enum { FULL_PERCENT = 90 };

static int visit_format(Reader key, Reader value, void *userdata) {
        uint32_t *format = userdata;

        if (key.left == strlen("format") && memcmp(key.data, "format", key.left) == 0)
                return read_u32(&value, format);
        return 0;
}

static int visit_nothing(Reader key, Reader value, void *userdata) {
        return 0;
}

/* Every entry has a checksum. */
static int read_all(Store *store, uint32_t *ret_format) {
        int r;

        r = store_walk(store, STORE_JOB, visit_format, ret_format);
        for (StoreTable table = 0; r >= 0 && table < _STORE_TABLE_MAX; table++)
                r = store_walk(store, table, visit_nothing, NULL);
        return r;
}

static void judge_whole(const Probe *probe, const char *mend) {
        _cleanup_(store_freep) Store *store = NULL;
        uint32_t format = SNAPSHOT_FORMAT;
        int r;

        r = store_open(probe->state_folder, probe->config->max_state_bytes, &store);
        if (r == -EBUSY) {
                probe_find("state", PROBE_OK, NULL, "the running job has the state in %s locked",
                           probe->state_folder);
                return;
        }
        if (r >= 0)
                r = read_all(store, &format);
        if (r < 0)
                probe_find("state", PROBE_PROBLEM, mend, "the state in %s cannot be read: %s",
                           probe->state_folder, r == -EUCLEAN ? "it is damaged" : strerror(-r));
        else if (format > SNAPSHOT_FORMAT)
                probe_find("state", PROBE_PROBLEM, mend,
                           "the state in %s has format %u, this version knows them up to %u",
                           probe->state_folder, format, SNAPSHOT_FORMAT);
        else
                probe_find("state", PROBE_OK, NULL, "the state in %s is whole", probe->state_folder);
}

static void judge_size(const Probe *probe, uint64_t bytes) {
        uint64_t max_bytes = probe->config->max_state_bytes;
        char size[UNIT_TEXT_MAX], max[UNIT_TEXT_MAX];

        format_size(size, bytes);
        format_size(max, max_bytes);
        if (bytes / FULL_PERCENT < max_bytes / 100)
                probe_find("state", PROBE_OK, NULL, "the state takes %s of %s", size, max);
        else
                probe_find("state", PROBE_WARNING,
                           "etlctl status  # then raise limits.max_state in the job's file",
                           "the state takes %s of the %s that limits.max_state allows", size, max);
}

void probe_state(Probe *probe) {
        _cleanup_free_ char *file = NULL, *mend = NULL;
        struct stat status;

        if (asprintf(&file, "%s/" STORE_FILE, probe->state_folder) < 0 ||
            asprintf(&mend,
                     "etlctl reset --yes %s && etlctl start %s  # begins anew; or put a backup "
                     "there",
                     probe->job, probe->job) < 0)
                return;
        if (stat(file, &status) < 0) {
                if (errno == ENOENT)
                        probe_find("state", PROBE_OK, NULL, "there is no state yet in %s",
                                   probe->state_folder);
                else
                        probe_find("state", PROBE_PROBLEM, "etlctl doctor  # as root",
                                   "cannot look into %s: %m", probe->state_folder);
                return;
        }
        judge_whole(probe, mend);
        judge_size(probe, (uint64_t)status.st_size);
}
