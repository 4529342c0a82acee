/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aggregate/fixed-value.h"
#include "aggregate/group-key.h"

/* Odd numbers with about half of their bits set: the golden ratio, then digits of pi. */
#define MIX UINT64_C(0x9e3779b97f4a7c15)
#define NULL_MARK UINT64_C(0x243f6a8885a308d3)
#define MIX_2 UINT64_C(0x13198a2e03707345)
#define MIX_3 UINT64_C(0xa4093822299f31d1)

/* Short texts of different lengths are the common keys, and a branch on their length is mispredicted for
 * every second row: most of what XXH3 and memcmp() cost there. So a text of 8 to SHORT_TEXT_MAX bytes is
 * taken as four words that overlap as its length wants it, without a branch. */
enum { SHORT_TEXT_MAX = 32 };

typedef struct ShortText {
        uint64_t words[4];
} ShortText;

static inline uint64_t load_u64(const char *data) {
        uint64_t value;

        memcpy(&value, data, sizeof(value));
        return value;
}

static inline uint32_t load_u32(const char *data) {
        uint32_t value;

        memcpy(&value, data, sizeof(value));
        return value;
}

/* Together with its size, the words say everything about the text. */
static inline ShortText short_text(const char *data, size_t size) {
        if (likely(size >= 8)) {
                size_t last = size - 8, second = last < 8 ? last : 8, third = last < 8 ? 0 : last - 8;

                return (ShortText){{load_u64(data), load_u64(data + second), load_u64(data + third),
                                    load_u64(data + last)}};
        }
        if (size >= 4)
                return (ShortText){{load_u32(data), load_u32(data + size - 4)}};
        if (size > 0)
                return (ShortText){{(uint8_t)data[0], (uint8_t)data[size / 2], (uint8_t)data[size - 1]}};
        return (ShortText){};
}

static inline uint64_t fold(uint64_t a, uint64_t b) {
        __uint128_t product = (__uint128_t)a * b;

        return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_number(uint64_t hash, uint64_t number) {
        return fold(hash ^ number, MIX);
}

static inline uint64_t hash_text(uint64_t hash, const char *data, size_t size) {
        ShortText text;

        if (unlikely(size > SHORT_TEXT_MAX))
                return XXH3_64bits_withSeed(data, size, hash);
        text = short_text(data, size);
        return fold(fold(text.words[0] ^ hash, text.words[1] ^ MIX_2) ^ size,
                    fold(text.words[2] ^ hash, text.words[3] ^ MIX_3) ^ MIX);
}

/* -0.0, whose rank is -1, to 0.0, whose rank is 0. */
static inline int64_t positive_zero(int64_t rank) {
        return rank == -1 ? 0 : rank;
}

static void hash_text_column(const Vector *vector, const uint16_t *selection, size_t n_rows,
                             uint64_t *hashes) {
        for (size_t i = 0; i < n_rows; i++) {
                size_t row = selection[i];

                if (likely(vector->valid[row]))
                        hashes[i] = hash_text(hashes[i], vector->texts[row].data, vector->texts[row].size);
                else
                        hashes[i] = hash_number(hashes[i], NULL_MARK);
        }
}

void key_hash_column(const Vector *vector, const uint16_t *selection, size_t n_rows, uint64_t *hashes) {
        int64_t numbers[BATCH_ROWS_MAX];

        if (vector->type == TYPE_STRING)
                return hash_text_column(vector, selection, n_rows, hashes);

        fixed_values_load(vector, selection, n_rows, numbers);
        if (vector->type == TYPE_DOUBLE)
                for (size_t i = 0; i < n_rows; i++)
                        numbers[i] = positive_zero(numbers[i]);
        for (size_t i = 0; i < n_rows; i++)
                hashes[i] = hash_number(hashes[i],
                                        vector->valid[selection[i]] ? (uint64_t)numbers[i] : NULL_MARK);
}

uint64_t key_hash(const KeyValue *keys, const ValueType *types, size_t n_keys, uint64_t seed) {
        uint64_t hash = seed;

        for (size_t i = 0; i < n_keys; i++)
                if (!keys[i].valid)
                        hash = hash_number(hash, NULL_MARK);
                else if (types[i] == TYPE_STRING)
                        hash = hash_text(hash, keys[i].text, keys[i].size);
                else
                        hash = hash_number(hash, (uint64_t)keys[i].number);
        return hash;
}

void key_from_row(const Vector *vector, size_t row, KeyValue *ret) {
        *ret = (KeyValue){};
        if (!vector->valid[row])
                return;
        ret->valid = 1;
        if (vector->type == TYPE_STRING) {
                ret->text = vector->texts[row].data;
                ret->size = (uint32_t)vector->texts[row].size;
        } else {
                ret->number = fixed_value_get(vector, row);
                if (vector->type == TYPE_DOUBLE)
                        ret->number = positive_zero(ret->number);
        }
}

static inline bool texts_equal(const char *a, const char *b, size_t size) {
        ShortText left, right;

        if (unlikely(size > SHORT_TEXT_MAX))
                return memcmp(a, b, size) == 0;
        left = short_text(a, size);
        right = short_text(b, size);
        return ((left.words[0] ^ right.words[0]) | (left.words[1] ^ right.words[1]) |
                (left.words[2] ^ right.words[2]) | (left.words[3] ^ right.words[3])) == 0;
}

bool keys_equal(const KeyValue *a, const KeyValue *b, const ValueType *types, size_t n_keys) {
        for (size_t i = 0; i < n_keys; i++) {
                if (a[i].valid != b[i].valid || a[i].size != b[i].size)
                        return false;
                if (types[i] == TYPE_STRING ? !texts_equal(a[i].text, b[i].text, a[i].size)
                                            : a[i].number != b[i].number)
                        return false;
        }
        return true;
}

static size_t verify_text_column(const Vector *vector, const uint16_t *selection, Group *const *groups,
                                 size_t key, size_t first, size_t n_rows) {
        for (size_t i = first; i < n_rows; i++) {
                size_t row = selection[i];
                const Text *text = &vector->texts[row];
                const KeyValue *of_group = &groups[i]->keys[key];
                size_t size = vector->valid[row] ? text->size : 0;

                if (unlikely(vector->valid[row] != of_group->valid || size != of_group->size ||
                             !texts_equal(text->data, of_group->text, size)))
                        return i;
        }
        return n_rows;
}

size_t key_verify_column(const Vector *vector, const uint16_t *selection, Group *const *groups, size_t key,
                         size_t first, size_t n_rows) {
        int64_t numbers[BATCH_ROWS_MAX];

        if (vector->type == TYPE_STRING)
                return verify_text_column(vector, selection, groups, key, first, n_rows);

        fixed_values_load(vector, selection + first, n_rows - first, numbers);
        for (size_t i = first; i < n_rows; i++) {
                const KeyValue *of_group = &groups[i]->keys[key];
                int64_t number = numbers[i - first];

                if (vector->type == TYPE_DOUBLE)
                        number = positive_zero(number);
                if (unlikely(vector->valid[selection[i]] != of_group->valid ||
                             (of_group->valid && number != of_group->number)))
                        return i;
        }
        return n_rows;
}

int key_encode(ValueType type, const KeyValue *key, Buffer *buffer) {
        int r;

        r = buffer_append_u8(buffer, (uint8_t)key->valid);
        if (r < 0 || !key->valid)
                return r;
        if (type == TYPE_STRING)
                return buffer_append_text(buffer, key->text, key->size);
        return fixed_value_encode(type, key->number, buffer);
}

int key_decode(ValueType type, Reader *reader, KeyValue *ret) {
        KeyValue key = {};
        uint8_t valid;
        size_t size;
        int r;

        r = read_u8(reader, &valid);
        if (r < 0)
                return r;
        if (valid > 1)
                return -EBADMSG;
        key.valid = valid;
        if (valid && type == TYPE_STRING) {
                r = read_text(reader, &key.text, &size);
                if (r < 0)
                        return r;
                key.size = (uint32_t)size;
        } else if (valid) {
                r = fixed_value_decode(type, reader, &key.number);
                if (r < 0)
                        return r;
                if (type == TYPE_DOUBLE)
                        key.number = positive_zero(key.number);
        }
        *ret = key;
        return 0;
}

void key_to_row(const KeyValue *key, Vector *vector, size_t row) {
        vector->valid[row] = (uint8_t)key->valid;
        if (vector->type == TYPE_STRING)
                vector->texts[row] = (Text){key->valid ? key->text : NULL, key->size};
        else
                fixed_value_set(vector, row, key->number);
}
