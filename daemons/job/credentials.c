/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "credentials.h"
#include <fcntl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "config/config-error.h"
#include "connection.h"

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

/* What a credential is put into, and so how it is written there. */
typedef enum Place { PLACE_ANY, PLACE_WORDS, PLACE_URI } Place;

static int append_credential(const JobConfig *config, Place place, const char *name, int size, Buffer *out,
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
        if (memchr(value.data, '\0', value.size) || (place != PLACE_ANY && value.size == 0))
                return config_error_set(error, config->path, 0, 0,
                                        "the credential \"%.*s\" is empty or no text", size, name);
        return place == PLACE_ANY ? buffer_append(out, value.data, value.size)
                                  : connection_append_value(place == PLACE_URI, (const char *)value.data,
                                                            value.size, out);
}

static const char open_mark[] = "${credential:";

static int insert(const JobConfig *config, Place place, char **text, ConfigError *error) {
        const char *p = *text, *mark, *end;
        _cleanup_buffer_ Buffer out = {};
        int r = 0;

        if (!p || !strstr(p, open_mark))
                return 0;
        while (r >= 0 && (mark = strstr(p, open_mark)) && (end = strchr(mark, '}'))) {
                const char *name = mark + sizeof(open_mark) - 1;

                r = buffer_append(&out, p, (size_t)(mark - p));
                if (r >= 0)
                        r = append_credential(config, place, name, (int)(end - name), &out, error);
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
                r = insert(config, PLACE_ANY, texts, error);
        return r;
}

/* A credential that is all of a connection is one, as it is. */
static Place place_in_connection(const char *connection) {
        if (strncmp(connection, open_mark, strlen(open_mark)) == 0 &&
            strcmp(strchrnul(connection, '}'), "}") == 0)
                return PLACE_ANY;
        return connection_is_uri(connection) ? PLACE_URI : PLACE_WORDS;
}

static int insert_into_connection(const JobConfig *config, SinkConfig *sink, ConfigError *error) {
        int r;

        if (!sink->connection)
                return 0;
        r = insert(config, place_in_connection(sink->connection), &sink->connection, error);
        if (r < 0 || connection_is_valid(sink->connection))
                return r;
        return config_error_set(
                error, config->path, 0, 0,
                "%s.connection of sink %s cannot be read as libpq reads it; a value with blanks "
                "stands in single quotes, with \\ before each quote and \\ in it, and in a "
                "URI what is special is percent-encoded",
                sink == config->dead_letter ? "dead_letter" : "sink", sink->name);
}

static int insert_into_sink(const JobConfig *config, SinkConfig *sink, ConfigError *error) {
        int r;

        r = insert_into_connection(config, sink, error);
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
