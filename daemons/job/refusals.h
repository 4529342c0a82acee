/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "dead-letters.h"

/* Makes dead letters of those rows that a sink of the configuration will refuse for good, before they are in
 * an epoch: so that both are in the same one. Other sinks still get them. Returns how many, or -ENOMEM. */
ssize_t refusals_find(const JobConfig *config, const RowSet *rows, DeadLetters *letters);
