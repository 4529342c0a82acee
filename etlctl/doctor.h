/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-bus.h>

#include "config/config.h"
#include "verbs.h"

/* etlctl doctor: a table of checks, each of which looks at one thing and says what it found. Nothing of it
 * needs a coordinator. */

typedef enum Health { HEALTH_OK, HEALTH_WARNING, HEALTH_PROBLEM, _HEALTH_MAX } Health;

typedef struct DoctorJob {
        char *name;
        JobConfig *config; /* NULL: it is broken, which a finding says */
} DoctorJob;

typedef struct Doctor {
        const Call *call;
        SuiteConfig *suite; /* NULL: it is broken */
        DoctorJob *jobs;
        size_t n_jobs;
        sd_bus *bus;         /* NULL: D-Bus cannot be reached */
        json_object *status; /* of the coordinator; NULL: it does not answer */
        bool is_root;

        json_object *findings;
        unsigned n_found[_HEALTH_MAX];
} Doctor;

/* check: its name. mend: the command that mends it; NULL if all is well, or nothing does. */
void doctor_find(Doctor *doctor, Health health, const char *check, const char *mend, const char *format, ...)
        _printf_(5, 6);
/* A finding that is an object already; consumed. */
void doctor_add(Doctor *doctor, Health health, json_object *finding);

/* Text of a command for doctor_find(). Returns the buffer. */
enum { MEND_MAX = 512 };
char *mend_text(char buffer[static MEND_MAX], const char *format, ...) _printf_(2, 3);

/* A property of a unit, as text ("" if it cannot be read). The caller frees; NULL without memory. */
char *doctor_unit_property(const Doctor *doctor, const char *unit, const char *interface, const char *name);
bool doctor_unit_is(const Doctor *doctor, const char *unit, const char *active_state);

/* doctor-configuration.c */
void check_suite_configuration(Doctor *doctor);
/* doctor-units.c */
void check_units(Doctor *doctor);
void check_versions(Doctor *doctor);
void check_coordinator(Doctor *doctor);
/* doctor-host.c */
void check_user(Doctor *doctor);
void check_polkit(Doctor *doctor);
void check_folders(Doctor *doctor);
void check_disk(Doctor *doctor);
void check_clock(Doctor *doctor);
/* doctor-journal.c */
void check_journal(Doctor *doctor);
/* doctor-probe.c */
void check_jobs(Doctor *doctor);
