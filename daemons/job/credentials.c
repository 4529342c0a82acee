/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "credentials.h"
#include <fcntl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "config/config-error.h"

/* systemd's own limit for all credentials of a service. */
enum { CREDENTIAL_BYTES_MAX = 1024 * 1024 };

static int read_file(const char *path, Buffer *out) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = 0;
        int r;

        if (fd < 0)
                return -errno;
        do {
                out->size += (size_t)n;
                r = buffer_reserve(out, 4096);
                if (r < 0)
                        return r;
                n = read(fd, out->data + out->size, out->allocated - out->size);
        } while (n > 0 && out->size < CREDENTIAL_BYTES_MAX);
        if (n < 0)
                return -errno;
        while (out->size > 0 && out->data[out->size - 1] == '\n')
                out->size--;
        return 0;
}

static int append_credential(const JobConfig *config, const char *name, int size, Buffer *out,
                             ConfigError *error) {
        const char *folder = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_free_ char *path = NULL;
        _cleanup_buffer_ Buffer value = {};
        int r;

        if (asprintf(&path, "%s/%.*s", folder ?: "/run/credentials", size, name) < 0)
                return -ENOMEM;
        r = size == 0 || memchr(name, '/', (size_t)size) ? -EINVAL : read_file(path, &value);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !folder)
                return config_error_set(error, config->path, 0, 0,
                                        "there is no credential \"%.*s\"; put it into "
                                        "/etc/credstore/%.*s, with a name that begins with \"streametl.\"",
                                        size, name, size, name);
        return buffer_append(out, value.data, value.size);
}

static int insert(const JobConfig *config, char **text, ConfigError *error) {
        static const char open_mark[] = "${credential:";
        const char *p = *text, *mark, *end;
        _cleanup_buffer_ Buffer out = {};
        int r = 0;

        if (!p || !strstr(p, open_mark))
                return 0;
        while (r >= 0 && (mark = strstr(p, open_mark)) && (end = strchr(mark, '}'))) {
                const char *name = mark + sizeof(open_mark) - 1;

                r = buffer_append(&out, p, (size_t)(mark - p));
                if (r >= 0)
                        r = append_credential(config, name, (int)(end - name), &out, error);
                p = end + 1;
        }
        if (r >= 0)
                r = buffer_append(&out, p, strlen(p) + 1);
        if (r < 0)
                return r;
        free(*text);
        *text = (char *)out.data;
        out = (Buffer){};
        return 0;
}

static int insert_all(const JobConfig *config, char **texts, ConfigError *error) {
        int r = 0;

        for (; r >= 0 && texts && *texts; texts++)
                r = insert(config, texts, error);
        return r;
}

static int insert_into_sink(const JobConfig *config, SinkConfig *sink, ConfigError *error) {
        int r;

        r = insert(config, &sink->connection, error);
        return r < 0 ? r : insert_all(config, sink->kafka_properties, error);
}

int credentials_insert(JobConfig *config, ConfigError *error) {
        int r;

        r = insert_all(config, config->kafka_properties, error);
        for (size_t i = 0; r >= 0 && i < config->n_sinks; i++)
                r = insert_into_sink(config, &config->sinks[i], error);
        if (r >= 0 && config->dead_letter)
                r = insert_into_sink(config, config->dead_letter, error);
        return r;
}
