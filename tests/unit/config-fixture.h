/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/config.h"

/* A folder with streametl.conf and streametl.d/test.conf of its own. */
typedef struct Fixture {
        char folder[64];
        char suite_path[96];
        char job_path[96];
        SuiteConfig *suite;
        JobConfig *job;
        ConfigError error;
        char text[1024]; /* of the error, without the folder */
} Fixture;

int fixture_setup(void **state);
int fixture_teardown(void **state);
void write_file(const char *path, const char *text, size_t size);

/* Loads both texts; NULL for the suite's: no such file. Returns what the loaders return. */
int fixture_load(Fixture *fixture, const char *suite, const char *job);

/* Fills text from error. */
void fixture_describe(Fixture *fixture);

/* What a job cannot do without, in front of which a test puts its own. */
#define SOURCE "source : { topic = \"t\"; columns = \"a INT, ts DOUBLE\"; event_time = \"ts\"; };\n"
#define QUERY "query = \"SELECT a FROM t\";\n"
#define SINK "sink : { type = \"console\"; };\n"
