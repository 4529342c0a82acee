/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* What this process uses, by its own account: the sandbox hides other processes' /proc. */
usec_t process_cpu_usec(void);    /* user and system time of all threads */
uint64_t process_rss_bytes(void); /* resident memory; 0 if /proc cannot be read */
