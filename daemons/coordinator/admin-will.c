/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>

#include "admin-will.h"

static const char *const kind_names[] = {
        [WILL_STOPPED] = "stopped", [WILL_PAUSED] = "paused", [WILL_SCALED] = "scaled"};

struct AdminWill {
        char *path;        /* or NULL */
        json_object *jobs; /* {"stopped": {"JOB": true, ...}, "paused": {...}, "scaled": {"JOB": {"min": n,
                              "max": n}}} */
};

static json_object *set_of(const AdminWill *will, WillKind kind) {
        return json_object_object_get(will->jobs, kind_names[kind]);
}

static int add_missing_sets(AdminWill *will) {
        for (WillKind kind = 0; kind < _WILL_MAX; kind++) {
                json_object *set = set_of(will, kind);

                if (set && !json_object_is_type(set, json_type_object))
                        return -EBADMSG;
                if (!set &&
                    json_object_object_add(will->jobs, kind_names[kind], json_object_new_object()) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int load(AdminWill *will) {
        _cleanup_close_ int fd = -EBADF;

        if (will->path) {
                fd = open(will->path, O_RDONLY | O_CLOEXEC);
                if (fd < 0 && errno != ENOENT)
                        return -errno;
        }
        will->jobs = fd >= 0 ? json_object_from_fd(fd) : json_object_new_object();
        if (!will->jobs)
                return fd >= 0 ? -EBADMSG : -ENOMEM;
        if (!json_object_is_type(will->jobs, json_type_object))
                return -EBADMSG;
        return add_missing_sets(will);
}

int admin_will_new(const char *path, AdminWill **ret) {
        _cleanup_(admin_will_freep) AdminWill *will = NULL;
        int r;

        will = new0(AdminWill, 1);
        if (!will)
                return -ENOMEM;
        if (path) {
                will->path = strdup(path);
                if (!will->path)
                        return -ENOMEM;
        }
        r = load(will);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(will);
        return 0;
}

AdminWill *admin_will_free(AdminWill *will) {
        if (!will)
                return NULL;
        json_object_put(will->jobs);
        free(will->path);
        free(will);
        return NULL;
}

bool admin_will_has(const AdminWill *will, WillKind kind, const char *job) {
        return json_object_object_get_ex(set_of(will, kind), job, NULL);
}

/* The file lives on a tmpfs: rename makes it whole or absent for a reader, fsync would add nothing. */
static int save(const AdminWill *will) {
        _cleanup_free_ char *temporary = NULL;

        if (!will->path)
                return 0;
        if (asprintf(&temporary, "%s.new", will->path) < 0)
                return -ENOMEM;
        errno = EIO; /* what json-c leaves unset */
        if (json_object_to_file_ext(temporary, will->jobs, JSON_C_TO_STRING_PRETTY) < 0)
                return -errno;
        return rename(temporary, will->path) < 0 ? -errno : 0;
}

int admin_will_set(AdminWill *will, WillKind kind, const char *job, bool value) {
        json_object *set = set_of(will, kind);

        if (admin_will_has(will, kind, job) == value)
                return 0;
        if (!value)
                json_object_object_del(set, job);
        else if (json_object_object_add(set, job, json_object_new_boolean(true)) < 0)
                return -ENOMEM;
        return save(will);
}

static unsigned limit_of(json_object *limits, const char *key) {
        json_object *value = limits ? json_object_object_get(limits, key) : NULL;

        return json_object_is_type(value, json_type_int) ? (unsigned)json_object_get_uint64(value)
                                                         : WORKER_LIMIT_NONE;
}

WorkerLimits admin_will_limits(const AdminWill *will, const char *job) {
        json_object *limits = json_object_object_get(set_of(will, WILL_SCALED), job);

        if (!json_object_is_type(limits, json_type_object))
                limits = NULL;
        return (WorkerLimits){limit_of(limits, "min"), limit_of(limits, "max")};
}

static void add_limit(json_object *limits, const char *key, unsigned limit) {
        if (limit != WORKER_LIMIT_NONE)
                (void)json_object_object_add(limits, key, json_object_new_uint64(limit));
}

int admin_will_set_limits(AdminWill *will, const char *job, WorkerLimits limits) {
        json_object *set = set_of(will, WILL_SCALED), *object;

        if (limits.min == WORKER_LIMIT_NONE && limits.max == WORKER_LIMIT_NONE) {
                json_object_object_del(set, job);
                return save(will);
        }
        object = json_object_new_object();
        add_limit(object, "min", limits.min);
        add_limit(object, "max", limits.max);
        if (json_object_object_add(set, job, object) < 0) {
                json_object_put(object);
                return -ENOMEM;
        }
        return save(will);
}
