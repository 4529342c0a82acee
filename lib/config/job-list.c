/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <dirent.h>
#include <stdio.h>

#include "base/strv.h"
#include "config/config-error.h"

static void closedirp(DIR **folder) {
        if (*folder)
                closedir(*folder);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_file(const char *folder, const char *file, char ***names, ConfigError *error) {
        _cleanup_free_ char *name = NULL, *path = NULL;
        size_t size = strlen(file);

        if (*file == '.' || size <= 5 || strcmp(file + size - 5, ".conf") != 0)
                return 0;
        name = strndup(file, size - 5);
        if (!name)
                return -ENOMEM;
        if (job_name_is_valid(name))
                return strv_extend(names, name);
        if (asprintf(&path, "%s/%s", folder, file) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return config_error_set(
                error, path, 0, 0,
                "\"%s\" cannot be a job's name; 1 to 64 characters a-z, 0-9 or _ are allowed", name);
}

int job_config_list(const char *folder, char ***ret_names, ConfigError *error) {
        _cleanup_(closedirp) DIR *stream = opendir(folder);
        _cleanup_strv_ char **names = NULL;
        struct dirent *entry;
        int r;

        if (!stream && errno != ENOENT)
                return -errno;
        for (errno = 0; stream && (entry = readdir(stream)); errno = 0) {
                r = add_file(folder, entry->d_name, &names, error);
                if (r < 0)
                        return r;
        }
        if (stream && errno != 0)
                return -errno;
        if (!names)
                names = new0(char *, 1);
        if (!names)
                return -ENOMEM;
        qsort(names, strv_length(names), sizeof(char *), compare_names);
        *ret_names = TAKE_PTR(names);
        return 0;
}
