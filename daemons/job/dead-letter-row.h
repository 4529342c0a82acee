/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "epoch.h"
#include "wire/messages.h"

struct rd_kafka_headers_s;

/* Dead letters as rows for a sink: a record that could not be used or came too late, with where it came
 * from. Bytes that are no text (UTF-8 without NUL) stand in base64, which the column behind says. */
enum {
        DEAD_LETTER_FAILED_AT,
        DEAD_LETTER_JOB,
        DEAD_LETTER_REASON, /* record_fault_name(), or "late" */
        DEAD_LETTER_COLUMN, /* at fault, if one is */
        DEAD_LETTER_TOPIC,
        DEAD_LETTER_PARTITION,
        DEAD_LETTER_OFFSET,
        DEAD_LETTER_KAFKA_TIMESTAMP,
        DEAD_LETTER_SIZE,       /* bytes of the record's value, of which `value` may hold only the first */
        DEAD_LETTER_EVENT_TIME, /* of late ones, as the next four */
        DEAD_LETTER_WINDOW_START,
        DEAD_LETTER_WINDOW_END,
        DEAD_LETTER_WATERMARK,
        DEAD_LETTER_LATE_BY, /* seconds from the window's end to the watermark */
        DEAD_LETTER_KEY,
        DEAD_LETTER_KEY_ENCODING, /* "utf-8" or "base64" */
        DEAD_LETTER_VALUE,
        DEAD_LETTER_VALUE_ENCODING,
        DEAD_LETTER_HEADERS, /* [{"name":"a","value":"b","encoding":"utf-8"}]; a value may be null */
        _DEAD_LETTER_COLUMNS,
};

/* NULL without memory. */
Schema *dead_letter_schema_new(void);

typedef struct DeadLetterPlace {
        const char *job, *topic;
        uint32_t partition;   /* UINT32_MAX: none */
        const Schema *source; /* of the record's columns */
        int64_t failed_at_usec;
} DeadLetterPlace;

/* Appends one. Returns 0 or -ENOMEM. */
int dead_letter_row_encode(const DeadLetterPlace *place, const DeadRecord *record, Buffer *rows);

/* Back to the bytes: column is DEAD_LETTER_KEY or DEAD_LETTER_VALUE. Returns 0, -EINVAL or -ENOMEM. */
int dead_letter_row_bytes(const Batch *batch, size_t row, size_t column, Buffer *out);
/* The record's own headers, and all other columns as headers "streametl.COLUMN". NULL without memory. */
struct rd_kafka_headers_s *dead_letter_row_headers(const Batch *batch, size_t row, Arena *arena);
