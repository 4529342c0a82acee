/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "maintenance.h"
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "snapshot.h"

static int open_state(const char *job, const char *folder, Store **ret) {
        static const uint64_t any_size = UINT64_C(1) << 40;
        _cleanup_free_ char *file = NULL;
        int r;

        /* Opening would make one, which the job could not write to. */
        if (asprintf(&file, "%s/" STORE_FILE, folder) < 0)
                return log_oom();
        if (access(file, F_OK) < 0)
                return log_error_errno(errno, "Job %s has no state in %s: %m", job, folder);
        r = store_open(folder, any_size, ret);
        if (r == -EBUSY)
                return log_error_errno(r, "Job %s runs; stop it first: \"systemctl stop etl-job@%s\"", job,
                                       job);
        if (r < 0 && r != -EUCLEAN)
                return log_error_errno(r, "Cannot open the state in %s: %m", folder);
        return r;
}

static int commit(Store *store, const char *folder, int r, const Buffer *changes) {
        if (r >= 0)
                r = store_commit(store, changes);
        return r < 0 ? log_error_errno(r, "Cannot write to the state in %s: %m", folder) : 0;
}

/* A new store, for who the job is to its sinks cannot be read. */
static int drop_damaged(const char *job, const char *folder) {
        static const uint64_t any_size = UINT64_C(1) << 40;
        _cleanup_(store_freep) Store *store = NULL;
        _cleanup_free_ char *file = NULL;
        _cleanup_buffer_ Buffer changes = {};
        struct stat status;
        int r;

        log_notice(
                "The state of job %s is damaged, and so is what its sinks know it by: it takes them over as "
                "they are",
                job);
        if (asprintf(&file, "%s/" STORE_FILE, folder) < 0)
                return log_oom();
        if (stat(file, &status) < 0 || unlink(file) < 0)
                return log_error_errno(errno, "Cannot remove %s: %m", file);
        r = store_open(folder, any_size, &store);
        /* root makes it, and the suite's user must be able to write to it. */
        if (r >= 0 && chown(file, status.st_uid, status.st_gid) < 0)
                r = -errno;
        if (r < 0)
                return log_error_errno(r, "Cannot make a state in %s: %m", folder);
        return commit(store, folder, snapshot_add_adoption(&changes), &changes);
}

int state_reset(const char *job, const char *folder) {
        _cleanup_(store_freep) Store *store = NULL;
        _cleanup_buffer_ Buffer changes = {};
        int r;

        r = open_state(job, folder, &store);
        if (r >= 0)
                r = snapshot_add_reset(store, &changes);
        if (r == -EUCLEAN) {
                store = store_free(store);
                r = drop_damaged(job, folder);
        } else if (store)
                r = commit(store, folder, r, &changes);
        if (r >= 0)
                log_notice("Dropped the state of job %s: it begins anew at source.start", job);
        return r;
}

int state_adopt(const char *job, const char *folder) {
        _cleanup_(store_freep) Store *store = NULL;
        _cleanup_buffer_ Buffer changes = {};
        int r;

        r = open_state(job, folder, &store);
        if (r == -EUCLEAN)
                return log_error_errno(r, "The state in %s is damaged; \"etlctl reset %s\" drops it", folder,
                                       job);
        if (r < 0)
                return r;
        r = commit(store, folder, snapshot_add_adoption(&changes), &changes);
        if (r >= 0)
                log_notice("Job %s takes its sinks over as they are when it is started next", job);
        return r;
}
