/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "plan/job-plan.h"

/* What differs between two plans so that the state made with the old one does not fit the new one, in words
 * ("the GROUP BY keys"); NULL: it fits. HAVING, the names of the results and further columns behind the
 * others do not matter; nor, without GROUP BY, which rows are given out. */
const char *job_plan_state_change(const JobPlan *old, const JobPlan *new);
