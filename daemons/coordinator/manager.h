/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "admin-will.h"
#include "config/config.h"
#include "units.h"

typedef struct Job Job;
typedef struct HttpServer HttpServer;
typedef struct HttpFiles HttpFiles;
typedef struct History History;
typedef struct Questions Questions;

/* All the coordinator knows. */
typedef struct Manager {
        sd_event *event;
        char *config_path;
        SuiteConfig *suite;
        Job **jobs; /* sorted by name */
        size_t n_jobs;
        Units *units;
        AdminWill *will;
        HttpServer **servers;
        size_t n_servers;
        HttpFiles *files;
        Questions *questions;
        History *history; /* of all jobs */
        sd_event_source *sampler;
        uint64_t last_decision;  /* id; 0: none yet */
        bool has_api, has_http;  /* systemd gave a socket for it */
        sd_event_source *upkeep; /* soon after a change: drops jobs that are gone, renews STATUS= */
        char *status_sent;
        char *denied;        /* what polkit refused last, NULL since the last request it let through */
        char *reload_failed; /* why the last reload changed nothing, or NULL */
        usec_t started_usec; /* monotonic */
        usec_t started_realtime_usec;
        uint64_t n_requests[2]; /* to API and page, by HttpAccess */
} Manager;

/* Reads the configuration and begins to talk to systemd. Logs what goes wrong; returns -EINVAL for a broken
 * configuration. */
int manager_new(const char *config_path, Manager **ret);
Manager *manager_free(Manager *manager);
DEFINE_CLEANUP(Manager *, manager_free);

/* Takes the sockets that systemd passed. None of them is needed to run jobs. */
void manager_listen(Manager *manager);
/* SIGTERM, SIGHUP, watchdog. */
int manager_watch(Manager *manager);

/* Weak; NULL if there is no such job. */
Job *manager_find_job(const Manager *manager, const char *name);
/* A new name, or a unit that runs without a configuration. */
int manager_add_job(Manager *manager, const char *name, Job **ret);
/* Frees what is neither configured nor running any more. Never from inside a callback of one of the jobs. */
void manager_drop_gone_jobs(Manager *manager);

/* What came of a request to systemd, whichever unit it was for: remembers whether polkit lets us act. */
void manager_note_outcome(Manager *manager, RequestOutcome outcome, const char *why);
/* Something is new that STATUS= may show, or a job may be gone. */
void manager_changed(Manager *manager);

/* status.c: "2 jobs, 3 workers, 12,400 rec/s, lag 0"; sent if it differs from the last one. */
typedef struct ManagerTotals {
        unsigned jobs, jobs_running, workers_running, workers_wanted;
        double arrival_per_sec, records_per_sec;
        uint64_t lag_records;
} ManagerTotals;

void manager_count(const Manager *manager, ManagerTotals *ret);
/* What somebody should look at: the n-th line, NULL behind the last one. The caller frees; also NULL without
 * memory. */
char *manager_problem(const Manager *manager, size_t n);
void manager_send_status(Manager *manager);
/* The last one of a coordinator that cannot start: systemd keeps it, for etlctl to say. */
void manager_send_last_status(const char *why);

/* reload.c */
int manager_load_config(Manager *manager);
/* error: filled if a file is broken (-EINVAL). */
int manager_reload(Manager *manager, ConfigError *error);
/* Has the jobs that run read theirs, too, where systemd has not. */
void manager_reload_jobs(Manager *manager);
