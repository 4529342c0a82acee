/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "columns/batch.h"

/* Values from text as Spark's casts read them (spark.sql.ansi.enabled=false); private to this folder. White
 * space around the text is ignored. Each returns 0, -EINVAL (garbage) or -ERANGE (does not fit). */
int text_to_boolean(Text text, uint8_t *ret);
/* A fraction is read and dropped. */
int text_to_int(Text text, int32_t *ret);
int text_to_bigint(Text text, int64_t *ret);
/* arena: for a copy of a very long number; -ENOMEM if it has no room. */
int text_to_double(Text text, Arena *arena, double *ret);
int text_to_timestamp(Text text, int64_t *ret_usec);
