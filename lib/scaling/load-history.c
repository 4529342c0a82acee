/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "scaling/load-history.h"

/* Reports can come in quick succession; two that are closer than this say no more than one. */
#define SAMPLE_SPACING_USEC (100 * USEC_PER_MSEC)

/* The window of the arrival rate is as short as possible, so that a step is seen soon, but not below 2 s (a
 * producer's batches and the reports themselves come in bursts), and long enough for 30 records (below, the
 * rate is mostly chance) in four steps; 5 s is enough in any case. */
#define WINDOW_MIN_USEC (2 * USEC_PER_SEC)
#define WINDOW_MAX_USEC (5 * USEC_PER_SEC)
enum { WINDOW_MIN_RECORDS = 30, WINDOW_MIN_STEPS = 4 };

/* After so much work of one worker an older measurement of its rate has lost two thirds of its weight. */
#define RATE_MEMORY_SEC 5.0
/* Less work than this is mostly start-up. */
#define RATE_MIN_BUSY_USEC (20 * USEC_PER_MSEC)

/* The rate is that of a busy worker: records over busy time, both weighted by the share of time in which
 * the workers were busy. A worker that gets a record now and then pays for a report, a wake-up and a fetch
 * per record; its rate says little about what it does with full batches. And as memory fades with work and
 * not with time, the rate outlives a night without load. */
static void add_work(LoadHistory *history, const LoadSample *sample) {
        double records = (double)(sample->processed_records - history->last.processed_records);
        usec_t busy_usec = sample->busy_usec - history->last.busy_usec;
        double elapsed_sec = (double)(sample->at_usec - history->last.at_usec) / USEC_PER_SEC;
        double busy_sec = (double)busy_usec / USEC_PER_SEC, share, fade;

        if (busy_usec == 0 || elapsed_sec <= 0)
                return;
        share = fmin(busy_sec / (elapsed_sec * MAX(sample->workers_running, 1U)), 1);
        fade = exp(-busy_sec * share / RATE_MEMORY_SEC);
        history->weighted_records = history->weighted_records * fade + records * share;
        history->weighted_busy_sec = history->weighted_busy_sec * fade + busy_sec * share;
        history->busy_usec += busy_usec;
}

static void keep_sample(LoadHistory *history, const LoadSample *sample) {
        LoadSample *samples = history->samples;
        size_t n = history->n_samples;

        /* The newest is always there; the one before it makes room for it if it says no more. */
        if (n >= 2 && sample->at_usec - samples[n - 2].at_usec < SAMPLE_SPACING_USEC)
                n--;
        if (n == LOAD_SAMPLES_MAX) {
                memmove(samples, samples + 1, (n - 1) * sizeof(LoadSample));
                n--;
        }
        samples[n] = *sample;
        history->n_samples = n + 1;
}

static bool went_back(const LoadSample *before, const LoadSample *now) {
        return now->processed_records < before->processed_records || now->busy_usec < before->busy_usec;
}

bool load_history_add(LoadHistory *history, const LoadSample *sample) {
        const LoadSample *newest = history->n_samples > 0 ? &history->samples[history->n_samples - 1] : NULL;
        bool anew = false;

        if (history->any) {
                anew = went_back(&history->last, sample) ||
                       (sample->measured && newest && sample->arrived_records < newest->arrived_records);
                if (!anew)
                        add_work(history, sample);
        }
        if (anew || !history->any) {
                history->n_samples = 0;
                history->last_arrival_usec = sample->at_usec;
                newest = NULL;
        }
        history->any = true;
        history->last = *sample;
        if (sample->measured) {
                if (newest && sample->arrived_records != newest->arrived_records)
                        history->last_arrival_usec = sample->at_usec;
                keep_sample(history, sample);
        }
        return anew;
}

static double per_sec(uint64_t records, usec_t usec) {
        return (double)records * USEC_PER_SEC / (double)MAX(usec, USEC_PER_SEC);
}

/* The counter climbs in steps. Within the window, from one step to another is measured exactly, however long
 * the steps are; from one sample to another up to a whole step would be chance. */
double load_history_arrival(const LoadHistory *history) {
        const LoadSample *samples = history->samples, *newest, *first_step = NULL, *last_step = NULL;
        size_t n_steps = 0, i;
        usec_t end_usec, gap_usec;

        if (history->n_samples < 2)
                return 0;
        newest = &samples[history->n_samples - 1];
        for (i = history->n_samples - 1; i > 0; i--) {
                usec_t span_usec = newest->at_usec - samples[i].at_usec;

                if (span_usec >= WINDOW_MAX_USEC ||
                    (span_usec >= WINDOW_MIN_USEC && n_steps >= WINDOW_MIN_STEPS &&
                     newest->arrived_records - samples[i].arrived_records >= WINDOW_MIN_RECORDS))
                        break;
                if (samples[i].arrived_records == samples[i - 1].arrived_records)
                        continue;
                first_step = &samples[i];
                last_step = last_step ?: first_step;
                n_steps++;
        }
        if (n_steps < WINDOW_MIN_STEPS)
                return per_sec(newest->arrived_records - samples[i].arrived_records,
                               newest->at_usec - samples[i].at_usec);

        /* When the next step is overdue, records come more slowly now. */
        gap_usec = (last_step->at_usec - first_step->at_usec) / (n_steps - 1);
        end_usec = MAX(last_step->at_usec, newest->at_usec - MIN(newest->at_usec, 2 * gap_usec));
        return per_sec(last_step->arrived_records - first_step->arrived_records,
                       end_usec - first_step->at_usec);
}

double load_history_rate(const LoadHistory *history) {
        if (history->busy_usec < RATE_MIN_BUSY_USEC || history->weighted_busy_sec <= 0)
                return 0;
        return history->weighted_records / history->weighted_busy_sec;
}
