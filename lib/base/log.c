/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#define SD_JOURNAL_SUPPRESS_LOCATION 1
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "base/log.h"

enum { MAX_FIELDS = 4, MAX_LINE_FIELDS = 8, MAX_LINE = 4096 };

static struct {
        char *identifier;
        char *fields[MAX_FIELDS]; /* "NAME=value" */
        size_t n_fields;
        int max_level;
        bool journal;
} log_state = {.max_level = LOG_INFO};

/* systemd names the device and inode of the stream it connected to the journal: is ours still that one? */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2 || fstat(STDERR_FILENO, &st) < 0)
                return false;
        return st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *identifier) {
        const char *level = getenv("STREAMETL_LOG_LEVEL");

        free(log_state.identifier);
        log_state.identifier = strdup(identifier);
        log_state.journal = stderr_is_journal();
        if (level && level[0] >= '0' && level[0] <= '7' && level[1] == '\0')
                log_state.max_level = level[0] - '0';
}

void log_set_max_level(int level) {
        log_state.max_level = level;
}

void log_set_field(const char *name, const char *value) {
        if (log_state.n_fields < MAX_FIELDS &&
            asprintf(&log_state.fields[log_state.n_fields], "%s=%s", name, value) >= 0)
                log_state.n_fields++;
}

/* "NAME=value", to be freed; NULL without a value or without memory. */
static char *field_text(const LogField *field) {
        char *text = NULL;
        int n;

        if (field->is_number)
                n = asprintf(&text, "%s=%" PRIi64, field->name, field->number);
        else
                n = field->text ? asprintf(&text, "%s=%s", field->name, field->text) : -1;
        return n < 0 ? NULL : text;
}

static int to_journal(int level, const char *message_id, int error, const LogField *fields,
                      const char *text) {
        char message[MAX_LINE + sizeof("MESSAGE=")], priority[sizeof("PRIORITY=0")], id[64], number[32],
                name[128];
        char *owned[MAX_LINE_FIELDS];
        struct iovec iov[5 + MAX_FIELDS + MAX_LINE_FIELDS];
        int n = 0, n_owned = 0, r;

#define PUSH(buffer, ...)                                                                                   \
        iov[n++] = (struct iovec) {                                                                         \
                (buffer), MIN((size_t)snprintf((buffer), sizeof(buffer), __VA_ARGS__), sizeof(buffer) - 1)  \
        }
        PUSH(message, "MESSAGE=%s", text);
        PUSH(priority, "PRIORITY=%d", level & 7);
        PUSH(name, "SYSLOG_IDENTIFIER=%s", log_state.identifier ?: "streametl");
        if (message_id)
                PUSH(id, "MESSAGE_ID=%s", message_id);
        if (error)
                PUSH(number, "ERRNO=%d", abs(error));
#undef PUSH
        for (size_t i = 0; i < log_state.n_fields; i++)
                iov[n++] = (struct iovec){log_state.fields[i], strlen(log_state.fields[i])};
        for (; fields && fields->name && n_owned < MAX_LINE_FIELDS; fields++) {
                char *field = field_text(fields);

                if (!field)
                        continue;
                owned[n_owned++] = field;
                iov[n++] = (struct iovec){field, strlen(field)};
        }
        r = sd_journal_sendv(iov, n);
        while (n_owned > 0)
                free(owned[--n_owned]);
        return r;
}

static int log_valist(int level, const char *message_id, int error, const LogField *fields,
                      const char *format, va_list ap) {
        int saved_errno = errno;
        char text[MAX_LINE];

        if ((level & 7) <= log_state.max_level) {
                errno = abs(error); /* for %m */
                vsnprintf(text, sizeof(text), format, ap);
                if (!log_state.journal)
                        fprintf(stderr, "%s: %s\n", log_state.identifier ?: "streametl", text);
                else if (to_journal(level, message_id, error, fields, text) < 0)
                        /* There is no socket to be had; this stream is open. */
                        fprintf(stderr, "<%d>%s\n", level & 7, text);
        }
        errno = saved_errno;
        return -abs(error);
}

int log_message(int level, const char *message_id, int error, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = log_valist(level, message_id, error, NULL, format, ap);
        va_end(ap);
        return r;
}

int log_message_fields(int level, const char *message_id, int error, const LogField *fields,
                       const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = log_valist(level, message_id, error, fields, format, ap);
        va_end(ap);
        return r;
}
