/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/units.h"

/* A rate limit: so many tokens a second, at most a tenth of a second's worth (but one) saved up. Pure: the
 * caller brings the time, of a clock that does not go back. */
typedef struct TokenBucket {
        uint64_t per_sec; /* 0: no limit */
        double tokens;
        usec_t updated_usec;
} TokenBucket;

static inline void token_bucket_init(TokenBucket *bucket, uint64_t per_sec, usec_t now_usec) {
        *bucket = (TokenBucket){.per_sec = per_sec, .tokens = 1, .updated_usec = now_usec};
}

/* Whole tokens there are now; SIZE_MAX without a limit. */
static inline size_t token_bucket_available(TokenBucket *bucket, usec_t now_usec) {
        double most = MAX((double)bucket->per_sec / 10, 1.0);

        if (bucket->per_sec == 0)
                return SIZE_MAX;
        bucket->tokens += (double)(now_usec - bucket->updated_usec) * (double)bucket->per_sec / USEC_PER_SEC;
        bucket->tokens = MIN(bucket->tokens, most);
        bucket->updated_usec = now_usec;
        return (size_t)bucket->tokens;
}

static inline void token_bucket_take(TokenBucket *bucket, size_t n) {
        if (bucket->per_sec > 0)
                bucket->tokens -= (double)n;
}

/* How long until there is one; 0: there is. */
static inline usec_t token_bucket_wait_usec(const TokenBucket *bucket) {
        if (bucket->per_sec == 0 || bucket->tokens >= 1)
                return 0;
        return (usec_t)((1 - bucket->tokens) * USEC_PER_SEC / (double)bucket->per_sec) + 1;
}
