/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The candidate that the name is most likely a mistyping of, or NULL if none is near: no more
 * than a third of the longer one's letters (but always one) inserted, dropped, changed or swapped with their
 * neighbour (Damerau-Levenshtein, optimal string alignment). Case does not count. candidates:
 * NULL-terminated; the first of the equally near wins. */
const char *nearest_name(const char *name, const char *const *candidates) _pure_;
