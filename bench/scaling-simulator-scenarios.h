/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "scaling/simulation.h"

/* Ended by one without a name. */
extern const Scenario scenarios[];

/* NULL if there is none of this name. */
const Scenario *scenario_find(const char *name);
