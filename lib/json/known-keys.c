/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <xxhash.h>

#include "json/known-keys.h"

enum {
        COLUMNS_MAX = 16384,
        LEARNT_MAX = 256, /* keys of no column: enough for any honest record, few for a hostile one */
};

static void key_init(KnownKeys *keys, KnownKey *key, size_t column) {
        *key = (KnownKey){.lead_size = LEAD_UNKNOWN, .next = &keys->unknown, .column = column};
}

/* The bucket of the name, or the empty one where it belongs. Half of the buckets are empty. */
static uint16_t *find_bucket(KnownKeys *keys, const uint8_t *name, size_t size) {
        size_t i = XXH3_64bits(name, size) & keys->bucket_mask;

        for (; keys->buckets[i] != 0; i = (i + 1) & keys->bucket_mask) {
                const KnownKey *key = &keys->keys[keys->buckets[i] - 1];

                if (key->name_size == size && memcmp(key->name, name, size) == 0)
                        break;
        }
        return &keys->buckets[i];
}

static KnownKey *add_key(KnownKeys *keys, uint16_t *bucket, const uint8_t *name, size_t size,
                         size_t column) {
        KnownKey *key = &keys->keys[keys->n_keys++];

        key_init(keys, key, column);
        key->name = name;
        key->name_size = size;
        *bucket = (uint16_t)keys->n_keys;
        return key;
}

static int add_column(KnownKeys *keys, const char *column_name, size_t column) {
        size_t size = strlen(column_name);
        uint16_t *bucket = find_bucket(keys, (const uint8_t *)column_name, size);
        char *name;

        name = strdup(column_name);
        if (!name)
                return -ENOMEM;
        keys->names[keys->n_names++] = name;
        keys->longest_name_bytes = MAX(keys->longest_name_bytes, size);
        add_key(keys, bucket, (const uint8_t *)name, size, column);
        return 0;
}

int known_keys_init(KnownKeys *keys, const Schema *schema, const bool *used) {
        size_t n_buckets = 2;
        int r;

        if (schema->n_columns > COLUMNS_MAX)
                return -E2BIG;
        *keys = (KnownKeys){.n_keys_max = schema->n_columns + LEARNT_MAX};
        key_init(keys, &keys->start, NO_COLUMN);
        key_init(keys, &keys->unknown, NO_COLUMN);
        while (n_buckets < 2 * keys->n_keys_max)
                n_buckets *= 2;
        keys->bucket_mask = n_buckets - 1;
        keys->buckets = new0(uint16_t, n_buckets);
        keys->keys = new0(KnownKey, keys->n_keys_max);
        keys->names = new0(char *, schema->n_columns + 1);
        if (!keys->buckets || !keys->keys || !keys->names)
                return -ENOMEM;
        for (size_t i = 0; i < schema->n_columns; i++)
                if (!used || used[i]) {
                        r = add_column(keys, schema->columns[i].name, i);
                        if (r < 0)
                                return r;
                }
        return 0;
}

void known_keys_done(KnownKeys *keys) {
        for (size_t i = 0; i < keys->n_names; i++)
                free(keys->names[i]);
        free(keys->names);
        free(keys->keys);
        free(keys->buckets);
        *keys = (KnownKeys){};
}

KnownKey *known_keys_find(KnownKeys *keys, const uint8_t *name, size_t size) {
        uint16_t bucket = *find_bucket(keys, name, size);

        return bucket == 0 ? &keys->unknown : &keys->keys[bucket - 1];
}

KnownKey *known_keys_learn(KnownKeys *keys, const uint8_t *lead, size_t lead_size, size_t name_offset,
                           size_t name_size) {
        uint16_t *bucket = find_bucket(keys, lead + name_offset, name_size);
        KnownKey *key;

        if (*bucket != 0)
                key = &keys->keys[*bucket - 1];
        else if (keys->n_keys < keys->n_keys_max && lead_size <= LEAD_BYTES_MAX)
                key = add_key(keys, bucket, NULL, name_size, NO_COLUMN);
        else
                return &keys->unknown;
        if (lead_size > LEAD_BYTES_MAX)
                return key;
        memcpy(key->lead, lead, lead_size);
        key->lead_size = lead_size;
        if (key->column == NO_COLUMN)
                key->name = key->lead + name_offset;
        return key;
}
