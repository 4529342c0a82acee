/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "columns/schema.h"

/* The keys a reader knows: those of the columns in use, and others it has met, so that it can foresee them.
 *
 * Nearly all records of a topic have the same keys in the same order with the same blanks around them. So
 * each key remembers its lead, the bytes with which it stood in a record the last time (` "course": `), and
 * which key came next. Where that comes true again, one comparison of a few bytes stands for the scanning of
 * blanks, quotes, key and colon and for the look-up; they were checked when they were learnt. Where it does
 * not, the key is scanned and learnt anew: a field that comes and goes costs only itself. */

#define LEAD_BYTES_MAX 64
/* No record has so many bytes left: a lead that never comes true. */
#define LEAD_UNKNOWN SIZE_MAX
#define NO_COLUMN SIZE_MAX

typedef struct KnownKey KnownKey;
struct KnownKey {
        uint8_t lead[LEAD_BYTES_MAX]; /* from behind the '{' or ',' to the start of the value */
        size_t lead_size;             /* LEAD_UNKNOWN if it has no lead */
        KnownKey *next;               /* never NULL */
        size_t column;                /* NO_COLUMN: the value is validated and dropped */
        const uint8_t *name;
        size_t name_size;
};

typedef struct KnownKeys {
        KnownKey *keys; /* those of columns first */
        size_t n_keys, n_keys_max;
        uint16_t *buckets; /* index in keys + 1, or 0; open addressing */
        size_t bucket_mask;
        size_t longest_name_bytes;
        char **names;
        size_t n_names;
        KnownKey start;   /* not a key: before the first one */
        KnownKey unknown; /* stands for all keys that there is no room to learn */
} KnownKeys;

/* Returns 0, -E2BIG (more columns than anyone needs) or -ENOMEM. */
int known_keys_init(KnownKeys *keys, const Schema *schema, const bool *used);
void known_keys_done(KnownKeys *keys);

/* Never NULL: &keys->unknown if the name is not known. */
KnownKey *known_keys_find(KnownKeys *keys, const uint8_t *name, size_t size);
/* The same, but learns the key where there is room, and how it stood in the record. The name, at name_offset
 * of the lead, has no escapes. */
KnownKey *known_keys_learn(KnownKeys *keys, const uint8_t *lead, size_t lead_size, size_t name_offset,
                           size_t name_size);

static inline uint64_t load_word(const uint8_t *p) {
        uint64_t word;

        memcpy(&word, p, sizeof(word));
        return word;
}

/* Whether the key, with its blanks and colon, stands at p, and the first byte of a value (not another blank)
 * behind it. Leads are short, and their length a guess that comes true: words that overlap compare 8 to 16
 * bytes, or 16 to 32, without a loop and a call. */
static inline bool known_key_matches(const KnownKey *key, const uint8_t *p, const uint8_t *end) {
        size_t size = key->lead_size;
        const uint8_t *lead = key->lead;

        if ((size_t)(end - p) <= size || p[size] <= ' ')
                return false;
        if (size < 8 || size > 32)
                return memcmp(p, lead, size) == 0;
        if (size <= 16)
                return ((load_word(p) ^ load_word(lead)) |
                        (load_word(p + size - 8) ^ load_word(lead + size - 8))) == 0;
        return ((load_word(p) ^ load_word(lead)) | (load_word(p + 8) ^ load_word(lead + 8)) |
                (load_word(p + size - 16) ^ load_word(lead + size - 16)) |
                (load_word(p + size - 8) ^ load_word(lead + size - 8))) == 0;
}
