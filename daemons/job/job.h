/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "dead-letters.h"
#include "lease-table.h"
#include "log-ends.h"
#include "plan/job-plan.h"
#include "sink.h"
#include "state.h"
#include "watermark.h"

typedef struct Worker Worker;
typedef struct Caller Caller;

/* One job: what is leased to whom, what is merged, what is delivered. Its parts:
 *   log-ends -> leases <-> workers -> state -> epoch -> sinks
 *   load.c tells the coordinator about it. */
typedef struct Job {
        char *name;
        sd_event *event;
        JobConfig *config;
        JobPlan *plan;
        uint32_t generation; /* of this process: leases of another are refused */
        usec_t started_usec; /* monotonic */

        sd_event_source *listener, *sigterm, *sigint, *sighup;
        sd_event_source *trigger;   /* closes epochs */
        sd_event_source *silence;   /* looks for workers that fell silent */
        sd_event_source *reporter;  /* sends the load */
        sd_event_source *scheduler; /* hands out leases, once per turn of the loop */
        sd_event_source *stopper;   /* ends a drain that takes too long */
        sd_event_source *ready_timer;
        bool ready, draining, paused;
        bool trigger_due; /* the trigger's time has come, but the sinks were busy */

        LogEnds *log_ends;
        bool ends_measured;
        char *ends_error;          /* why they are not known now */
        int64_t *partition_starts; /* ends at start: what arrived since is counted from there */

        LeaseTable *leases;
        WatermarkRule watermark_rule;
        int64_t final_usec; /* windows that end at or below are final; never goes back */
        State *state;
        DeadLetters *dead_letters;

        Worker **workers; /* connected, in no order; owned */
        size_t n_workers;
        Caller **callers; /* connections that have not said who they are, and the coordinator's; owned */
        size_t n_callers;

        Sink **sinks;
        size_t n_sinks;
        Epoch *epoch; /* being delivered; NULL: all sinks hold the last one */
        unsigned sinks_busy;
        uint64_t last_epoch; /* number of the last one closed */
        usec_t epoch_closed_usec;

        uint64_t processed_records, late_records, future_records;
        uint64_t faults[_RECORD_FAULT_MAX];
        usec_t gone_busy_usec, gone_cpu_usec; /* of workers that are gone */
        uint64_t gone_records;
} Job;

int job_new(const char *name, const char *suite_path, const char *job_path, sd_event *event, int listen_fd,
            Job **ret);
Job *job_free(Job *job);
DEFINE_CLEANUP(Job *, job_free);

/* Leases are handed out at the end of this turn of the loop. */
void job_schedule_soon(Job *job);
/* A report was merged: the watermark may move, an epoch may be due. Returns 0 or a fatal error. */
int job_merged(Job *job);
/* What a sink that is behind means for the leases. */
bool job_is_held_back(const Job *job);
void job_set_paused(Job *job, bool paused);
/* The time of all workers since the job started. */
usec_t job_busy_usec(const Job *job);
