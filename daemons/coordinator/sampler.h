/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "manager.h"

/* Makes manager->history and the timer that adds a point to it and to each job's, once a second. */
int sampler_start(Manager *manager);
