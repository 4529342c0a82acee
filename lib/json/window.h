/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <endian.h>

#include "base/macros.h"

/* Looks at 32 bytes at once: most strings, and nearly all numbers, with what follows them, fit. Each
 * function below returns a bit per byte, the first byte's lowest, so that "how far" is one counting
 * instruction and there is no loop whose length the processor would have to guess.
 *
 * SSE2 is part of x86-64. AVX2 halves the instructions but is worth less than 3 % of a record (measured),
 * which does not pay for compiling everything twice and choosing at run time; a build for a newer processor
 * (-march=x86-64-v3) gets it. Elsewhere eight bytes of a word are looked at together. */
enum { WINDOW_BYTES = 32 };

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Eight bytes, the first one lowest. */
static inline uint64_t word_load(const uint8_t *p) {
        uint64_t word;

        memcpy(&word, p, sizeof(word));
        return le64toh(word);
}

#if defined(__AVX2__) && !defined(WINDOW_PORTABLE)
#include <immintrin.h>

static inline uint64_t window_mask(__m256i bytes) {
        return (uint32_t)_mm256_movemask_epi8(bytes);
}

static inline uint64_t window_string_stops(const uint8_t *p) {
        __m256i v = _mm256_loadu_si256((const __m256i_u *)p);

        return window_mask(_mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')),
                                                           _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'))),
                                           _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v)));
}

static inline uint64_t window_digits(const uint8_t *p) {
        __m256i v = _mm256_loadu_si256((const __m256i_u *)p);

        return window_mask(_mm256_and_si256(_mm256_cmpgt_epi8(v, _mm256_set1_epi8('0' - 1)),
                                            _mm256_cmpgt_epi8(_mm256_set1_epi8('9' + 1), v)));
}

#elif defined(__SSE2__) && !defined(WINDOW_PORTABLE)
#include <emmintrin.h>

static inline uint64_t half_string_stops(const uint8_t *p) {
        __m128i v = _mm_loadu_si128((const __m128i_u *)p);

        /* Signed, so that bytes from 0x80 on are less than a blank as well. */
        return (uint32_t)_mm_movemask_epi8(_mm_or_si128(
                _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
                _mm_cmpgt_epi8(_mm_set1_epi8(0x20), v)));
}

static inline uint64_t half_digits(const uint8_t *p) {
        __m128i v = _mm_loadu_si128((const __m128i_u *)p);

        return (uint32_t)_mm_movemask_epi8(_mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('0' - 1)),
                                                         _mm_cmpgt_epi8(_mm_set1_epi8('9' + 1), v)));
}

static inline uint64_t window_string_stops(const uint8_t *p) {
        return half_string_stops(p) | half_string_stops(p + 16) << 16;
}

static inline uint64_t window_digits(const uint8_t *p) {
        return half_digits(p) | half_digits(p + 16) << 16;
}

#else
/* The eight top bits of the bytes of a word, together. */
static inline uint64_t word_mask(uint64_t word) {
        return ((word & EACH_BYTE(0x80)) >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* The top bit of each byte that is at least n (n <= 0x80). No byte carries into the next. */
static inline uint64_t word_at_least(uint64_t word, unsigned n) {
        return ((word & EACH_BYTE(0x7f)) + EACH_BYTE(0x80 - n)) | word;
}

static inline uint64_t word_string_stops(const uint8_t *p) {
        uint64_t word = word_load(p);

        return word_mask(~word_at_least(word, 0x20) | ~word_at_least(word ^ EACH_BYTE('"'), 1) |
                         ~word_at_least(word ^ EACH_BYTE('\\'), 1) | word);
}

static inline uint64_t word_digits(const uint8_t *p) {
        return word_mask(~word_at_least(word_load(p) ^ EACH_BYTE('0'), 10));
}

static inline uint64_t window_string_stops(const uint8_t *p) {
        return word_string_stops(p) | word_string_stops(p + 8) << 8 | word_string_stops(p + 16) << 16 |
               word_string_stops(p + 24) << 24;
}

static inline uint64_t window_digits(const uint8_t *p) {
        return word_digits(p) | word_digits(p + 8) << 8 | word_digits(p + 16) << 16 |
               word_digits(p + 24) << 24;
}
#endif

/* The record that is being scanned. */
typedef struct Extent {
        const uint8_t *start, *end;
} Extent;

/* Fewer bytes than a window are left: looks at the record's last 32 and shifts out those before p, so that
 * nothing behind the end is ever read. If the record is shorter than a window, 0. */
static inline uint64_t window_at_end(Extent extent, const uint8_t *p, uint64_t (*look)(const uint8_t *p)) {
        if (extent.end - extent.start < WINDOW_BYTES)
                return 0;
        return look(extent.end - WINDOW_BYTES) >> (WINDOW_BYTES - (extent.end - p));
}

/* The window that begins at p, as far as the record goes. A branch, which is foreseen nearly always; to
 * choose the address and shift for both cases without one would lengthen the chain of instructions from one
 * value to the next, which is what takes the time. */
static inline uint64_t string_stops_at(Extent extent, const uint8_t *p) {
        return likely(extent.end - p >= WINDOW_BYTES) ? window_string_stops(p)
                                                      : window_at_end(extent, p, window_string_stops);
}

static inline uint64_t digits_at(Extent extent, const uint8_t *p) {
        return likely(extent.end - p >= WINDOW_BYTES) ? window_digits(p)
                                                      : window_at_end(extent, p, window_digits);
}
