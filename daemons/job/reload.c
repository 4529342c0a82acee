/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "base/strv.h"
#include "base/text.h"
#include "config/config-error.h"
#include "credentials.h"
#include "job.h"
#include "load.h"
#include "worker.h"

/* What a running job cannot change; NULL if there is nothing. */
static const char *fixed_change(const Job *job, const JobConfig *config, const JobPlan *plan) {
        const char *pattern = config->source.topic_pattern, *old = job->config->source.topic_pattern;

        if (!strv_equal(config->source.topics, job->config->source.topics) ||
            strcmp(pattern ?: "", old ?: "") != 0)
                return "which topics are read";
        if (plan->id != job->plan->id)
                return "the query or the columns";
        if (!strv_equal(config->kafka_properties, job->config->kafka_properties))
                return "the Kafka properties";
        return NULL;
}

/* What workers are told once, when they connect. */
static bool worker_settings_are_equal(const JobConfig *a, const JobConfig *b) {
        return a->workers.rate_limit == b->workers.rate_limit &&
               a->report_max_bytes == b->report_max_bytes &&
               a->worker_queue_bytes == b->worker_queue_bytes &&
               a->max_record_bytes == b->max_record_bytes &&
               a->source.max_future_usec == b->source.max_future_usec &&
               a->source.on_bad_record == b->source.on_bad_record;
}

static bool sinks_are_equal(const JobConfig *a, const JobConfig *b) {
        if (a->n_sinks != b->n_sinks)
                return false;
        for (size_t i = 0; i < a->n_sinks; i++)
                if (!sink_config_equal(&a->sinks[i], &b->sinks[i]))
                        return false;
        if (!a->dead_letter || !b->dead_letter)
                return a->dead_letter == b->dead_letter;
        return sink_config_equal(a->dead_letter, b->dead_letter);
}

/* Sinks go on with the settings that they were made with: those stay where they are. */
static void keep_sinks(JobConfig *old, JobConfig *config) {
        SinkConfig *sinks = config->sinks, *dead_letter = config->dead_letter;

        config->sinks = old->sinks;
        config->dead_letter = old->dead_letter;
        old->sinks = sinks;
        old->dead_letter = dead_letter;
}

/* Takes config over. */
static int apply(Job *job, JobConfig *config) {
        _cleanup_(job_config_freep) JobConfig *old = job->config;
        int r = 0;

        job->config = config;
        job->watermark_rule = (WatermarkRule){config->source.watermark_usec, config->source.idle_after_usec};
        job->leases->policy = job_lease_policy(config);
        state_set_mode(job->state, config->output);
        if (!worker_settings_are_equal(old, config)) {
                log_info("Workers reconnect for their new settings");
                while (job->n_workers > 0)
                        worker_free(job->workers[0]);
        }
        if (old->trigger_usec != config->trigger_usec)
                r = job_set_trigger(job);
        if (sinks_are_equal(old, config))
                keep_sinks(old, config);
        else if (r >= 0)
                r = job_start_sinks(job);
        /* Sinks that are at an epoch still use the settings that they were made with. */
        if (job->sinks_changed && !job->sinks_config)
                job->sinks_config = TAKE_PTR(old);
        job_schedule_soon(job);
        return r;
}

static int load(const Job *job, JobConfig **ret, JobPlan **ret_plan, ConfigError *error) {
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        int r;

        r = suite_config_load(job->suite_path, &suite, error);
        if (r >= 0)
                r = job_config_load(suite, job->config->path, &config, error);
        if (r >= 0)
                r = credentials_insert(config, error);
        if (r >= 0)
                r = job_plan_from_config(config, ret_plan, error);
        if (r >= 0)
                *ret = TAKE_PTR(config);
        return r;
}

/* In the journal, and as long as it is so in what the coordinator is told. */
static int refuse(Job *job, int error, const char *format, ...) _printf_(3, 4);

static int refuse(Job *job, int error, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        job->reload_refused = text_vformat(format, ap);
        va_end(ap);
        return log_message(LOG_ERR, MESSAGE_CONFIG_REFUSED, error, "The old configuration stays: %s",
                           job->reload_refused ?: strerror(-error));
}

/* The old configuration stays if anything is wrong with the new one. */
static int try_reload(Job *job) {
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        _cleanup_config_error_ ConfigError error = {};
        const char *change;
        int r;

        r = load(job, &config, &plan, &error);
        if (r == -ENOENT) {
                log_info("The job's file is gone: the coordinator stops the job");
                return r;
        }
        if (r < 0) {
                _cleanup_free_ char *text = r == -EINVAL ? config_error_text(&error) : NULL;

                return refuse(job, r, "%s", text ?: strerror(-r));
        }
        change = fixed_change(job, config, plan);
        if (change)
                return refuse(
                        job, -EBUSY,
                        "%s cannot change while the job runs; \"etlctl restart %s\" takes what is new, "
                        "if the state fits it",
                        change, job->name);
        return apply(job, TAKE_PTR(config));
}

void job_reload(Job *job) {
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_usec());
        free(TAKE_PTR(job->reload_refused));
        if (try_reload(job) >= 0)
                log_message(LOG_INFO, MESSAGE_CONFIG_TAKEN, 0, "Reloaded the configuration");
        (void)load_send(job);
        (void)sd_notify(0, "READY=1");
}
