/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Once a second: what the history keeps of each job, and of all. */

#include "sampler.h"
#include "job.h"

/* Of the epoch that was delivered since the last point, if there was one. */
static usec_t new_latency(Job *job) {
        json_object *epoch = job_load_member(&job->load, "latency_epoch");
        uint64_t number = json_object_get_uint64(epoch);

        if (!epoch || number == job->latency_epoch)
                return USEC_INFINITY;
        job->latency_epoch = number;
        return json_object_get_uint64(job_load_member(&job->load, "latency_usec"));
}

static HistoryPoint sample(Job *job, usec_t at_usec) {
        HistoryPoint point = history_point_none(at_usec);
        json_object *watermark = job_load_member(&job->load, "watermark_usec");

        point.workers_wanted = job_count_held(job);
        point.workers_running = job_count_workers(job, UNIT_ACTIVE);
        if (unit_is_down(&job->unit))
                return point;
        point.arrival_per_sec = rate_meter_per_sec(&job->arrived);
        point.processed_per_sec = rate_meter_per_sec(&job->processed);
        point.backlog = job->load.sample.backlog_records;
        point.latency_usec = new_latency(job);
        if (json_object_is_type(watermark, json_type_int))
                point.watermark_usec = json_object_get_int64(watermark);
        return point;
}

static int on_second(sd_event_source *source, uint64_t due_usec, void *userdata) {
        Manager *manager = userdata;
        usec_t at_usec = realtime_usec();
        HistoryPoint total = history_point_none(at_usec);

        for (size_t i = 0; i < manager->n_jobs; i++) {
                HistoryPoint point = sample(manager->jobs[i], at_usec);

                history_add(manager->jobs[i]->history, &point);
                history_point_include(&total, &point);
        }
        history_add(manager->history, &total);
        (void)sd_event_source_set_time(source, MAX(due_usec + HISTORY_INTERVAL_USEC, monotonic_usec()));
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int sampler_start(Manager *manager) {
        int r;

        r = history_new(&manager->history);
        return r < 0 ? r
                     : sd_event_add_time_relative(manager->event, &manager->sampler, CLOCK_MONOTONIC,
                                                  HISTORY_INTERVAL_USEC, USEC_PER_MSEC, on_second, manager);
}
