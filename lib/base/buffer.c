/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"

enum { MIN_BYTES = 256 };

void buffer_done(Buffer *buffer) {
        free(buffer->data);
        *buffer = (Buffer){};
}

int buffer_reserve(Buffer *buffer, size_t more_bytes) {
        size_t wanted;
        uint8_t *data;

        if (__builtin_add_overflow(buffer->size, more_bytes, &wanted))
                return -ENOMEM;
        if (wanted <= buffer->allocated)
                return 0;
        wanted = MAX(wanted, (size_t)MIN_BYTES);
        wanted = MAX(wanted, buffer->allocated * 2);
        data = realloc(buffer->data, wanted);
        if (!data)
                return -ENOMEM;
        buffer->data = data;
        buffer->allocated = wanted;
        return 0;
}

int buffer_append(Buffer *buffer, const void *data, size_t size) {
        int r;

        r = buffer_reserve(buffer, size);
        if (r < 0)
                return r;
        if (size > 0)
                memcpy(buffer->data + buffer->size, data, size);
        buffer->size += size;
        return 0;
}

int buffer_append_u8(Buffer *buffer, uint8_t value) {
        return buffer_append(buffer, &value, sizeof(value));
}

int buffer_append_u32(Buffer *buffer, uint32_t value) {
        return buffer_append(buffer, &value, sizeof(value));
}

int buffer_append_u64(Buffer *buffer, uint64_t value) {
        return buffer_append(buffer, &value, sizeof(value));
}

int buffer_append_double(Buffer *buffer, double value) {
        return buffer_append(buffer, &value, sizeof(value));
}

int buffer_append_text(Buffer *buffer, const void *data, size_t size) {
        int r;

        if (size > UINT32_MAX)
                return -EOVERFLOW;
        r = buffer_reserve(buffer, sizeof(uint32_t) + size);
        if (r < 0)
                return r;
        (void)buffer_append_u32(buffer, (uint32_t)size);
        return buffer_append(buffer, data, size);
}

int buffer_append_format(Buffer *buffer, const char *format, ...) {
        va_list ap;
        int n, r;

        va_start(ap, format);
        n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        if (n < 0)
                return -EINVAL;
        r = buffer_reserve(buffer, (size_t)n + 1);
        if (r < 0)
                return r;
        va_start(ap, format);
        vsnprintf((char *)buffer->data + buffer->size, (size_t)n + 1, format, ap);
        va_end(ap);
        buffer->size += (size_t)n;
        return 0;
}

int read_bytes(Reader *reader, size_t size, const uint8_t **ret) {
        if (reader->left < size)
                return -EBADMSG;
        *ret = reader->data;
        reader->data += size;
        reader->left -= size;
        return 0;
}

static int read_fixed(Reader *reader, void *ret, size_t size) {
        const uint8_t *bytes;
        int r;

        r = read_bytes(reader, size, &bytes);
        if (r < 0)
                return r;
        memcpy(ret, bytes, size);
        return 0;
}

int read_u8(Reader *reader, uint8_t *ret) {
        return read_fixed(reader, ret, sizeof(*ret));
}

int read_u32(Reader *reader, uint32_t *ret) {
        return read_fixed(reader, ret, sizeof(*ret));
}

int read_u64(Reader *reader, uint64_t *ret) {
        return read_fixed(reader, ret, sizeof(*ret));
}

int read_double(Reader *reader, double *ret) {
        return read_fixed(reader, ret, sizeof(*ret));
}

int read_text(Reader *reader, const char **ret, size_t *ret_size) {
        const uint8_t *bytes;
        Reader ahead = *reader;
        uint32_t size;

        if (read_u32(&ahead, &size) < 0 || read_bytes(&ahead, size, &bytes) < 0)
                return -EBADMSG;
        *reader = ahead;
        *ret = (const char *)bytes;
        *ret_size = size;
        return 0;
}

int read_string(Reader *reader, char **ret) {
        const char *text;
        size_t size;
        char *copy;
        int r;

        r = read_text(reader, &text, &size);
        if (r < 0)
                return r;
        copy = malloc(size + 1);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, text, size);
        copy[size] = '\0';
        *ret = copy;
        return 0;
}
