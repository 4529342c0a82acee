/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "sql/query.h"

/* Whether the outputs that are keys tell every group's row from those of all others, so that a row can
 * replace the one before. Returns 0, or 1 with the first key they do not tell in *ret ("window.start",
 * "lower(course)"; the caller frees), or -ENOMEM. */
int query_missing_key(const Query *query, char **ret);
