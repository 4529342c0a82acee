/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "maintenance.h"
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "snapshot.h"

/* Who owns the folder can put there what they like, also while it is worked on: a link in the place of a
 * file, that is. So root works on it as its owner, and not as root; and what is made there is the owner's.
 * For good, since nothing comes after it. */
static int become_owner(const char *job, const char *folder) {
        _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return log_error_errno(errno, "Job %s has no state in %s: %m", job, folder);
        if (geteuid() != 0 || status.st_uid == 0)
                return 0;
        if (setgroups(0, NULL) < 0 || setresgid(status.st_gid, status.st_gid, status.st_gid) < 0 ||
            setresuid(status.st_uid, status.st_uid, status.st_uid) < 0)
                return log_error_errno(errno, "Cannot work as the owner of %s: %m", folder);
        return 0;
}

static char *file_in(const char *folder, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int open_state(const char *job, const char *folder, Store **ret) {
        static const uint64_t any_size = UINT64_C(1) << 40;
        _cleanup_free_ char *file = NULL;
        int r;

        /* Opening would make one, which the job could not write to. */
        file = file_in(folder, STORE_FILE);
        if (!file)
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
        _cleanup_free_ char *file = NULL, *lock_file = NULL;
        _cleanup_buffer_ Buffer changes = {};
        int r;

        log_notice(
                "The state of job %s is damaged, and so is what its sinks know it by: it takes them over as "
                "they are",
                job);
        file = file_in(folder, STORE_FILE);
        lock_file = file_in(folder, STORE_LOCK_FILE);
        if (!file || !lock_file)
                return log_oom();
        if ((unlink(lock_file) < 0 && errno != ENOENT) || unlink(file) < 0)
                return log_error_errno(errno, "Cannot remove %s: %m", file);
        r = store_open(folder, any_size, &store);
        if (r < 0)
                return log_error_errno(r, "Cannot make a state in %s: %m", folder);
        return commit(store, folder, snapshot_add_adoption(&changes), &changes);
}

int state_reset(const char *job, const char *folder) {
        _cleanup_(store_freep) Store *store = NULL;
        _cleanup_buffer_ Buffer changes = {};
        int r;

        r = become_owner(job, folder);
        if (r < 0)
                return r;
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

        r = become_owner(job, folder);
        if (r < 0)
                return r;
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
