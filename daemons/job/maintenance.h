/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* What an admin does to the state of a job that does not run. Each logs what it did, or why it could not,
 * and returns 0 or a negative errno: -EBUSY while the job runs, -ENOENT without a state. */

/* Drops the state but for what sinks know the job by: it begins anew at source.start, and its sinks go on.
 */
int state_reset(const char *job, const char *folder);
/* The sinks are taken over as they are, whatever they hold. */
int state_adopt(const char *job, const char *folder);
