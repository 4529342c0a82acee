/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "views.h"
#include "base/units.h"
#include "client.h"

/* The suite and its jobs. */

static const Field job_fields[] = {
        {"JOB", "name", add_text},
        {"STATE", "state", add_state},
        {">ARRIVING/S", "arrival_per_sec", add_count},
        {">PROCESSED/S", "processed_per_sec", add_count},
        {">LAG", "backlog", add_count},
        {">BEHIND", "lag_usec", add_duration},
        {">WORKERS", "workers_running", add_count},
        {">WANTED", "workers_wanted", add_count},
        {">MIN", "workers_min", add_count},
        {">MAX", "workers_max", add_count},
        {">EPOCH", "epoch", add_count},
        {"WATERMARK", "watermark_usec", add_time},
        {">LATE", "late", add_count},
        {">BAD", "bad", add_sum},
        {"WHY", "why", add_text},
};

int view_jobs(json_object *answer, const Style *style) {
        return print_objects(json_object_object_get(answer, "jobs"), job_fields, ELEMENTSOF(job_fields),
                             style);
}

void print_summary(json_object *status, FILE *file) {
        char rate[UNIT_TEXT_MAX], lag[UNIT_TEXT_MAX];

        fprintf(file,
                "%" PRIu64 " of %" PRIu64 " jobs run, %" PRIu64 " worker%s (wanted %" PRIu64
                "), %s rec/s, lag %s\n",
                number_of(status, "jobs_running"), number_of(status, "jobs_enabled"),
                number_of(status, "workers_running"), number_of(status, "workers_running") == 1 ? "" : "s",
                number_of(status, "workers_wanted"),
                format_count(rate, number_of(status, "processed_per_sec")),
                format_count(lag, number_of(status, "backlog")));
}

int view_status(json_object *answer, const Style *style) {
        json_object *problems = json_object_object_get(answer, "problems");

        if (style->csv)
                return view_jobs(answer, style);
        print_summary(answer, style->file);
        for (size_t i = 0; problems && i < json_object_array_length(problems); i++)
                fprintf(style->file, "%s! %s%s\n", output_colour(COLOUR_RED),
                        json_object_get_string(json_object_array_get_idx(problems, i)),
                        output_colour(COLOUR_NONE));
        fputc('\n', style->file);
        return view_jobs(answer, style);
}

static int print_sinks(json_object *sinks, const Style *style) {
        static const Field fields[] = {
                {"SINK", "name", add_text},
                {"TYPE", "type", add_text},
                {"FOR", "kind", add_text},
                {"STATE", "state", add_state},
                {">EPOCH", "epoch_delivered", add_count},
                {"DELIVERED", "epoch_delivered_at_usec", add_time},
                {">ROWS", "rows_total", add_count},
                {"EXACTLY ONCE", "exactly_once", add_flag},
                {"NEXT TRY", "next_try_usec", add_time},
                {"ERROR", "error", add_text},
        };

        fputc('\n', style->file);
        return print_objects(sinks, fields, ELEMENTSOF(fields), style);
}

/* The summary of one job, as a list of one. */
static int print_job(json_object *job, const Style *style) {
        _cleanup_(json_object_putp) json_object *one = json_object_new_array();

        if (!one)
                return -ENOMEM;
        json_object_array_add(one, json_object_get(job));
        return print_objects(one, job_fields, ELEMENTSOF(job_fields), style);
}

int view_job(json_object *answer, const Style *style) {
        json_object *sinks = json_object_object_get(answer, "sinks");
        int r;

        r = print_job(answer, style);
        if (r < 0 || style->csv)
                return r;
        if (has(answer, "reload_refused"))
                fprintf(style->file, "\n%s! It runs with its old configuration: %s%s\n",
                        output_colour(COLOUR_RED), text_of(answer, "reload_refused"),
                        output_colour(COLOUR_NONE));
        if (has(answer, "outlook"))
                fprintf(style->file, "\nWorkers: %s\n", text_of(answer, "outlook"));
        if (has(answer, "partitions")) {
                fputc('\n', style->file);
                r = view_partitions(answer, style);
        }
        return r < 0 || !sinks || json_object_array_length(sinks) == 0 ? r : print_sinks(sinks, style);
}

int view_changed(json_object *answer, const Style *style) {
        return print_job(answer, style);
}

int view_partitions(json_object *answer, const Style *style) {
        static const Field fields[] = {
                {"TOPIC", "topic", add_text},
                {">PARTITION", "partition", add_count},
                {">POSITION", "position", add_text},
                {">END", "end", add_text},
                {">LAG", "lag", add_count},
                {"WATERMARK", "watermark_usec", add_time},
                {"IDLE", "idle", add_flag},
                {">RECORDS", "records", add_count},
                {"LEASES (WORKER:FROM-TO)", "leases", add_leases},
                {">AHEAD", "ahead", add_length},
        };

        return print_objects(json_object_object_get(answer, "partitions"), fields, ELEMENTSOF(fields),
                             style);
}

int view_workers(json_object *answer, const Style *style) {
        static const Field fields[] = {
                {"JOB", "job", add_text},
                {">WORKER", "number", add_count},
                {"STATE", "state", add_state},
                {">PID", "pid", add_text},
                {"SINCE", "since_usec", add_time},
                {">RECORDS", "records", add_count},
                {">RECORDS/S", "records_per_sec", add_count},
                {">BUSY", "busy", add_share},
                {">BUSY TIME", "busy_usec", add_duration},
                {">CPU", "cpu_usec", add_duration},
                {">MEMORY", "rss_bytes", add_size},
                {">FAILURES", "failures", add_count},
                {"LEASES", "leases", add_leases},
        };

        return print_objects(json_object_object_get(answer, "workers"), fields, ELEMENTSOF(fields), style);
}

int view_decisions(json_object *answer, const Style *style) {
        static const Field fields[] = {
                {"TIME", "at_usec", add_time},
                {"JOB", "job", add_text},
                {">FROM", "workers_now", add_count},
                {">TO", "workers_wanted", add_count},
                {">ARRIVING/S", "arrival_per_sec", add_count},
                {">WORKER DOES/S", "rate_per_worker_per_sec", add_count},
                {">LAG", "backlog", add_count},
                {">READY AFTER", "ready_after_usec", add_duration},
                {"REASON", "reason", add_text},
        };

        return print_objects(json_object_object_get(answer, "decisions"), fields, ELEMENTSOF(fields), style);
}
