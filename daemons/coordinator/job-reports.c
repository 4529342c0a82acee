/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What the job's daemon tells, and what to make of its silence. */

#include <stdio.h>

#include "base/log.h"
#include "http-events.h"
#include "job.h"
#include "questions.h"
#include "wire/control.h"

/* Fifteen reports missed: the job is busy with something else than us, or gone. */
#define SILENCE_USEC (3 * USEC_PER_SEC)
#define UNMEASURED_EVERY_USEC USEC_PER_SEC

static void on_opened(void *userdata) {
        Job *job = userdata;

        job_send_pause(job);
}

static void count_running_workers(const Job *job, LoadSample *sample) {
        sample->workers_running = job_count_workers(job, UNIT_ACTIVE);
        sample->paused = sample->paused || job_is_paused(job);
}

static void observe_worker(Worker *worker, json_object *report, usec_t now_usec) {
        uint64_t records = json_object_get_uint64(json_object_object_get(report, "records"));

        rate_meter_observe(&worker->records, now_usec, records);
        rate_meter_observe(&worker->busy, now_usec,
                           json_object_get_uint64(json_object_object_get(report, "busy_usec")));
        /* It works: what ends it next is nothing that ends each worker as soon as it begins. */
        if (records > 0)
                backoff_reset(&worker->pauses);
}

static void observe_workers(Job *job, usec_t now_usec) {
        for (size_t i = 0; i < job->n_workers; i++) {
                json_object *report = job_load_worker(&job->load, job->workers[i]->unit.name.worker);

                if (report)
                        observe_worker(job->workers[i], report, now_usec);
        }
}

static void note_generation(Job *job) {
        uint64_t generation = json_object_get_uint64(job_load_member(&job->load, "generation"));

        if (generation == job->generation)
                return;
        if (job->generation != 0)
                job->restarts++;
        bad_share_reset(&job->bad);
        job->generation = generation;
        job->started_usec =
                realtime_usec() - json_object_get_uint64(job_load_member(&job->load, "uptime_usec"));
}

static void observe_bad(Job *job, uint64_t records, usec_t now_usec) {
        json_object *counts = job_load_member(&job->load, "bad");
        uint64_t bad = 0;

        if (json_object_is_type(counts, json_type_object)) {
                json_object_object_foreach(counts, reason, count) {
                        (void)reason;
                        bad += json_object_get_uint64(count);
                }
        }
        bad_share_observe(&job->bad, now_usec, records, bad);
}

/* What the job does has changed, and not only how much of it. */
static void note_state(Job *job, const char *state_before) {
        if (strcmp(job_load_text(&job->load, "state"), state_before) != 0)
                http_events_changed(job->manager);
}

static int on_load(Job *job, json_object *report) {
        usec_t now = monotonic_usec();
        char state_before[32];
        LoadSample sample;
        int r;

        (void)snprintf(state_before, sizeof(state_before), "%s", job_load_text(&job->load, "state"));
        r = job_load_set(&job->load, report, now);
        if (r < 0)
                return r;
        note_state(job, state_before);
        sample = job->load.sample;
        count_running_workers(job, &sample);
        observe_workers(job, now);
        note_generation(job);
        if (sample.measured)
                rate_meter_observe(&job->arrived, now, sample.arrived_records);
        rate_meter_observe(&job->processed, now, sample.processed_records);
        observe_bad(job, sample.processed_records, now);
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
        http_events_epoch(job);
        return 0;
}

static int on_dead_letter(Job *job, json_object *letter) {
        static const size_t members_bytes = 2048; /* of all but the value, in memory, about */
        json_object *value = json_object_object_get(letter, "value");

        dead_letter_samples_add(job->dead_letters, letter,
                                members_bytes + (size_t)json_object_get_string_len(value));
        return 0;
}

static int on_received(uint32_t type, json_object *message, void *userdata) {
        Job *job = userdata;

        switch (type) {
        case CONTROL_LOAD: return on_load(job, message);
        case CONTROL_EPOCH: return on_epoch(job, message);
        case CONTROL_DEAD_LETTER: return on_dead_letter(job, message);
        case CONTROL_RESULTS: questions_answered(job->manager->questions, job, message); return 0;
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
