/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "sql/query.h"

/* Part of a text, in bytes: [begin, end). */
typedef struct SqlSpan {
        size_t begin, end;
} SqlSpan;

/* Fills *error for the byte of the text at offset. Always returns -EINVAL. */
int sql_error_set(SqlError *error, const char *text, size_t offset, const char *format, ...) _printf_(4, 5);

/* The length of the longest start of the text that has at most max bytes and ends with a whole character. */
size_t sql_cut(const char *text, size_t size, size_t max) _pure_;
