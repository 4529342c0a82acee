/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* A growing run of bytes. Zero-initialise; buffer_done() frees. Appending returns 0 or -ENOMEM and leaves
 * the buffer as it was on failure. Numbers are stored in the machine's own byte order: a buffer is read on
 * the host that wrote it. */
typedef struct Buffer {
        uint8_t *data;
        size_t size;
        size_t allocated;
} Buffer;

void buffer_done(Buffer *buffer);
int buffer_reserve(Buffer *buffer, size_t more_bytes);
int buffer_append(Buffer *buffer, const void *data, size_t size);
int buffer_append_u8(Buffer *buffer, uint8_t value);
int buffer_append_u32(Buffer *buffer, uint32_t value);
int buffer_append_u64(Buffer *buffer, uint64_t value);
int buffer_append_double(Buffer *buffer, double value);
/* u32 size, then the bytes. */
int buffer_append_text(Buffer *buffer, const void *data, size_t size);
int buffer_append_format(Buffer *buffer, const char *format, ...) _printf_(2, 3);

#define _cleanup_buffer_ _cleanup_(buffer_done)

/* Reads what was appended, in the same order. Each returns 0, or -EBADMSG where the bytes are too few. */
typedef struct Reader {
        const uint8_t *data;
        size_t left;
} Reader;

int read_bytes(Reader *reader, size_t size, const uint8_t **ret);
int read_u8(Reader *reader, uint8_t *ret);
int read_u32(Reader *reader, uint32_t *ret);
int read_u64(Reader *reader, uint64_t *ret);
int read_double(Reader *reader, double *ret);
/* The bytes stay the reader's (weak) and have no NUL behind them. */
int read_text(Reader *reader, const char **ret, size_t *ret_size);
/* A copy with a NUL behind it. */
int read_string(Reader *reader, char **ret);
