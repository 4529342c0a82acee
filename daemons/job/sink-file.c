/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "row-text.h"
#include "sink.h"

/* Files of one folder, JOB.SINK.STATE.EPOCH.json or .csv, named by the job's state (8 digits of its UUID,
 * for another state counts its epochs anew) and their first epoch. A file grows as
 * ".JOB.SINK.STATE.EPOCH.part" and is renamed when it is done, so that whoever looks sees whole files only.
 *
 * The marker, ".JOB.SINK.marker", is replaced in one step. It names the part, how many bytes of it count,
 * and whether the part is done; an epoch is delivered when the marker says so: cut the part to what counts,
 * append the rows, fsync; replace the marker, fsync; rename the part if it is done. After a crash the rename
 * is made up for, and bytes that do not count are cut off. */
typedef struct FileSink {
        const SinkContext *context;
        int folder; /* or -EBADF */
        Arena arena;
        Buffer text;

        uint64_t part_epoch;    /* first of the part; 0: there is none */
        uint64_t part_bytes;    /* that count */
        usec_t part_since_usec; /* realtime */
} FileSink;

static int file_create(const SinkContext *context, void **ret) {
        FileSink *sink = new0(FileSink, 1);

        if (!sink)
                return -ENOMEM;
        sink->context = context;
        sink->folder = -EBADF;
        *ret = sink;
        return 0;
}

static void file_free(void *data) {
        FileSink *sink = data;

        if (sink->folder >= 0)
                close(sink->folder);
        arena_done(&sink->arena);
        buffer_done(&sink->text);
        free(sink);
}

typedef struct FileName {
        char text[NAME_MAX + 1];
} FileName;

/* Jobs and sinks are called by 64 of a-z, 0-9 and _: no other part of a name comes from outside. */
static const char *rows_name(const FileSink *sink, const char *before, const char *suffix, FileName *name) {
        char uuid[SD_ID128_STRING_MAX];

        snprintf(name->text, sizeof(name->text), "%s%s.%s.%.8s.%020" PRIu64 ".%s", before,
                 sink->context->job, sink->context->config->name,
                 sd_id128_to_string(sink->context->uuid, uuid), sink->part_epoch, suffix);
        return name->text;
}

static const char *part_name(const FileSink *sink, FileName *name) {
        return rows_name(sink, ".", "part", name);
}

static const char *final_name(const FileSink *sink, FileName *name) {
        return rows_name(sink, "", sink->context->config->format == FILE_CSV ? "csv" : "json", name);
}

static const char *marker_name(const FileSink *sink, const char *suffix, FileName *name) {
        snprintf(name->text, sizeof(name->text), ".%s.%s.marker%s", sink->context->job,
                 sink->context->config->name, suffix);
        return name->text;
}

static TaskResult failed(const FileSink *sink, const char *what, int r, TaskError *error) {
        return task_retry(error, "cannot %s in %s: %s", what, sink->context->config->folder, strerror(-r));
}

static int write_all(int fd, const void *data, size_t size) {
        for (size_t done = 0; done < size;) {
                ssize_t n = write(fd, (const char *)data + done, size - done);

                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t)n : 0;
        }
        return 0;
}

static int sync_and_close(int *fd) {
        int r = fsync(*fd) < 0 ? -errno : 0;

        if (close(TAKE_FD(*fd)) < 0 && r >= 0)
                r = -errno;
        return r;
}

static int write_marker(const FileSink *sink, uint64_t epoch, bool is_done) {
        FileName marker, aside;
        _cleanup_close_ int fd = -EBADF;
        char text[256], id[SD_ID128_UUID_STRING_MAX];
        int r, size;

        size = snprintf(text, sizeof(text),
                        "uuid=%s\nepoch=%" PRIu64 "\npart=%" PRIu64 "\nbytes=%" PRIu64 "\nsince=%" PRIu64
                        "\ndone=%d\n",
                        sd_id128_to_uuid_string(sink->context->uuid, id), epoch, sink->part_epoch,
                        sink->part_bytes, sink->part_since_usec, is_done);
        fd = openat(sink->folder, marker_name(sink, ".new", &aside),
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = write_all(fd, text, (size_t)size);
        if (r >= 0)
                r = sync_and_close(&fd);
        if (r >= 0 && renameat(sink->folder, aside.text, sink->folder, marker_name(sink, "", &marker)) < 0)
                r = -errno;
        return r < 0 ? r : fsync(sink->folder) < 0 ? -errno : 0;
}

/* Also after a crash between the marker and this. */
static int rename_part(FileSink *sink) {
        FileName part, final;
        int r;

        if (renameat2(sink->folder, part_name(sink, &part), sink->folder, final_name(sink, &final),
                      RENAME_NOREPLACE) < 0) {
                r = -errno;
                if (r != -ENOENT) /* it was renamed already */
                        return r;
        }
        sink->part_epoch = 0;
        return fsync(sink->folder) < 0 ? -errno : 0;
}

/* Returns 1 if there is a marker, 0 if not, -EUCLEAN if it is none of ours. */
static int load_marker(FileSink *sink, SinkMarker *ret, int *ret_is_done) {
        char text[512] = {}, id[SD_ID128_UUID_STRING_MAX];
        _cleanup_close_ int fd = -EBADF;
        FileName name;

        fd = openat(sink->folder, marker_name(sink, "", &name), O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        if (read(fd, text, sizeof(text) - 1) < 0)
                return -errno;
        if (sscanf(text,
                   "uuid=%36s\nepoch=%" SCNu64 "\npart=%" SCNu64 "\nbytes=%" SCNu64 "\nsince=%" SCNu64
                   "\ndone=%d\n",
                   id, &ret->epoch, &sink->part_epoch, &sink->part_bytes, &sink->part_since_usec,
                   ret_is_done) != 6 ||
            sd_id128_from_string(id, &ret->uuid) < 0)
                return -EUCLEAN;
        ret->is_set = true;
        return 1;
}

static TaskResult file_read_marker(void *data, SinkMarker *ret, TaskError *error) {
        FileSink *sink = data;
        int r, is_done = 0;

        if (sink->folder < 0)
                sink->folder = open(sink->context->config->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (sink->folder < 0)
                return task_retry(error, "cannot open the folder %s: %s", sink->context->config->folder,
                                  strerror(errno));
        sink->part_epoch = 0;
        r = load_marker(sink, ret, &is_done);
        if (r < 0)
                return failed(sink, "read the marker", r, error);
        if (r > 0 && is_done && sd_id128_equal(ret->uuid, sink->context->uuid)) {
                r = rename_part(sink);
                if (r < 0)
                        return failed(sink, "rename a file", r, error);
        }
        if (!sd_id128_equal(ret->uuid, sink->context->uuid))
                sink->part_epoch = 0; /* not ours to go on with */
        return TASK_DONE;
}

typedef struct Writing {
        FileSink *sink;
        const RowSet *rows;
        int fd;
} Writing;

static int write_batch(const Batch *batch, void *userdata) {
        const Writing *writing = userdata;
        FileSink *sink = writing->sink;
        bool is_csv = sink->context->config->format == FILE_CSV;
        const Schema *schema = writing->rows->schema;
        int r = 0;

        sink->text.size = 0;
        for (size_t row = 0; r >= 0 && row < batch->n_rows; row++) {
                if (is_csv) {
                        r = row_append_csv(schema, batch, row, &sink->arena, &sink->text);
                        continue;
                }
                r = row_append_json(schema, batch, row, -1, &sink->arena, &sink->text);
                if (r >= 0)
                        r = buffer_append_u8(&sink->text, '\n');
        }
        arena_reset(&sink->arena);
        return r < 0 ? r : write_all(writing->fd, sink->text.data, sink->text.size);
}

static int write_header(Writing *writing) {
        FileSink *sink = writing->sink;
        int r;

        if (sink->context->config->format != FILE_CSV || sink->part_bytes > 0)
                return 0;
        sink->text.size = 0;
        r = row_append_csv_header(writing->rows->schema, &sink->text);
        return r < 0 ? r : write_all(writing->fd, sink->text.data, sink->text.size);
}

/* Appends the rows to the part, which then has *ret_bytes. */
static int write_rows(FileSink *sink, const RowSet *rows, uint64_t *ret_bytes) {
        Writing writing = {.sink = sink, .rows = rows};
        _cleanup_close_ int fd = -EBADF;
        FileName name;
        off_t end;
        int r;

        fd = openat(sink->folder, part_name(sink, &name), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0 || ftruncate(fd, (off_t)sink->part_bytes) < 0 || lseek(fd, 0, SEEK_END) < 0)
                return -errno;
        writing.fd = fd;
        r = write_header(&writing);
        if (r >= 0)
                r = row_set_walk(rows, write_batch, &writing);
        if (r < 0)
                return r;
        end = lseek(fd, 0, SEEK_CUR);
        if (end < 0)
                return -errno;
        *ret_bytes = (uint64_t)end;
        return sync_and_close(&fd);
}

static TaskResult file_deliver(void *data, const Epoch *epoch, const SinkMarker *marker, TaskError *error) {
        FileSink *sink = data;
        const SinkConfig *config = sink->context->config;
        const RowSet *rows = &epoch->rows[sink->context->kind];
        usec_t now_usec = realtime_usec();
        bool is_done;
        int r = 0;

        if (sink->part_epoch == 0 && rows->n_rows > 0) {
                sink->part_epoch = epoch->number;
                sink->part_bytes = 0;
                sink->part_since_usec = now_usec;
        }
        if (rows->n_rows > 0)
                r = write_rows(sink, rows, &sink->part_bytes);
        if (r < 0)
                return failed(sink, "write a file", r, error);
        is_done = sink->part_epoch > 0 && (sink->part_bytes >= config->rotate_bytes ||
                                           now_usec - sink->part_since_usec >= config->rotate_usec);
        r = write_marker(sink, epoch->number, is_done);
        if (r < 0)
                return failed(sink, "write the marker", r, error);
        r = is_done ? rename_part(sink) : 0;
        return r < 0 ? failed(sink, "rename a file", r, error) : TASK_DONE;
}

const SinkMethods file_sink_methods = {
        .name = "file",
        .create = file_create,
        .read_marker = file_read_marker,
        .deliver = file_deliver,
        .free = file_free,
};
