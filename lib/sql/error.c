/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "sql/error.h"

/* Characters of a line that the picture shows: a terminal's width, less room for an indent. */
#define PICTURE_CHARACTERS ((size_t)76)

static bool is_continuation(char c) {
        return ((unsigned char)c & 0xC0) == 0x80;
}

size_t sql_cut(const char *text, size_t size, size_t max) {
        if (size <= max)
                return size;
        while (max > 0 && is_continuation(text[max]))
                max--;
        return max;
}

int sql_error_set(SqlError *error, const char *text, size_t offset, const char *format, ...) {
        va_list arguments;
        size_t length;
        int n;

        error->offset = offset;
        error->line = 1;
        error->column = 1;
        for (size_t i = 0; i < offset; i++)
                if (text[i] == '\n') {
                        error->line++;
                        error->column = 1;
                } else if (!is_continuation(text[i]))
                        error->column++;

        va_start(arguments, format);
        n = vsnprintf(error->message, sizeof(error->message), format, arguments);
        va_end(arguments);

        /* What was cut may have been cut within a character. */
        if (n >= (int)sizeof(error->message)) {
                length = sizeof(error->message) - 1;
                error->message[sql_cut(error->message, length, length - 1)] = '\0';
        }

        return -EINVAL;
}

/* By up to n characters, but not past the limit. */
static const char *step_back(const char *p, const char *limit, size_t n) {
        while (n > 0 && p > limit)
                if (!is_continuation(*--p))
                        n--;
        return p;
}

static const char *step_forward(const char *p, const char *limit, size_t n) {
        while (p < limit && (n > 0 || is_continuation(*p)))
                if (!is_continuation(*p++))
                        n--;
        return p;
}

char *sql_error_picture(const char *text, const SqlError *error) {
        _cleanup_buffer_ Buffer picture = {};
        const char *mark = text + error->offset, *line = mark, *end, *from, *to;
        int r;

        while (line > text && line[-1] != '\n')
                line--;
        end = mark + strcspn(mark, "\r\n");

        /* A long line is cut around the mark. */
        from = step_back(mark, line, PICTURE_CHARACTERS * 2 / 3);
        to = step_forward(from, end, PICTURE_CHARACTERS);

        r = buffer_append_format(&picture, "%s%.*s%s\n%s", from > line ? "..." : "", (int)(to - from), from,
                                 to < end ? "..." : "", from > line ? "   " : "");
        /* Tabs stay tabs, so that the mark stands below its character whatever their width. */
        for (const char *p = from; r >= 0 && p < mark; p++)
                if (!is_continuation(*p))
                        r = buffer_append_u8(&picture, *p == '\t' ? '\t' : ' ');
        if (r >= 0)
                r = buffer_append(&picture, "^", 2);
        if (r < 0)
                return NULL;

        return (char *)TAKE_PTR(picture.data);
}
