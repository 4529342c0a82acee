/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "load.h"
#include "base/process.h"
#include "load-json.h"
#include "wire/control.h"
#include "worker.h"

/* A coordinator that does not read misses what comes then. */
enum { QUEUED_BYTES_MAX = 1024 * 1024 };

static const char *job_state(const Job *job) {
        char why[640];

        return job->draining                                                        ? "draining"
               : job->paused                                                        ? "paused"
               : job->ends_error                                                    ? "waiting"
               : !job->ends_measured                                                ? "starting"
               : job_is_held_back(job) || job_epoch_is_stuck(job, why, sizeof(why)) ? "waiting"
                                                                                    : "running";
}

static const char *job_why(const Job *job) {
        static char trouble[640];

        if (job_log_has_shrunk(job, trouble, sizeof(trouble)))
                return trouble;
        if (job->ends_error)
                return job->ends_error;
        return job_trouble(job, trouble, sizeof(trouble)) ? trouble : NULL;
}

static struct json_object *faults_object(const Job *job) {
        struct json_object *object = json_object_new_object();

        for (RecordFault fault = RECORD_OK + 1; fault < _RECORD_FAULT_MAX; fault++)
                if (job->counts.faults[fault] > 0)
                        add_u64(object, record_fault_name(fault), job->counts.faults[fault]);
        return object;
}

static struct json_object *load_object(const Job *job) {
        struct json_object *object = json_object_new_object(), *partitions;
        uint64_t backlog, arrived;
        const char *why = job_why(job);

        partitions = load_partitions(job, &backlog, &arrived);
        add_text(object, "job", job->name);
        add_u64(object, "pid", (uint64_t)getpid());
        add_u64(object, "uptime_usec", monotonic_usec() - job->started_usec);
        add_u64(object, "generation", job->generation);
        add_text(object, "state", job_state(job));
        add_text(object, "why", why);
        add_text(object, "reload_refused", job->reload_refused);
        add_object(object, "measured", json_object_new_boolean(job->ends_measured && !job->ends_error));
        add_u64(object, "arrived", arrived);
        add_u64(object, "backlog", backlog);
        add_u64(object, "processed", job->counts.records);
        add_u64(object, "busy_usec", job_busy_usec(job));
        add_object(object, "sink_holds_back", json_object_new_boolean(job_is_held_back(job)));
        add_object(object, "paused", json_object_new_boolean(job->paused));
        add_time(object, "watermark_usec", job->leases->watermark_usec);
        add_u64(object, "epoch", job->last_epoch);
        add_time(object, "epoch_at_usec", job->epoch_at_usec);
        add_u64(object, "groups", state_groups(job->state));
        add_u64(object, "state_bytes", state_bytes(job->state));
        add_u64(object, "store_bytes", store_bytes(job->store));
        add_u64(object, "late", job->counts.late);
        add_u64(object, "future", job->counts.future);
        add_u64(object, "removed", job->counts.removed);
        add_object(object, "bad", faults_object(job));
        add_u64(object, "cpu_usec", process_cpu_usec());
        add_u64(object, "rss_bytes", process_rss_bytes());
        add_object(object, "workers", load_workers(job));
        add_object(object, "partitions", partitions);
        add_object(object, "sinks", load_sinks(job));
        load_add_latency(object, job);
        return object;
}

int load_send_object(Job *job, uint32_t type, struct json_object *object) {
        Buffer buffer = {};
        const char *text;
        size_t size;

        text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, &size);
        if (!text) {
                json_object_put(object);
                return -ENOMEM;
        }
        buffer.data = (uint8_t *)text;
        buffer.size = size;
        for (size_t i = 0; i < job->n_callers; i++)
                if (job->callers[i]->is_coordinator &&
                    link_queued_bytes(job->callers[i]->link) < QUEUED_BYTES_MAX)
                        (void)link_send(job->callers[i]->link, type, &buffer);
        json_object_put(object);
        return 0;
}

bool load_is_wanted(const Job *job) {
        for (size_t i = 0; i < job->n_callers; i++)
                if (job->callers[i]->is_coordinator)
                        return true;
        return false;
}

int load_send(Job *job) {
        job->load_sent_usec = monotonic_usec();
        return load_is_wanted(job) ? load_send_object(job, CONTROL_LOAD, load_object(job)) : 0;
}
