/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "base/units.h"

/* The newest dead letters of a job, as it sends them (CONTROL_DEAD_LETTER), up to a number and a size. */
enum { DEAD_LETTER_SAMPLES_MAX = 1000, DEAD_LETTER_SAMPLES_BYTES_MAX = 4 * 1024 * 1024 };

typedef struct DeadLetterSamples DeadLetterSamples;

int dead_letter_samples_new(DeadLetterSamples **ret);
DeadLetterSamples *dead_letter_samples_free(DeadLetterSamples *samples);
DEFINE_CLEANUP(DeadLetterSamples *, dead_letter_samples_free);

/* Takes a reference, and adds the member "id": from 1, counting up. The oldest make room. size: of it, in
 * bytes, about. */
void dead_letter_samples_add(DeadLetterSamples *samples, json_object *letter, size_t size);
/* The oldest with a greater id, whose id goes to *ret_id; weak, or NULL. */
json_object *dead_letter_samples_after(const DeadLetterSamples *samples, uint64_t id, uint64_t *ret_id);
/* The id of the newest; 0: none. */
uint64_t dead_letter_samples_last(const DeadLetterSamples *samples);
