/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* NULL-terminated lists of strings that own their strings; a NULL pointer is an empty list. */
size_t strv_length(char *const *list) _pure_;
char **strv_free(char **list);
DEFINE_CLEANUP(char **, strv_free);
#define _cleanup_strv_ _cleanup_(strv_freep)

/* The same strings in the same order. */
bool strv_equal(char *const *a, char *const *b) _pure_;

/* Appends a copy of the string, or of every string of another list. Returns 0, or -ENOMEM with *list as it
 * was or with only some of the others. */
int strv_extend(char ***list, const char *text);
int strv_extend_all(char ***list, char *const *more);
