/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

/* Reads the suite's configuration and every job's, or only the job's file if one is given, and prints what
 * is wrong with each to standard error. Needs no coordinator. Returns 0, or -EINVAL if anything is wrong. */
int check_configuration(const char *suite_path, const char *job_path);
