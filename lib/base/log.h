/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stdarg.h>
#include <syslog.h>

#include "base/macros.h"

/* One line to the journal (or, on a terminal, to standard error) per event. Libraries are silent and
 * return negative errnos; programs log once. "%m" prints the error given to the _errno variants. */

/* Sets the program's name and finds out where lines go. Call first in main(). */
void log_open(const char *identifier);

/* Lines above this syslog level are dropped. Default: LOG_INFO; $STREAMETL_LOG_LEVEL (a number) overrides.
 */
void log_set_max_level(int level);

/* A field every later line carries, e.g. ("STREAMETL_JOB", name). At most 4 fields; both strings are copied.
 */
void log_set_field(const char *name, const char *value);

/* Something an admin may want to search for: a stable id with a text in the catalog. See
 * lib/base/message-ids.h. */
int log_message(int level, const char *message_id, int error, const char *format, ...) _printf_(4, 5);

/* A field of one line. One without a value is left out. */
typedef struct LogField {
        const char *name, *text;
        bool is_number;
        int64_t number;
} LogField;

#define FIELD_TEXT(name, text) ((LogField){(name), (text), false, 0})
#define FIELD_NUMBER(name, number) ((LogField){(name), NULL, true, (int64_t)(number)})
/* At most 8. */
#define LOG_FIELDS(...) ((const LogField[]){__VA_ARGS__, {}})

/* The same with further journal fields:
 * log_message_fields(LOG_INFO, MESSAGE_X, 0, LOG_FIELDS(FIELD_NUMBER("STREAMETL_EPOCH", n)), "Epoch ...").
 */
int log_message_fields(int level, const char *message_id, int error, const LogField *fields,
                       const char *format, ...) _printf_(5, 6);

/* Returns -abs(error), so that callers can `return log_error_errno(r, "...: %m")`. */
#define log_full_errno(level, error, ...) log_message(level, NULL, error, __VA_ARGS__)
#define log_error_errno(error, ...) log_full_errno(LOG_ERR, error, __VA_ARGS__)
#define log_warning_errno(error, ...) log_full_errno(LOG_WARNING, error, __VA_ARGS__)
#define log_debug_errno(error, ...) log_full_errno(LOG_DEBUG, error, __VA_ARGS__)
#define log_error(...) ((void)log_full_errno(LOG_ERR, 0, __VA_ARGS__))
#define log_warning(...) ((void)log_full_errno(LOG_WARNING, 0, __VA_ARGS__))
#define log_notice(...) ((void)log_full_errno(LOG_NOTICE, 0, __VA_ARGS__))
#define log_info(...) ((void)log_full_errno(LOG_INFO, 0, __VA_ARGS__))
#define log_debug(...) ((void)log_full_errno(LOG_DEBUG, 0, __VA_ARGS__))
#define log_oom() log_error_errno(ENOMEM, "Out of memory")
