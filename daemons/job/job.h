/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "config/config.h"
#include "dead-letters.h"
#include "histogram.h"
#include "known-sinks.h"
#include "lease-table.h"
#include "log-ends.h"
#include "plan/job-plan.h"
#include "positions.h"
#include "sink.h"
#include "state.h"
#include "store.h"
#include "task-thread.h"
#include "topics.h"
#include "watermark.h"

typedef struct Worker Worker;
typedef struct Caller Caller;
typedef struct Status Status;
typedef struct Results Results;

/* Since the job's state began. */
typedef struct JobCounts {
        uint64_t records, late, future;
        uint64_t removed; /* by Kafka, before they were read; offsets */
        uint64_t faults[_RECORD_FAULT_MAX];
} JobCounts;

/* Where the epoch is: closed, then in the store, then in every sink, then settled: the store knows that it
 * is. */
typedef enum EpochPhase { EPOCH_STORING, EPOCH_DELIVERING, EPOCH_SETTLING } EpochPhase;

/* One job: what is leased to whom, what is merged, what is delivered. Its parts:
 *   log-ends -> leases <-> workers -> state -> epoch -> store, sinks
 * load.c tells the coordinator about it, status.c systemd. */
typedef struct Job {
        char *name, *suite_path, *state_folder;
        sd_event *event;
        JobConfig *config;
        JobPlan *plan;
        uint32_t generation; /* of this process: leases of another are refused */
        usec_t started_usec; /* monotonic */

        sd_event_source *worker_listener, *control_listener;
        sd_event_source *trigger;   /* closes epochs */
        sd_event_source *silence;   /* looks for workers that fell silent */
        sd_event_source *reporter;  /* what time alone changes: the load, idle partitions, STATUS= */
        sd_event_source *scheduler; /* hands out leases, once per turn of the loop */
        sd_event_source *watermark; /* tells it to the workers */
        sd_event_source *holder;    /* lets partitions that are held go */
        sd_event_source *stopper;   /* ends a drain that takes too long */
        sd_event_source *ready_timer;
        bool ready, draining, paused;
        bool drained;         /* only the end of the process is left */
        bool reset_wanted;    /* the process ends, and drops the state */
        bool drain_cut;       /* what is leased now is not waited for any more */
        bool trigger_due;     /* the trigger's time has come, but the sinks were busy */
        char *reload_refused; /* why the last reload changed nothing; NULL: it was taken, or there was none
                               */

        Topics *topics;
        LogEnds *log_ends;
        Positions *positions; /* as others may see them */
        bool ends_measured;
        char *ends_error;          /* why they are not known now */
        bool broker_is_away;       /* and that is why */
        int64_t *partition_starts; /* where this process began: what arrived is counted from there */
        size_t n_partition_starts;

        LeaseTable *leases;
        WatermarkRule watermark_rule;
        int64_t final_usec; /* windows that end at or below are final; never goes back */
        State *state;
        bool state_changed; /* since the last epoch was closed, or the positions */
        Store *store;
        TaskThread *store_thread;
        Buffer starts;      /* of what is new, while the thread puts them into the store */
        bool saving_starts; /* it does, */
        size_t n_saving;    /* of the first so many partitions */
        bool settle_due;    /* it was at that when the sinks were done */
        sd_id128_t uuid;    /* of the store */
        DeadLetters *dead_letters;

        Worker **workers; /* connected, in no order; owned */
        size_t n_workers;
        Caller **callers; /* connections that have not said who they are, and the coordinator's; owned */
        size_t n_callers;

        Sink **sinks; /* those of the results, then that of the dead letters */
        size_t n_sinks;
        KnownSinks known_sinks;
        usec_t sinks_told_usec; /* monotonic: when they got an epoch last; 0: not by this process */
        bool keeps_markers;     /* some sink does */
        bool adopt;             /* sinks take over the markers of whoever was there before */
        char *refused;          /* identity of the sink that refused the epoch of before; or NULL */
        Epoch *epoch;           /* on its way; NULL: all sinks hold the last one */
        EpochPhase phase;
        Buffer settlement; /* of the store, in EPOCH_SETTLING */
        unsigned sinks_busy;
        JobConfig *sinks_config;   /* that the sinks were made with, where it is not config; owned */
        bool sinks_changed;        /* by a reload, while they were busy */
        uint64_t last_epoch;       /* number of the last one closed */
        int64_t epoch_at_usec;     /* when it was, since the epoch; TIME_NONE: by an earlier process */
        int64_t oldest_kafka_usec; /* of what was merged since; TIME_NONE: nothing */
        Histogram epoch_duration;  /* from closing to all sinks having it */
        Histogram latency;         /* from the oldest record in Kafka to all sinks having it */
        uint64_t latency_epoch;    /* whose latency is: */
        usec_t latency_usec;

        Results *results;

        JobCounts counts;
        usec_t gone_busy_usec, gone_cpu_usec; /* of workers that are gone */
        usec_t load_sent_usec;                /* monotonic */
        Status *status;
} Job;

/* That it listens at: workers reach one of them, the coordinator alone the other. */
typedef struct JobSockets {
        int workers, control;
} JobSockets;

/* Logs what goes wrong. Takes over the configuration and the plan, whatever happens; the sockets stay the
 * caller's. */
int job_new(const char *name, const char *suite_path, const char *state_folder, JobConfig *config,
            JobPlan *plan, sd_event *event, const JobSockets *sockets, Job **ret);
Job *job_free(Job *job);
DEFINE_CLEANUP(Job *, job_free);

/* Leases are handed out at the end of this turn of the loop. */
void job_schedule_soon(Job *job);
void job_set_paused(Job *job, bool paused);
/* Of the sizes of leases, by the job's configuration. */
LeasePolicy job_lease_policy(const JobConfig *config);
/* The time of all workers since the job started. */
usec_t job_busy_usec(const Job *job);
/* The log's ends less what is merged. */
uint64_t job_lag(const Job *job);

/* READY, unless it was said. */
void job_be_ready(Job *job);

/* reading.c */
int job_start_reading(Job *job);
/* Puts into the store what it does not know of topics and partitions, if nothing else is on its way there.
 * Returns whether that is on its way: no epoch may be closed until then. */
bool job_save_starts(Job *job);
void job_starts_saved(Job *job);
/* What arrives is counted from where the partitions are that are new. Returns 0 or -ENOMEM, logged. */
int job_count_from(Job *job);
/* No leases of the partition for a while: what was tried last failed, and would again. Asks whether it is
 * still there. */
void job_hold_leases(Job *job, Partition *partition);

/* epochs.c */
/* Opens the store and takes up what it holds; job_start_sinks() then sends an epoch that was not delivered
 * on its way again. Logs what is wrong. */
int job_open_store(Job *job);
void job_close_store(Job *job);
/* Makes the sinks anew; at the end of the epoch that is on its way, if there is one. */
int job_start_sinks(Job *job);
int job_set_trigger(Job *job);
/* Gives the store's thread, which is idle, what is to be committed: job->starts, or of the epoch. */
void job_commit(Job *job);
/* A report was merged, or time has passed: the watermark may move, an epoch may be due. Returns 0 or an
 * error after which the state cannot be trusted: the loop is told to end. */
int job_progress(Job *job);
/* Store or sinks have not taken the last epoch, and the next one is as large as it may be. */
bool job_is_held_back(const Job *job);

/* status.c */
/* What the job waits for, in words; false if nothing is wrong. */
bool job_trouble(const Job *job, char *text, size_t size);
/* The part of it that keeps the last epoch from the store or a sink: nothing is given out until it ends. */
bool job_epoch_is_stuck(const Job *job, char *text, size_t size);
/* The part of it that only a person ends, whatever Kafka says or does not say meanwhile. */
bool job_log_has_shrunk(const Job *job, char *text, size_t size);

/* drain.c: the end of the process, in order */
int job_watch_signals(Job *job);
/* Goes on with it, if it has begun. */
void job_continue_drain(Job *job);

/* reload.c */
void job_reload(Job *job);
