/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include "http-files.h"
#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "http-error.h"

#define WEB PKGDATADIR "/web/"
#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define ICON "image/svg+xml"
#define PAGE_FILE(name, type) {"/" name, WEB name, type}

/* clang-format off */
static const struct {
        const char *url, *path, *type;
} table[] = {
        {"/", WEB "index.html", HTML},
        PAGE_FILE("style.css", CSS),
        PAGE_FILE("icon.svg", ICON),
        PAGE_FILE("announce.js", SCRIPT),
        PAGE_FILE("api.js", SCRIPT),
        PAGE_FILE("charts.js", SCRIPT),
        PAGE_FILE("clock.js", SCRIPT),
        PAGE_FILE("connection.js", SCRIPT),
        PAGE_FILE("context.js", SCRIPT),
        PAGE_FILE("copy.js", SCRIPT),
        PAGE_FILE("decisions.js", SCRIPT),
        PAGE_FILE("dom.js", SCRIPT),
        PAGE_FILE("figures.js", SCRIPT),
        PAGE_FILE("format.js", SCRIPT),
        PAGE_FILE("histogram.js", SCRIPT),
        PAGE_FILE("history.js", SCRIPT),
        PAGE_FILE("hour.js", SCRIPT),
        PAGE_FILE("job-config.js", SCRIPT),
        PAGE_FILE("job-dead-letters.js", SCRIPT),
        PAGE_FILE("job-live.js", SCRIPT),
        PAGE_FILE("job-numbers.js", SCRIPT),
        PAGE_FILE("job-partitions.js", SCRIPT),
        PAGE_FILE("job-query.js", SCRIPT),
        PAGE_FILE("job-scaling.js", SCRIPT),
        PAGE_FILE("job-sinks.js", SCRIPT),
        PAGE_FILE("job-windows.js", SCRIPT),
        PAGE_FILE("job-workers.js", SCRIPT),
        PAGE_FILE("job.js", SCRIPT),
        PAGE_FILE("leases.js", SCRIPT),
        PAGE_FILE("main.js", SCRIPT),
        PAGE_FILE("meter.js", SCRIPT),
        PAGE_FILE("overview.js", SCRIPT),
        PAGE_FILE("refused.js", SCRIPT),
        PAGE_FILE("route.js", SCRIPT),
        PAGE_FILE("state.js", SCRIPT),
        PAGE_FILE("stream.js", SCRIPT),
        PAGE_FILE("table.js", SCRIPT),
        PAGE_FILE("windows-chart.js", SCRIPT),
        {"/dygraph.js", DYGRAPHSDIR "/dygraph.min.js", SCRIPT},
        {"/api/v1/openapi.json", PKGDATADIR "/openapi.json", "application/json"},
};
/* clang-format on */

/* Far above any of them. */
enum { FILE_BYTES_MAX = 4 * 1024 * 1024 };

struct HttpFiles {
        Buffer contents[ELEMENTSOF(table)];
        bool present[ELEMENTSOF(table)];
};

static int read_file(const char *path, Buffer *ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        ssize_t n;
        int r;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX)
                return -EFBIG;
        r = buffer_reserve(ret, (size_t)status.st_size);
        if (r < 0)
                return r;
        n = read(fd, ret->data, (size_t)status.st_size);
        if (n < 0)
                return -errno;
        ret->size = (size_t)n;
        return 0;
}

void http_files_load(HttpFiles *files) {
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_buffer_ Buffer contents = {};
                int r;

                r = read_file(table[i].path, &contents);
                if (r < 0)
                        log_warning_errno(r, "The page is not whole without %s: %m", table[i].path);
                buffer_done(&files->contents[i]);
                files->contents[i] = contents;
                contents = (Buffer){};
                files->present[i] = r >= 0;
        }
}

int http_files_new(HttpFiles **ret) {
        HttpFiles *files = new0(HttpFiles, 1);

        if (!files)
                return -ENOMEM;
        http_files_load(files);
        *ret = files;
        return 0;
}

HttpFiles *http_files_free(HttpFiles *files) {
        if (!files)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                buffer_done(&files->contents[i]);
        free(files);
        return NULL;
}

void http_files_answer(Request *request) {
        const HttpFiles *files = request->manager->files;

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                if (strcmp(request->url, table[i].url) != 0)
                        continue;
                if (files->present[i])
                        request_answer_text(request, MHD_HTTP_OK, table[i].type,
                                            (const char *)files->contents[i].data, files->contents[i].size);
                else
                        request_fail(request, MHD_HTTP_NOT_FOUND, "%s is not installed", table[i].path);
                return;
        }
        request_fail(request, MHD_HTTP_NOT_FOUND,
                     "there is no such path; the page is at /, the API at /api/v1/");
}
