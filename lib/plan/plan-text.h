/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "plan/job-plan.h"

/* What the plan does, as lines of an indented tree with the type of everything in it: the outputs at the
 * top, what each step gets its rows from below it, down to what is read. Casts that the query leaves unsaid
 * are shown. config adds where the records come from and the rows go, and when; NULL: of the query alone.
 * The list is the caller's (strv_free()). Returns 0 or -ENOMEM. */
int plan_describe(const JobPlan *plan, const JobConfig *config, char ***ret_lines);
