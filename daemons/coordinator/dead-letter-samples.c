/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "dead-letter-samples.h"

struct DeadLetterSamples {
        uint64_t first_id, last_id; /* that are kept; first > last: none */
        size_t bytes;
        struct {
                json_object *letter;
                size_t size;
        } ring[DEAD_LETTER_SAMPLES_MAX]; /* id n stands at n % DEAD_LETTER_SAMPLES_MAX */
};

int dead_letter_samples_new(DeadLetterSamples **ret) {
        DeadLetterSamples *samples = new0(DeadLetterSamples, 1);

        if (!samples)
                return -ENOMEM;
        samples->first_id = 1;
        *ret = samples;
        return 0;
}

static void drop_oldest(DeadLetterSamples *samples) {
        size_t at = samples->first_id++ % DEAD_LETTER_SAMPLES_MAX;

        json_object_put(TAKE_PTR(samples->ring[at].letter));
        samples->bytes -= samples->ring[at].size;
}

static size_t count(const DeadLetterSamples *samples) {
        return samples->last_id + 1 - samples->first_id;
}

DeadLetterSamples *dead_letter_samples_free(DeadLetterSamples *samples) {
        while (samples && count(samples) > 0)
                drop_oldest(samples);
        free(samples);
        return NULL;
}

void dead_letter_samples_add(DeadLetterSamples *samples, json_object *letter, size_t size) {
        size_t at = ++samples->last_id % DEAD_LETTER_SAMPLES_MAX;

        if (count(samples) > DEAD_LETTER_SAMPLES_MAX)
                drop_oldest(samples);
        (void)json_object_object_add(letter, "id", json_object_new_uint64(samples->last_id));
        samples->ring[at].letter = json_object_get(letter);
        samples->ring[at].size = size;
        samples->bytes += size;
        while (samples->bytes > DEAD_LETTER_SAMPLES_BYTES_MAX && count(samples) > 1)
                drop_oldest(samples);
}

json_object *dead_letter_samples_after(const DeadLetterSamples *samples, uint64_t id, uint64_t *ret_id) {
        uint64_t next = MAX(id, samples->first_id - 1) + 1;

        if (id >= samples->last_id || next > samples->last_id)
                return NULL;
        *ret_id = next;
        return samples->ring[next % DEAD_LETTER_SAMPLES_MAX].letter;
}

uint64_t dead_letter_samples_last(const DeadLetterSamples *samples) {
        return samples->last_id;
}
