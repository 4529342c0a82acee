/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The names of the suite's units: etl-coordinator.service, etl-job@JOB.service, etl-worker@JOB:N.service. */
#define OWN_UNIT "etl-coordinator.service"

/* What ListUnitsByPatterns is asked for: all names that unit_name_parse() may know. */
#define UNIT_PATTERNS OWN_UNIT, "etl-job@*.service", "etl-worker@*:*.service"

enum { JOB_NAME_MAX = 64, UNIT_NAME_MAX = 96, WORKER_NUMBER_MAX = 9999 };

typedef enum UnitKind { UNIT_COORDINATOR, UNIT_JOB, UNIT_WORKER } UnitKind;

typedef struct UnitName {
        UnitKind kind;
        char job[JOB_NAME_MAX + 1];
        unsigned worker; /* from 1; 0 unless kind is UNIT_WORKER */
} UnitName;

/* False if the name is none of ours, in the exact form that unit_name_format() writes. */
bool unit_name_parse(const char *text, UnitName *ret);
/* Returns the buffer. */
char *unit_name_format(char buffer[static UNIT_NAME_MAX], const UnitName *name);
