/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "json/record-reader.h"

/* A column of each type, so that one table of cases covers them. */
typedef struct Fixture {
        Schema *schema;
        RecordReader *reader;
        Batch *batch;
} Fixture;

enum { FLAG, SMALL, BIG, REAL, TIME, TEXT, UNUSED };

static const Column columns[] = {
        [FLAG] = {(char *)"flag", TYPE_BOOLEAN},   [SMALL] = {(char *)"small", TYPE_INT},
        [BIG] = {(char *)"big", TYPE_BIGINT},      [REAL] = {(char *)"real", TYPE_DOUBLE},
        [TIME] = {(char *)"time", TYPE_TIMESTAMP}, [TEXT] = {(char *)"text", TYPE_STRING},
        [UNUSED] = {(char *)"unused", TYPE_INT},
};
static const bool used[] = {true, true, true, true, true, true, false};

static int setup(void **state) {
        Fixture *f = new0(Fixture, 1);

        f->schema = schema_new();
        for (size_t i = 0; i < ELEMENTSOF(columns); i++)
                assert_int_equal(schema_add(f->schema, columns[i].name, columns[i].type), 0);
        assert_int_equal(record_reader_new(f->schema, used, &f->reader), 0);
        assert_int_equal(batch_new(f->schema, used, &f->batch), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        record_reader_free(f->reader);
        batch_free(f->batch);
        schema_free(f->schema);
        free(f);
        return 0;
}

/* The record in a block of exactly its size, so that a read past its end is caught. */
static RecordFault read_record(Fixture *f, const char *json, size_t size, size_t *ret_column) {
        _cleanup_free_ char *exact = malloc(size);
        RecordFault fault;

        batch_reset(f->batch);
        memcpy(exact, json, size);
        fault = record_reader_read(f->reader, exact, size, f->batch, ret_column);
        assert_int_equal(f->batch->n_rows, fault == RECORD_OK);
        if (fault == RECORD_OK && f->batch->columns[TEXT].valid[0]) {
                Text *text = &f->batch->columns[TEXT].texts[0];
                void *copy = arena_alloc(&f->batch->arena, text->size + 1);

                text->data = memcpy(copy, text->data, text->size);
        }
        return fault;
}

/* The row as the shortest text that tells values apart: "-" is NULL. */
static void print_row(const Batch *batch, char *to, size_t size) {
        char cells[ELEMENTSOF(columns)][128] = {};

        for (size_t i = 0; i < UNUSED; i++) {
                const Vector *v = &batch->columns[i];

                if (!v->valid[0]) {
                        assert_true(v->type != TYPE_STRING || v->texts[0].size == 0);
                        strcpy(cells[i], "-");
                        continue;
                }
                switch (v->type) {
                case TYPE_BOOLEAN: snprintf(cells[i], sizeof(cells[i]), "%d", v->booleans[0]); break;
                case TYPE_INT: snprintf(cells[i], sizeof(cells[i]), "%" PRIi32, v->ints[0]); break;
                case TYPE_BIGINT: snprintf(cells[i], sizeof(cells[i]), "%" PRIi64, v->bigints[0]); break;
                case TYPE_DOUBLE: snprintf(cells[i], sizeof(cells[i]), "%.17g", v->doubles[0]); break;
                case TYPE_TIMESTAMP:
                        snprintf(cells[i], sizeof(cells[i]), "%" PRIi64, v->timestamps[0]);
                        break;
                default:
                        snprintf(cells[i], sizeof(cells[i]), "'%.*s'", (int)v->texts[0].size,
                                 v->texts[0].data);
                }
        }
        snprintf(to, size, "%s %s %s %s %s %s", cells[FLAG], cells[SMALL], cells[BIG], cells[REAL],
                 cells[TIME], cells[TEXT]);
}

static const char empty_row[] = "- - - - - -";

static void test_values(void **state) {
        static const struct {
                const char *json, *row;
        } cases[] = {
                {"{}", empty_row},
                {" \t\r\n{ \t\r\n} \t\r\n", empty_row},
                {"{\"flag\":true,\"small\":1,\"big\":2,\"real\":0.5,\"time\":3,\"text\":\"x\"}",
                 "1 1 2 0.5 3000000 'x'"},
                {"{\"flag\":null,\"small\":null,\"big\":null,\"real\":null,\"time\":null,\"text\":null}",
                 empty_row},
                /* keys */
                {"{\"Small\":1,\"small \":2,\"smal\":3,\"\":4}", empty_row},
                {"{\"\\u0073m\\u0061ll\":7}", "- 7 - - - -"},
                {"{\"\\u0073\\u006d\\u0061\\u006c\\u006c\\u0020\":7}", empty_row},
                {"{\"\\u0073\\u006d\\u0061\\u006c\\u006c\\u0073\\u0073\\u0073\":7}", empty_row},
                {"{\"unused\":\"not an int\"}", empty_row},
                {"{\"deep\":{\"small\":1,\"a\":[{\"b\":[]},{}]},\"small\":2}", "- 2 - - - -"},
                /* the last of duplicate keys wins, in value, NULL and type */
                {"{\"small\":1,\"small\":2}", "- 2 - - - -"},
                {"{\"small\":1,\"small\":null}", empty_row},
                {"{\"text\":\"x\",\"text\":null}", empty_row},
                {"{\"small\":null,\"small\":2}", "- 2 - - - -"},
                {"{\"small\":\"x\",\"small\":2}", "- 2 - - - -"},
                {"{\"small\":\"x\",\"sm\\u0061ll\":null}", empty_row},
                {"{\"small\":99999999999,\"small\":\"x\",\"small\":3}", "- 3 - - - -"},
                /* BOOLEAN */
                {"{\"flag\":false}", "0 - - - - -"},
                /* INT, BIGINT */
                {"{\"small\":-0,\"big\":-0}", "- 0 0 - - -"},
                {"{\"small\":2147483647,\"big\":9223372036854775807}",
                 "- 2147483647 9223372036854775807 - - -"},
                {"{\"small\":-2147483648,\"big\":-9223372036854775808}",
                 "- -2147483648 -9223372036854775808 - - -"},
                {"{\"small\":12345678,\"big\":1234567890123456}", "- 12345678 1234567890123456 - - -"},
                {"{\"small\":123456789,\"big\":12345678901234567}", "- 123456789 12345678901234567 - - -"},
                /* DOUBLE */
                {"{\"real\":0}", "- - - 0 - -"},
                {"{\"real\":-0}", "- - - -0 - -"},
                {"{\"real\":-0.0e5}", "- - - -0 - -"},
                {"{\"real\":12}", "- - - 12 - -"},
                {"{\"real\":1e-400}", "- - - 0 - -"},
                {"{\"real\":-1e-99999999999999999999}", "- - - -0 - -"},
                {"{\"real\":0e99999999999999999999}", "- - - 0 - -"},
                {"{\"real\":1.7976931348623157e308}", "- - - 1.7976931348623157e+308 - -"},
                {"{\"real\":5e-324}", "- - - 4.9406564584124654e-324 - -"},
                {"{\"real\":1769875200.1234567}", "- - - 1769875200.1234567 - -"},
                {"{\"real\":\"NaN\"}", "- - - nan - -"},
                {"{\"real\":\"Infinity\"}", "- - - inf - -"},
                {"{\"real\":\"-Infinity\"}", "- - - -inf - -"},
                {"{\"real\":\"\\u004eaN\"}", "- - - nan - -"},
                /* TIMESTAMP */
                {"{\"time\":\"2026-01-31T12:34:56.789Z\"}", "- - - - 1769862896789000 -"},
                {"{\"time\":\"2026-01-31 12:34:56.789+01:00\"}", "- - - - 1769859296789000 -"},
                {"{\"time\":\"2026\\u002d01-31\"}", "- - - - 1769817600000000 -"},
                {"{\"time\":1769875200.123456}", "- - - - 1769875200123456 -"},
                {"{\"time\":1769875200.1234569}", "- - - - 1769875200123456 -"},
                {"{\"time\":-0.0000019}", "- - - - -1 -"},
                {"{\"time\":1.769875200123456789e9}", "- - - - 1769875200123456 -"},
                {"{\"time\":1769875200123456789012e-12}", "- - - - 1769875200123456 -"},
                {"{\"time\":1e-300}", "- - - - 0 -"},
                {"{\"time\":0e300}", "- - - - 0 -"},
                {"{\"time\":9223372036854.775807}", "- - - - 9223372036854775807 -"},
                {"{\"time\":9223372036854.77580799999}", "- - - - 9223372036854775807 -"},
                {"{\"time\":-9223372036854.775808}", "- - - - -9223372036854775808 -"},
                /* STRING */
                {"{\"text\":\"\"}", "- - - - - ''"},
                {"{\"text\":\"Ayesha Khan \xd8\xb9\xd8\xa7 \xe2\x82\xac \xf0\x9f\x98\x80\"}",
                 "- - - - - 'Ayesha Khan \xd8\xb9\xd8\xa7 \xe2\x82\xac \xf0\x9f\x98\x80'"},
                {"{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "- - - - - '\"\\/\b\f\n\r\t'"},
                {"{\"text\":\"a\\u0041\\u00e9\\u20AC\\uD83D\\uDE00z\"}",
                 "- - - - - 'aA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z'"},
                {"{\"text\":true}", "- - - - - 'true'"},
                {"{\"text\":false}", "- - - - - 'false'"},
                {"{\"text\":-1.50E+01 }", "- - - - - '-1.50E+01'"},
                {"{\"text\":{\"a\": [1, {}] } }", "- - - - - '{\"a\": [1, {}] }'"},
                {"{\"text\":[ ] }", "- - - - - '[ ]'"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                /* The first time the keys are scanned, the second time they are foreseen. */
                for (size_t again = 0; again < 2; again++) {
                        char row[1024] = "";
                        size_t column;
                        RecordFault fault = read_record(f, cases[i].json, strlen(cases[i].json), &column);

                        if (fault == RECORD_OK)
                                print_row(f->batch, row, sizeof(row));
                        if (strcmp(row, cases[i].row) != 0)
                                fail_msg("%s: %s, %s, expected %s", cases[i].json, record_fault_name(fault),
                                         row, cases[i].row);
                        assert_int_equal(column, SIZE_MAX);
                }
}

static void test_faults(void **state) {
        static const struct {
                const char *json;
                RecordFault fault;
                size_t column;
        } cases[] = {
                {"[]", RECORD_NOT_OBJECT, SIZE_MAX},
                {" [1,{\"a\":[]}] ", RECORD_NOT_OBJECT, SIZE_MAX},
                {"1", RECORD_NOT_OBJECT, SIZE_MAX},
                {"-1.5e3", RECORD_NOT_OBJECT, SIZE_MAX},
                {"\"{}\"", RECORD_NOT_OBJECT, SIZE_MAX},
                {"null", RECORD_NOT_OBJECT, SIZE_MAX},
                {"true ", RECORD_NOT_OBJECT, SIZE_MAX},
                {" ", RECORD_NOT_JSON, SIZE_MAX},
                {"\xef\xbb\xbf{}", RECORD_NOT_JSON, SIZE_MAX},
                {"[", RECORD_NOT_JSON, SIZE_MAX},
                {"[]]", RECORD_NOT_JSON, SIZE_MAX},
                {"{}{}", RECORD_NOT_JSON, SIZE_MAX},
                {"{},", RECORD_NOT_JSON, SIZE_MAX},
                /* broken syntax outweighs what is wrong in a column */
                {"{\"small\":\"x\",}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"small\":\"x\"}}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"text\":\"\\ud800\"}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"text\":\"\\udc00\"}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"text\":\"\\ud800\\ud800\"}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"text\":\"\\ud800x\"}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"\\udfff\":0}", RECORD_NOT_JSON, SIZE_MAX},
                /* syntax is validated where nobody looks, too */
                {"{\"unused\":\"\x80\"}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"x\":01}", RECORD_NOT_JSON, SIZE_MAX},
                {"{\"x\":[1,]}", RECORD_NOT_JSON, SIZE_MAX},
                /* BOOLEAN */
                {"{\"flag\":0}", RECORD_WRONG_TYPE, FLAG},
                {"{\"flag\":\"true\"}", RECORD_WRONG_TYPE, FLAG},
                {"{\"flag\":{}}", RECORD_WRONG_TYPE, FLAG},
                /* INT, BIGINT */
                {"{\"small\":1.0}", RECORD_WRONG_TYPE, SMALL},
                {"{\"small\":1e1}", RECORD_WRONG_TYPE, SMALL},
                {"{\"small\":\"1\"}", RECORD_WRONG_TYPE, SMALL},
                {"{\"small\":true}", RECORD_WRONG_TYPE, SMALL},
                {"{\"small\":[1]}", RECORD_WRONG_TYPE, SMALL},
                {"{\"small\":2147483648}", RECORD_OUT_OF_RANGE, SMALL},
                {"{\"small\":-2147483649}", RECORD_OUT_OF_RANGE, SMALL},
                {"{\"big\":1.5}", RECORD_WRONG_TYPE, BIG},
                {"{\"big\":9223372036854775808}", RECORD_OUT_OF_RANGE, BIG},
                {"{\"big\":-9223372036854775809}", RECORD_OUT_OF_RANGE, BIG},
                {"{\"big\":18446744073709551616}", RECORD_OUT_OF_RANGE, BIG},
                {"{\"big\":100000000000000000000000000000000000000000}", RECORD_OUT_OF_RANGE, BIG},
                /* DOUBLE */
                {"{\"real\":1E400}", RECORD_OUT_OF_RANGE, REAL},
                {"{\"real\":-1e309}", RECORD_OUT_OF_RANGE, REAL},
                {"{\"real\":1.7976931348623159e308}", RECORD_OUT_OF_RANGE, REAL},
                {"{\"real\":1e99999999999999999999}", RECORD_OUT_OF_RANGE, REAL},
                {"{\"real\":\"nan\"}", RECORD_WRONG_TYPE, REAL},
                {"{\"real\":\"1\"}", RECORD_WRONG_TYPE, REAL},
                {"{\"real\":true}", RECORD_WRONG_TYPE, REAL},
                {"{\"real\":[]}", RECORD_WRONG_TYPE, REAL},
                /* TIMESTAMP */
                {"{\"time\":\"yesterday\"}", RECORD_WRONG_TYPE, TIME},
                {"{\"time\":\"2026-02-30\"}", RECORD_WRONG_TYPE, TIME},
                {"{\"time\":\"+999999-01-01\"}", RECORD_OUT_OF_RANGE, TIME},
                {"{\"time\":false}", RECORD_WRONG_TYPE, TIME},
                {"{\"time\":9223372036854.775808}", RECORD_OUT_OF_RANGE, TIME},
                {"{\"time\":-9223372036854.775809}", RECORD_OUT_OF_RANGE, TIME},
                {"{\"time\":1e300}", RECORD_OUT_OF_RANGE, TIME},
                {"{\"time\":1e14}", RECORD_OUT_OF_RANGE, TIME},
                /* of several columns at fault the first of the schema is named; of duplicates the last
                   counts */
                {"{\"real\":true,\"flag\":1}", RECORD_WRONG_TYPE, FLAG},
                {"{\"small\":1,\"small\":\"x\"}", RECORD_WRONG_TYPE, SMALL},
                {"{\"small\":\"x\",\"small\":99999999999}", RECORD_OUT_OF_RANGE, SMALL},
                {"{\"small\":\"x\",\"real\":\"x\",\"small\":1}", RECORD_WRONG_TYPE, REAL},
        };
        Fixture *f = *state;
        size_t column;

        assert_int_equal(record_reader_read(f->reader, NULL, 0, f->batch, &column), RECORD_EMPTY);
        assert_int_equal(column, SIZE_MAX);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (size_t again = 0; again < 2; again++) {
                        RecordFault fault = read_record(f, cases[i].json, strlen(cases[i].json), &column);

                        if (fault != cases[i].fault || column != cases[i].column)
                                fail_msg("%s: %s in %zd, expected %s in %zd", cases[i].json,
                                         record_fault_name(fault), (ssize_t)column,
                                         record_fault_name(cases[i].fault), (ssize_t)cases[i].column);
                        /* A fault leaves nothing behind for the next record. */
                        assert_int_equal(read_record(f, "{}", 2, &column), RECORD_OK);
                }
}

/* A NUL is a character as any other: in a text, in a key, and as a syntax error. */
static void test_nul(void **state) {
        Fixture *f = *state;
        size_t column;
        Text *text;

#define READ(literal) read_record(f, literal, sizeof(literal) - 1, &column)
        assert_int_equal(READ("{\"text\":\"a\\u0000b\"}"), RECORD_OK);
        text = &f->batch->columns[TEXT].texts[0];
        assert_int_equal(text->size, 3);
        assert_memory_equal(text->data, "a\0b", 3);
        assert_int_equal(READ("{\"small\\u0000\":1}"), RECORD_OK);
        assert_int_equal(f->batch->columns[SMALL].valid[0], 0);
        assert_int_equal(READ("{\"text\":\"\0\"}"), RECORD_NOT_JSON);
        assert_int_equal(READ("{}\0"), RECORD_NOT_JSON);
#undef READ
}

static char *nested(size_t depth, bool object) {
        char *json = malloc(5 * depth + 2 * depth + sizeof("{\"a\":}")), *to = json;

        to = stpcpy(to, "{\"a\":");
        for (size_t i = 0; i < depth; i++)
                to = stpcpy(to, object ? "{\"a\":" : "[");
        if (object)
                to = stpcpy(to, "1");
        for (size_t i = 0; i < depth; i++)
                to = stpcpy(to, object ? "}" : "]");
        stpcpy(to, "}");
        return json;
}

static void test_depth(void **state) {
        static const struct {
                size_t depth; /* the record's own object included */
                RecordFault fault;
        } cases[] = {
                {2, RECORD_OK},    {64, RECORD_OK},         {65, RECORD_OK},          {1023, RECORD_OK},
                {1024, RECORD_OK}, {1025, RECORD_NOT_JSON}, {20000, RECORD_NOT_JSON},
        };
        Fixture *f = *state;
        size_t column;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (int object = 0; object < 2; object++) {
                        _cleanup_free_ char *json = nested(cases[i].depth - 1, object);

                        assert_int_equal(read_record(f, json, strlen(json), &column), cases[i].fault);
                        /* In an array of the same depth instead of the record's object. */
                        json[0] = '[';
                        memcpy(json + 1, "     ", 4);
                        json[strlen(json) - 1] = ']';
                        assert_int_equal(read_record(f, json, strlen(json), &column),
                                         cases[i].fault == RECORD_OK ? RECORD_NOT_OBJECT : RECORD_NOT_JSON);
                }
}

/* Records that are almost what the one before makes the reader expect. */
static void test_foreseen_keys(void **state) {
        static const struct {
                const char *json, *row; /* row NULL: not JSON */
        } cases[] = {
                {"{\"small\":1,\"big\":2}", "- 1 2 - - -"},
                {",\"small\":1,\"big\":2}", NULL},
                {"{\"small\":1{\"big\":2}", NULL},
                {"{\"small\":1,\"big\":2}", "- 1 2 - - -"},
                {"{\"big\":2,\"small\":1}", "- 1 2 - - -"},
                {"{,\"small\":1}", NULL},
                {"{\"big\":2{\"small\":1}", NULL},
                {"{\"small\":1 ,\"big\":2}", "- 1 2 - - -"},
                {"{\"small\" :1,\"big\":2}", "- 1 2 - - -"},
                {"{\"small\": 1, \"big\": 2}", "- 1 2 - - -"},
                {"{\"small\": 1, \"text\": \"\", \"big\": 2}", "- 1 2 - - ''"},
                {"{\"small\": 1, \"big\": 2, \"small\": 3}", "- 3 2 - - -"},
                {"{\"small\": 1, \"big\": ", NULL},
                {"{\"small\": 1, \"big\":", NULL},
                {"{\"small\": 1, \"big\": }", NULL},
                {"{\"small\": 1, }", NULL},
                {"{\"small\": ", NULL},
                {"{\"smal\": 1, \"bigg\": 2}", empty_row},
                {"{\"smal\": 1, \"bigg\": 2}", empty_row},
                {"{\"small\": 1, \"bigg\": 2}", "- 1 - - - -"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char row[1024] = "";
                size_t column;
                RecordFault fault = read_record(f, cases[i].json, strlen(cases[i].json), &column);

                if (fault == RECORD_OK)
                        print_row(f->batch, row, sizeof(row));
                if (fault != (cases[i].row ? RECORD_OK : RECORD_NOT_JSON) ||
                    strcmp(row, cases[i].row ?: "") != 0)
                        fail_msg("%zu: %s: %s, %s", i, cases[i].json, record_fault_name(fault), row);
        }
}

/* More keys than are learnt, and longer ones: all are still understood. */
static void test_many_keys(void **state) {
        Fixture *f = *state;
        char json[1024], long_key[300] = {};
        size_t column;

        memset(long_key, 'k', sizeof(long_key) - 1);
        for (int i = 0; i < 2000; i++) {
                int size = snprintf(json, sizeof(json), "{\"key %d\":1,\"%s\":2,\"small\":%d,%*s\"big\":%d}",
                                    i, long_key, i, i % 100, "", -i);

                assert_int_equal(read_record(f, json, (size_t)size, &column), RECORD_OK);
                assert_int_equal(f->batch->columns[SMALL].ints[0], i);
                assert_int_equal(f->batch->columns[BIG].bigints[0], -i);
        }
}

/* Rows follow each other, a bad record leaves no row, texts stay where the record is. */
static void test_rows(void **state) {
        static const char *const records[] = {"{\"small\":1,\"text\":\"one\"}", "{\"small\":\"?\"}", "{",
                                              "{\"small\":2}", "{\"text\":\"\\u0033\",\"small\":3}"};
        Fixture *f = *state;
        const Vector *small = &f->batch->columns[SMALL], *text = &f->batch->columns[TEXT];
        size_t column;

        for (size_t i = 0; i < ELEMENTSOF(records); i++)
                record_reader_read(f->reader, records[i], strlen(records[i]), f->batch, &column);
        assert_int_equal(f->batch->n_rows, 3);
        for (int i = 0; i < 3; i++)
                assert_int_equal(small->ints[i], i + 1);
        assert_ptr_equal(text->texts[0].data, strstr(records[0], "one"));
        assert_int_equal(text->valid[1], 0);
        assert_int_equal(text->texts[2].size, 1);
        assert_int_equal(text->texts[2].data[0], '3');
}

static void test_fault_names(void **state) {
        for (RecordFault i = 0; i < _RECORD_FAULT_MAX; i++) {
                assert_non_null(record_fault_name(i));
                for (RecordFault j = 0; j < i; j++)
                        assert_string_not_equal(record_fault_name(i), record_fault_name(j));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_values, setup, teardown),
                cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nul, setup, teardown),
                cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
                cmocka_unit_test_setup_teardown(test_foreseen_keys, setup, teardown),
                cmocka_unit_test_setup_teardown(test_many_keys, setup, teardown),
                cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
                cmocka_unit_test(test_fault_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
