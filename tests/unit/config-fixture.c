/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "config-fixture.h"

int fixture_setup(void **state) {
        Fixture *fixture = new0(Fixture, 1);

        assert_non_null(fixture);
        strcpy(fixture->folder, "/tmp/test-config.XXXXXX");
        assert_non_null(mkdtemp(fixture->folder));
        snprintf(fixture->suite_path, sizeof(fixture->suite_path), "%s/streametl.conf", fixture->folder);
        snprintf(fixture->job_path, sizeof(fixture->job_path), "%s/streametl.d", fixture->folder);
        assert_int_equal(mkdir(fixture->job_path, 0700), 0);
        strcat(fixture->job_path, "/test.conf");
        *state = fixture;
        return 0;
}

static void forget(Fixture *fixture) {
        fixture->job = job_config_free(fixture->job);
        fixture->suite = suite_config_free(fixture->suite);
        config_error_done(&fixture->error);
        *fixture->text = '\0';
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

int fixture_teardown(void **state) {
        Fixture *fixture = *state;

        forget(fixture);
        nftw(fixture->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        free(fixture);
        return 0;
}

void write_file(const char *path, const char *text, size_t size) {
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, size), size);
}

void fixture_describe(Fixture *fixture) {
        _cleanup_free_ char *text = config_error_text(&fixture->error);
        size_t skip = strlen(fixture->folder) + 1;

        assert_non_null(text);
        if (fixture->error.file && strncmp(text, fixture->folder, skip - 1) == 0)
                snprintf(fixture->text, sizeof(fixture->text), "%s", text + skip);
        else
                snprintf(fixture->text, sizeof(fixture->text), "%s", text);
}

int fixture_load(Fixture *fixture, const char *suite, const char *job) {
        int r;

        forget(fixture);
        if (suite)
                write_file(fixture->suite_path, suite, strlen(suite));
        else
                unlink(fixture->suite_path);
        r = suite_config_load(fixture->suite_path, &fixture->suite, &fixture->error);
        if (r == 0 && job) {
                write_file(fixture->job_path, job, strlen(job));
                r = job_config_load(fixture->suite, fixture->job_path, &fixture->job, &fixture->error);
        }
        fixture_describe(fixture);
        return r;
}
