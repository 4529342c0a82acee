/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stdio.h>

#include "output.h"

/* Text in aligned columns. Cells are copied and cleaned: what is not printable becomes '?', so that data
 * cannot drive the terminal. */
typedef struct Table Table;

/* heads: NULL-terminated; one that begins with '>' is aligned to the right. NULL without memory. */
Table *table_new(const char *const *heads);
Table *table_free(Table *table);
DEFINE_CLEANUP(Table *, table_free);

/* Cells go row by row. NULL is an empty one. Returns 0 or -ENOMEM. */
int table_add(Table *table, const char *cell);
int table_add_coloured(Table *table, const char *cell, Colour colour);
/* head: with the line of heads. */
void table_print(const Table *table, bool head, FILE *file);
