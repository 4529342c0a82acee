/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <limits.h>

#include "base/macros.h"

/* What the admin decided about jobs and no configuration file says. It outlives the coordinator's process in
 * a small file of its runtime directory, and ends with the machine's (or the service's) run. */
typedef enum WillKind {
        WILL_STOPPED, /* stopped by hand: stays so until somebody starts it */
        WILL_PAUSED,  /* etlctl pause */
        WILL_SCALED,  /* etlctl scale: has limits */
        _WILL_MAX,
} WillKind;

typedef struct AdminWill AdminWill;

/* How many workers a job may have, where that is not what its file says. */
#define WORKER_LIMIT_NONE UINT_MAX
typedef struct WorkerLimits {
        unsigned min, max; /* WORKER_LIMIT_NONE: as the file says */
} WorkerLimits;

/* path: of the file, NULL to keep nothing. A missing file is an empty one. Returns 0, -EBADMSG (not a file
 * of ours) or another errno. */
int admin_will_new(const char *path, AdminWill **ret);
AdminWill *admin_will_free(AdminWill *will);
DEFINE_CLEANUP(AdminWill *, admin_will_free);

bool admin_will_has(const AdminWill *will, WillKind kind, const char *job);
/* Takes effect even where the file cannot be written, which is then the negative errno returned. */
int admin_will_set(AdminWill *will, WillKind kind, const char *job, bool value);

WorkerLimits admin_will_limits(const AdminWill *will, const char *job);
/* As admin_will_set(). */
int admin_will_set_limits(AdminWill *will, const char *job, WorkerLimits limits);
