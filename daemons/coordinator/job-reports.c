/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What the job's daemon tells, and what to make of its silence. */

#include "base/log.h"
#include "job.h"
#include "wire/control.h"

/* Fifteen reports missed: the job is busy with something else than us, or gone. */
#define SILENCE_USEC (3 * USEC_PER_SEC)
#define UNMEASURED_EVERY_USEC USEC_PER_SEC

static void on_opened(void *userdata) {
        Job *job = userdata;

        (void)job_link_send_pause(job->link, job_is_paused(job));
}

static void count_running_workers(const Job *job, LoadSample *sample) {
        sample->workers_running = job_count_workers(job, UNIT_ACTIVE);
        sample->paused = sample->paused || job_is_paused(job);
}

static int on_load(Job *job, json_object *report) {
        usec_t now = monotonic_usec();
        LoadSample sample;
        int r;

        r = job_load_set(&job->load, report, now);
        if (r < 0)
                return r;
        sample = job->load.sample;
        count_running_workers(job, &sample);
        if (sample.measured)
                rate_meter_observe(&job->arrived, now, sample.arrived_records);
        rate_meter_observe(&job->processed, now, sample.processed_records);
        if (job->scaling)
                scaling_observe(job->scaling, &sample);
        job_act(job);
        return 0;
}

static int on_epoch(Job *job, json_object *epoch) {
        if (json_object_object_add(epoch, "received_at_usec", json_object_new_uint64(realtime_usec())) < 0)
                return -ENOMEM;
        json_object_put(job->results);
        job->results = json_object_get(epoch);
        return 0;
}

static int on_received(uint32_t type, json_object *message, void *userdata) {
        Job *job = userdata;

        switch (type) {
        case CONTROL_LOAD: return on_load(job, message);
        case CONTROL_EPOCH: return on_epoch(job, message);
        default: return -EPROTO;
        }
}

const JobLinkHandler job_link_handler = {.opened = on_opened, .received = on_received};

bool job_has_report(const Job *job, usec_t now_usec) {
        return job_link_is_open(job->link) && job->load.report &&
               now_usec - job->load.sample.at_usec < SILENCE_USEC;
}

void job_watch_reports(Job *job, usec_t now_usec) {
        LoadSample sample;

        if (!job->scaling || job->unit.state != UNIT_ACTIVE || job_has_report(job, now_usec) ||
            now_usec - job->unmeasured_at_usec < UNMEASURED_EVERY_USEC)
                return;
        job->unmeasured_at_usec = now_usec;
        sample = job->load.sample;
        sample.at_usec = now_usec;
        sample.measured = false;
        count_running_workers(job, &sample);
        scaling_observe(job->scaling, &sample);
}
