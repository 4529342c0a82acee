/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "../fuzz/record-reader-oracle.h"

enum {
        N_MUTATIONS = 200000,
        RECORD_BYTES_MAX = 1024,
        ALIGNMENTS = 64, /* of the start of the record: twice the widest vector */
};

static const char *const seeds[] = {
        "{\"timestamp\": 1769875200.123456, \"student_id\": \"CS-2021042\", \"student_name\": \"Ayesha "
        "Khan\", "
        "\"course\": \"Operating Systems\", \"activity\": \"coding\", \"tool_used\": \"VS Code\", "
        "\"lines_of_code\": 42, \"last_error\": \"None\", \"cpu_usage_pct\": 43.7}",
        "{\"timestamp\":1769875200.1234567,\"course\":\"Web Engineering\",\"activity\":\"debugging\","
        "\"lines_of_code\":0,\"cpu_usage_pct\":95.0,\"flag\":true,\"big\":-9223372036854775808,"
        "\"time\":\"2026-01-31T12:34:56.789Z\"}\n",
        "{ \"course\" : \"a \\\"quoted\\\" \\u00e9\\ud83d\\ude00 name that does not fit one vector of "
        "bytes\" , "
        "\"activity\" : null , \"time\" : 1769875200.999999 , \"big\" : 12345678901234567 }",
        "{\"course\":\"\xd8\xb9\xd8\xa7\xd8\xa6\xd8\xb4\xdb\x81 \xd8\xae\xd8\xa7\xd9\x86 "
        "\xe5\xbc\xa0\xe4\xbc\x9f \xf0\x9f\x98\x80 and ASCII\",\"activity\":\"\xc3\xa9\"}",
        "{\"student_id\":{\"a\":[1,2.5e-3,{\"b\":[[],{}]},\"x\"],\"c\":false},\"course\":[1,{\"k\":null}],"
        "\"flag\":false,\"timestamp\":-0.0,\"lines_of_code\":-2147483648}",
        "{\"timestamp\":\"NaN\",\"cpu_usage_pct\":\"-Infinity\",\"course\":1.50,\"lines_of_code\":1,"
        "\"lines_of_code\":2147483647,\"co\\u0075rse\":\"again\"}",
        "{\"timestamp\":0.1,\"cpu_usage_pct\":123456789.123456789012345678901234567890e-5,\"big\":1}",
        "{\"a\":1}",
        "{\"flag\":true}",
        "{}",
};

/* What turns one kind of JSON into another. */
static const char *const tokens[] = {
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "-",
        ".",
        "e",
        "E",
        "+",
        "0",
        "9",
        "1e5",
        "0.5",
        "null",
        "true",
        "false",
        "\"\"",
        "[]",
        "{}",
        "\\u",
        "\\ud800",
        "\\u0041",
        "\\\"",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\x80",
        "\xff",
        "\xed\xa0\x80",
        "\x1f",
        "\x7f",
        "1769875200.123456",
        "12345678",
        "1234567890123456",
        "12345678901234567890",
        ",\"course\":\"x\"",
        "\"lines_of_code\":7,",
        "9e307",
        "1e-320",
        "2026-01-31 12:34:56",
};

typedef struct Mutant {
        char data[RECORD_BYTES_MAX];
        size_t size;
} Mutant;

/* The same sequence in every run (xorshift64*). */
static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

static size_t random_below(size_t limit) {
        random_state ^= random_state >> 12;
        random_state ^= random_state << 25;
        random_state ^= random_state >> 27;
        return (size_t)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

/* Replaces n_removed bytes at the place by others, as far as there is room. */
static void splice(Mutant *mutant, size_t place, size_t n_removed, const char *data, size_t size) {
        size_t n_behind = mutant->size - place - n_removed;

        if (place + size + n_behind > sizeof(mutant->data))
                return;
        memmove(mutant->data + place + size, mutant->data + place + n_removed, n_behind);
        memcpy(mutant->data + place, data, size);
        mutant->size = place + size + n_behind;
}

static void flip_bit(Mutant *mutant, size_t place) {
        mutant->data[place] = (char)(mutant->data[place] ^ 1 << random_below(8));
}

static void set_byte(Mutant *mutant, size_t place) {
        mutant->data[place] = (char)random_below(256);
}

static void insert_token(Mutant *mutant, size_t place) {
        const char *token = tokens[random_below(ELEMENTSOF(tokens))];

        splice(mutant, place, 0, token, strlen(token));
}

static void put_token_over(Mutant *mutant, size_t place) {
        const char *token = tokens[random_below(ELEMENTSOF(tokens))];

        splice(mutant, place, MIN(strlen(token), mutant->size - place), token, strlen(token));
}

static void remove_bytes(Mutant *mutant, size_t place) {
        splice(mutant, place, random_below(MIN(mutant->size - place, (size_t)16)) + 1, "", 0);
}

static void truncate_behind(Mutant *mutant, size_t place) {
        mutant->size = place;
}

static void insert_part_of_seed(Mutant *mutant, size_t place) {
        const char *seed = seeds[random_below(ELEMENTSOF(seeds))];
        size_t start = random_below(strlen(seed));

        splice(mutant, place, 0, seed + start, random_below(strlen(seed) - start) + 1);
}

static void repeat_byte(Mutant *mutant, size_t place) {
        char run[80];

        memset(run, mutant->data[place], sizeof(run));
        splice(mutant, place, 0, run, random_below(sizeof(run)) + 1);
}

static void (*const mutations[])(Mutant *mutant, size_t place) = {
        flip_bit,     set_byte,        insert_token,        put_token_over,
        remove_bytes, truncate_behind, insert_part_of_seed, repeat_byte,
};

/* The record ends where its block ends, so that one byte too many is caught. */
static void check(Oracle *oracle, const char *data, size_t size, size_t alignment) {
        _cleanup_free_ char *block = malloc(alignment + size);
        const char *error;

        memcpy(block + alignment, data, size);
        error = oracle_check(oracle, block + alignment, size);
        if (error)
                fail_msg("%.*s: %s", (int)size, data, error);
}

static void test_mutations(void **state) {
        _cleanup_(oracle_freep) Oracle *oracle = NULL;

        assert_int_equal(oracle_new(&oracle), 0);
        for (size_t i = 0; i < N_MUTATIONS; i++) {
                const char *seed = seeds[random_below(ELEMENTSOF(seeds))];
                Mutant mutant = {.size = strlen(seed)};

                /* What is foreseen comes from the unharmed record, as it does in life. */
                check(oracle, seed, mutant.size, i % ALIGNMENTS);
                memcpy(mutant.data, seed, mutant.size);
                for (size_t n = random_below(4) + 1; n > 0 && mutant.size > 0; n--)
                        mutations[random_below(ELEMENTSOF(mutations))](&mutant, random_below(mutant.size));
                check(oracle, mutant.data, mutant.size, i % ALIGNMENTS);
        }
}

/* Every record cut off at every byte. */
static void test_truncations(void **state) {
        _cleanup_(oracle_freep) Oracle *oracle = NULL;

        assert_int_equal(oracle_new(&oracle), 0);
        for (size_t i = 0; i < ELEMENTSOF(seeds); i++)
                for (size_t size = 0; size <= strlen(seeds[i]); size++)
                        for (size_t alignment = 0; alignment < ALIGNMENTS; alignment += 7)
                                check(oracle, seeds[i], size, alignment);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_truncations),
                cmocka_unit_test(test_mutations),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
