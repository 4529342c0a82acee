/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "job-load.h"

static bool get_count(json_object *report, const char *key, uint64_t *ret) {
        json_object *value;

        if (!json_object_object_get_ex(report, key, &value) || !json_object_is_type(value, json_type_int) ||
            json_object_get_int64(value) < 0)
                return false;
        *ret = json_object_get_uint64(value);
        return true;
}

static bool get_flag(json_object *report, const char *key) {
        json_object *value;

        return json_object_object_get_ex(report, key, &value) &&
               json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

int job_load_set(JobLoad *load, json_object *report, usec_t now_usec) {
        LoadSample sample = {.at_usec = now_usec};
        json_object *value;

        if (!json_object_object_get_ex(report, "measured", &value) ||
            !json_object_is_type(value, json_type_boolean) ||
            !get_count(report, "arrived", &sample.arrived_records) ||
            !get_count(report, "backlog", &sample.backlog_records) ||
            !get_count(report, "processed", &sample.processed_records) ||
            !get_count(report, "busy_usec", &sample.busy_usec))
                return -EBADMSG;
        sample.measured = json_object_get_boolean(value);
        sample.sink_holds_back = get_flag(report, "sink_holds_back");
        sample.paused = get_flag(report, "paused");

        job_load_done(load);
        *load = (JobLoad){.sample = sample, .report = json_object_get(report)};
        return 0;
}

void job_load_done(JobLoad *load) {
        json_object_put(load->report);
        *load = (JobLoad){};
}

json_object *job_load_member(const JobLoad *load, const char *key) {
        return load->report ? json_object_object_get(load->report, key) : NULL;
}

const char *job_load_text(const JobLoad *load, const char *key) {
        json_object *value = job_load_member(load, key);

        return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

json_object *job_load_worker(const JobLoad *load, unsigned number) {
        json_object *workers = job_load_member(load, "workers");

        if (!json_object_is_type(workers, json_type_array))
                return NULL;
        for (size_t i = 0; i < json_object_array_length(workers); i++) {
                json_object *worker = json_object_array_get_idx(workers, i);
                uint64_t its_number;

                if (json_object_is_type(worker, json_type_object) &&
                    get_count(worker, "number", &its_number) && its_number == number)
                        return worker;
        }
        return NULL;
}
