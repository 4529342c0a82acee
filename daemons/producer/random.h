/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* xoshiro256++ (Blackman and Vigna, https://prng.di.unimi.it/): small, fast and the same everywhere. */
typedef struct Random {
        uint64_t state[4];
} Random;

void random_seed(Random *random, uint64_t seed);

static inline uint64_t random_next(Random *random) {
        uint64_t *s = random->state, sum = s[0] + s[3], shifted = s[1] << 17;
        uint64_t value = ((sum << 23) | (sum >> 41)) + s[0];

        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = (s[3] << 45) | (s[3] >> 19);
        return value;
}

/* 0 to below, not included: the high half of a product. For the small bounds of this program its bias cannot
 * be seen. */
static inline uint32_t random_below(Random *random, uint32_t below) {
        return (uint32_t)(((random_next(random) >> 32) * below) >> 32);
}
