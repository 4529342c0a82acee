/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "configuration.h"

int complain(const ConfigError *error, const char *path, int code) {
        _cleanup_free_ char *text = code == -EINVAL ? config_error_text(error) : NULL;

        if (text)
                fprintf(stderr, "%s\n", text);
        else
                fprintf(stderr, "%s: %s\n", path, strerror(-code));
        return code;
}

int load_suite(const char *path, SuiteConfig **ret) {
        _cleanup_config_error_ ConfigError error = {};
        int r;

        r = suite_config_load(path, ret, &error);
        return r < 0 ? complain(&error, path, r) : 0;
}

int load_job(const SuiteConfig *suite, const char *name_or_path, JobConfig **ret) {
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *path = NULL;
        int r;

        if (job_name_is_valid(name_or_path))
                r = asprintf(&path, "%s/%s.conf", suite->jobs_folder, name_or_path);
        else
                r = asprintf(&path, "%s", name_or_path);
        if (r < 0) {
                path = NULL;
                return complain(&error, name_or_path, -ENOMEM);
        }
        r = job_config_load(suite, path, ret, &error);
        if (r == -ENOENT && job_name_is_valid(name_or_path)) {
                fprintf(stderr, "etlctl: there is no job %s: %s does not exist\n", name_or_path, path);
                return r;
        }
        return r < 0 ? complain(&error, path, r) : 0;
}
