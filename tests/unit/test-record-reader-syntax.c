/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "../fuzz/record-reader-oracle.h"
#include "json/record-reader.h"

/* What is JSON and what is not (RFC 8259), value by value. */
typedef struct SyntaxCase {
        const char *json;
        size_t size;
        bool good;
} SyntaxCase;

#define GOOD(literal) {literal, sizeof(literal) - 1, true}
#define BAD(literal) {literal, sizeof(literal) - 1, false}

static const SyntaxCase cases[] = {
        /* literals */
        GOOD("true"),
        GOOD("false"),
        GOOD("null"),
        BAD(""),
        BAD("True"),
        BAD("TRUE"),
        BAD("tru"),
        BAD("truee"),
        BAD("true1"),
        BAD("fals"),
        BAD("falsy"),
        BAD("nul"),
        BAD("nulll"),
        BAD("NaN"),
        BAD("Infinity"),
        BAD("-Infinity"),
        BAD("undefined"),
        BAD("a"),
        BAD("'a'"),
        BAD("\x00"),
        BAD("\xe2\x82\xac"),
        /* numbers */
        GOOD("0"),
        GOOD("-0"),
        GOOD("1"),
        GOOD("-1"),
        GOOD("10"),
        GOOD("123456789012345678901234567890"),
        GOOD("0.0"),
        GOOD("0.5"),
        GOOD("-0.5"),
        GOOD("10.25"),
        GOOD("0e0"),
        GOOD("0E0"),
        GOOD("1e5"),
        GOOD("1E5"),
        GOOD("1e+5"),
        GOOD("1e-5"),
        GOOD("1.5e5"),
        GOOD("1.5E-05"),
        GOOD("0e000000"),
        GOOD("1e400"),
        GOOD("-1e400"),
        GOOD("1e-400"),
        GOOD("0.0000000000000000000000000000000000000000000000000000000000000000000000000001"),
        GOOD("100000000000000000000000000000000000000000000000000000000000000000000000000000"),
        BAD("+1"),
        BAD("-"),
        BAD("--1"),
        BAD("- 1"),
        BAD("-a"),
        BAD("."),
        BAD(".5"),
        BAD("-.5"),
        BAD("1."),
        BAD("-1."),
        BAD("1..5"),
        BAD("1.5."),
        BAD("1.5.5"),
        BAD("1.e5"),
        BAD("1.a"),
        BAD("01"),
        BAD("-01"),
        BAD("00"),
        BAD("-00"),
        BAD("012.5"),
        BAD("00.5"),
        BAD("1e"),
        BAD("1E"),
        BAD("1e+"),
        BAD("1e-"),
        BAD("1e+-5"),
        BAD("1e5.5"),
        BAD("1ee5"),
        BAD("1e5e5"),
        BAD("e5"),
        BAD("0x10"),
        BAD("0b1"),
        BAD("0_1"),
        BAD("1_000"),
        BAD("1,000.5"),
        BAD("1 000"),
        BAD("1a"),
        BAD("1.5a"),
        BAD("1e5a"),
        BAD("1-1"),
        BAD("1+1"),
        BAD("\xef\xbc\x91"), /* a full-width 1 */
        BAD("1\x00"),
        /* strings */
        GOOD("\"\""),
        GOOD("\"a\""),
        GOOD("\" \""),
        GOOD("\"a string that is a good deal longer than one or two vectors of thirty-two bytes are\""),
        GOOD("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
        GOOD("\"\\u0000\""),
        GOOD("\"\\u0041\\u00e9\\u20AC\\uFFFF\""),
        GOOD("\"\\uabcd\\uABCD\""),
        GOOD("\"\\ud83d\\ude00\""),
        GOOD("\"\\uDBFF\\uDFFF\""),
        GOOD("\"\\\\u12\""),
        GOOD("\"/\""),
        GOOD("\"\x7f\""),
        GOOD("\"\xc2\x80\""),
        GOOD("\"\xdf\xbf\""),
        GOOD("\"\xe0\xa0\x80\""),
        GOOD("\"\xed\x9f\xbf\""),
        GOOD("\"\xee\x80\x80\""),
        GOOD("\"\xef\xbb\xbf\""),
        GOOD("\"\xef\xbf\xbf\""),
        GOOD("\"\xf0\x90\x80\x80\""),
        GOOD("\"\xf4\x8f\xbf\xbf\""),
        GOOD("\"\xd8\xb9\xd8\xa7\xd8\xa6\xd8\xb4\xdb\x81 \xd8\xae\xd8\xa7\xd9\x86, "
             "\xe5\xbc\xa0\xe4\xbc\x9f\""),
        BAD("\""),
        BAD("\"a"),
        BAD("a\""),
        BAD("\"\\\""),
        BAD("\"\\"),
        BAD("\"\"\""),
        BAD("\"a\"b\""),
        BAD("\"\\a\""),
        BAD("\"\\v\""),
        BAD("\"\\0\""),
        BAD("\"\\'\""),
        BAD("\"\\x41\""),
        BAD("\"\\U0041\""),
        BAD("\"\\ \""),
        BAD("\"\\\n\""),
        BAD("\"\\\xc3\xa9\""),
        BAD("\"\\u\""),
        BAD("\"\\u0\""),
        BAD("\"\\u00\""),
        BAD("\"\\u004\""),
        BAD("\"\\u004"),
        BAD("\"\\u004g\""),
        BAD("\"\\u 041\""),
        BAD("\"\\u+041\""),
        BAD("\"\\u-041\""),
        BAD("\"\\ud800\""),
        BAD("\"\\ud800a\""),
        BAD("\"\\ud800\\n\""),
        BAD("\"\\ud800\\u0041\""),
        BAD("\"\\ud800\\ud800\""),
        BAD("\"\\ud800\\udc0\""),
        BAD("\"\\ud800\\\""),
        BAD("\"\\udc00\""),
        BAD("\"\\udfff\\ud800\""),
        BAD("\"\x00\""),
        BAD("\"\x1f\""),
        BAD("\"\t\""),
        BAD("\"\n\""),
        BAD("\"a string that is a good deal longer than one or two vectors of thirty-two bytes\x01\""),
        BAD("\"\x80\""),
        BAD("\"\xbf\""),
        BAD("\"\xc0\x80\""), /* overlong */
        BAD("\"\xc1\xbf\""),
        BAD("\"\xc2\""),
        BAD("\"\xc2\x41\""),
        BAD("\"\xc2\xc2\x80\""),
        BAD("\"\xe0\x80\x80\""), /* overlong */
        BAD("\"\xe0\x9f\xbf\""),
        BAD("\"\xe2\x82\""),
        BAD("\"\xe2\x82\x41\""),
        BAD("\"\xe2\x41\x80\""),
        BAD("\"\xed\xa0\x80\""), /* surrogates */
        BAD("\"\xed\xbf\xbf\""),
        BAD("\"\xf0\x80\x80\x80\""), /* overlong */
        BAD("\"\xf0\x8f\xbf\xbf\""),
        BAD("\"\xf0\x9f\x98\""),
        BAD("\"\xf0\x9f\x98\x41\""),
        BAD("\"\xf4\x90\x80\x80\""), /* past U+10FFFF */
        BAD("\"\xf5\x80\x80\x80\""),
        BAD("\"\xf8\x88\x80\x80\x80\""),
        BAD("\"\xfe\""),
        BAD("\"\xff\""),
        /* arrays */
        GOOD("[]"),
        GOOD("[ \t\r\n]"),
        GOOD("[1]"),
        GOOD("[ 1 , \"a\" , null , true , [ ] , { } ]"),
        GOOD("[[[[[[[[]]]]]]]]"),
        BAD("["),
        BAD("]"),
        BAD("[1"),
        BAD("[1,"),
        BAD("[1,]"),
        BAD("[,]"),
        BAD("[,1]"),
        BAD("[1,,2]"),
        BAD("[1 2]"),
        BAD("[\"a\" \"b\"]"),
        BAD("[1:2]"),
        BAD("[1}"),
        BAD("[[]"),
        BAD("[]]"),
        BAD("[\"a\":1]"),
        BAD("[\x0c]"),
        BAD("[\xc2\xa0]"),
        BAD("[1]//"),
        BAD("[/**/]"),
        BAD("[#\n]"),
        /* objects */
        GOOD("{}"),
        GOOD("{ \t\r\n}"),
        GOOD("{\"\":0}"),
        GOOD("{\"a\":1,\"a\":2}"),
        GOOD("{ \"a\" : 1 , \"b\" : { \"c\" : [ ] } }"),
        GOOD("{\"\\u0000\\\"\":\"\"}"),
        BAD("{"),
        BAD("}"),
        BAD("{\"a\"}"),
        BAD("{\"a\":}"),
        BAD("{\"a\""),
        BAD("{\"a\":"),
        BAD("{\"a\":1"),
        BAD("{\"a\":1,"),
        BAD("{\"a\":1,}"),
        BAD("{,\"a\":1}"),
        BAD("{\"a\":1,,\"b\":2}"),
        BAD("{\"a\":1 \"b\":2}"),
        BAD("{\"a\" 1}"),
        BAD("{\"a\"::1}"),
        BAD("{\"a\",1}"),
        BAD("{:1}"),
        BAD("{a:1}"),
        BAD("{1:1}"),
        BAD("{null:1}"),
        BAD("{'a':1}"),
        BAD("{[]:1}"),
        BAD("{\"a\":1]"),
        BAD("{\"a\":{}"),
        BAD("{\"a\":1}}"),
        BAD("{\"a\":1:2}"),
        BAD("{\"\x01\":1}"),
        BAD("{\"\xff\":1}"),
        BAD("{\"\\ud800\":1}"),
        BAD("{\"a\":1/**/}"),
};

/* Where the value stands: in a column, where nobody looks, deeper, and at the top. %s: the value. */
static const struct {
        const char *before, *behind;
} places[] = {
        {"{\"course\":", "}"},
        {"{\"course\":", ",\"activity\":\"x\"}"},
        {"{\"course\": ", " , \"activity\": \"x\"}"},
        {"{\"cpu_usage_pct\":", "}"},
        {"{\"timestamp\": 1769875200.123456, \"cpu_usage_pct\":",
         ", \"a\": 43.7, \"student_id\": \"CS-2021042\"}"},
        {"{\"student_id\":", "}"},
        {"{\"course\":[", "]}"},
        {"{\"course\":{\"a\":[{\"b\":", "}]}}"},
        {"{\"student_id\":[0,", ",1]}"},
        {"", ""},
        {" ", "\n"},
        {"[", "]"},
};

static void check(Oracle *oracle, const SyntaxCase *c, size_t place, size_t n_blanks) {
        size_t before_size = strlen(places[place].before), behind_size = strlen(places[place].behind);
        size_t size = n_blanks + before_size + c->size + behind_size;
        _cleanup_free_ char *record = malloc(size);
        char *to = record;
        const char *error;

        memset(to, ' ', n_blanks);
        to = mempcpy(to + n_blanks, places[place].before, before_size);
        to = mempcpy(to, c->json, c->size);
        mempcpy(to, places[place].behind, behind_size);
        error = oracle_check(oracle, record, size);
        if (error)
                fail_msg("%.*s: %s", (int)size, record, error);
}

/* The same verdict as yyjson, in every place and at every distance from the ends of the record. */
static void test_places(void **state) {
        _cleanup_(oracle_freep) Oracle *oracle = NULL;

        assert_int_equal(oracle_new(&oracle), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (size_t place = 0; place < ELEMENTSOF(places); place++)
                        for (size_t n_blanks = 0; n_blanks < 36; n_blanks++)
                                check(oracle, &cases[i], place, n_blanks);
}

/* The verdict that the table gives, which does not depend on yyjson. */
static void test_verdicts(void **state) {
        _cleanup_(schema_freep) Schema *schema = schema_new();
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        _cleanup_(batch_freep) Batch *batch = NULL;

        assert_int_equal(schema_add(schema, "column", TYPE_STRING), 0);
        assert_int_equal(record_reader_new(schema, NULL, &reader), 0);
        assert_int_equal(batch_new(schema, NULL, &batch), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char record[256];
                size_t size = cases[i].size, column;
                RecordFault fault;

                memcpy(stpcpy(record, "{\"column\":"), cases[i].json, size);
                size += strlen("{\"column\":");
                record[size++] = '}';
                batch_reset(batch);
                fault = record_reader_read(reader, record, size, batch, &column);
                if (fault != (cases[i].good ? RECORD_OK : RECORD_NOT_JSON))
                        fail_msg("%.*s: %s", (int)size, record, record_fault_name(fault));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_places),
                cmocka_unit_test(test_verdicts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
