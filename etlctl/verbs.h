/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "client.h"
#include "options.h"
#include "views.h"

typedef enum Argument {
        ARGUMENT_NONE,
        ARGUMENT_OPTIONAL_JOB,
        ARGUMENT_JOB,
        ARGUMENT_OPTIONAL_FILE,
        ARGUMENT_QUERY, /* a job or a file, then perhaps a query */
        _ARGUMENT_MAX,
} Argument;

/* One call of etlctl. */
typedef struct Call Call;

typedef struct Verb {
        const char *name;
        const char *help;
        Argument argument;
        uint32_t
                options; /* OPTION_BIT() of each that it takes; --help, --version and --no-pager always go */
        /* Returns 0, another exit status, or a negative errno, of which the user has been told. */
        int (*run)(const Call *call);
        const char *path;     /* of the API */
        const char *job_path; /* the same of one job, behind jobs/JOB */
        View view, job_view;
} Verb;

struct Call {
        const Verb *verb;
        const Options *options;
        const char *job;   /* or file; NULL: none */
        const char *query; /* NULL: none */
};

/* Ended by one without a name. */
extern const Verb verbs[];

/* What the verbs do. */
int run_show(const Call *call);   /* shows what the API says at the verb's path */
int run_status(const Call *call); /* shows it; says by the exit status whether the job runs */
int run_lag(const Call *call);    /* as kafka-consumer-groups --describe */
int run_change(const Call *call); /* posts to the verb's path */
int run_scale(const Call *call);
int run_reset(const Call *call);
int run_adopt(const Call *call);
int run_check(const Call *call);
int run_explain(const Call *call);
int run_simulate(const Call *call);
int run_doctor(const Call *call);
int run_top(const Call *call);
