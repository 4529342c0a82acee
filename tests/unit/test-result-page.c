/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "result-page.h"

static Schema *make_schema(void) {
        Schema *schema = schema_new();

        assert_int_equal(schema_add(schema, "start", TYPE_TIMESTAMP), 0);
        assert_int_equal(schema_add(schema, "course", TYPE_STRING), 0);
        assert_int_equal(schema_add(schema, "n", TYPE_BIGINT), 0);
        schema->columns[0].role = schema->columns[1].role = COLUMN_KEY;
        return schema;
}

static int parse(ResultQuestion *question, const Schema *schema, const char *text, char why[static 256]) {
        json_object *object = json_tokener_parse(text);
        int r;

        r = result_question_parse(question, schema, object, why, 256);
        json_object_put(object);
        return r;
}

/* Six groups in three windows of ten seconds, newest first: (20, a), (20, b), (10, a), (10, NULL), (0, a),
 * (0, b). Returns the answer as text. */
static char *ask(const char *question_text) {
        _cleanup_(schema_freep) Schema *schema = make_schema();
        _cleanup_(result_question_done) ResultQuestion question = {};
        _cleanup_(result_page_done) ResultPage page = {};
        int64_t starts[6] = {20, 20, 10, 10, 0, 0}, counts[6] = {1, 2, 3, 4, 5, 6};
        Text courses[6] = {{"a", 1}, {"b", 1}, {"a", 1}, {"", 0}, {"a", 1}, {"b", 1}};
        uint8_t all[6] = {1, 1, 1, 1, 1, 1}, some[6] = {1, 1, 1, 0, 1, 1};
        const Vector columns[] = {
                {.type = TYPE_TIMESTAMP, .valid = all, .timestamps = starts},
                {.type = TYPE_STRING, .valid = some, .texts = courses},
                {.type = TYPE_BIGINT, .valid = all, .bigints = counts},
        };
        json_object *answer = json_object_new_object();
        char why[256], *text;

        assert_int_equal(parse(&question, schema, question_text, why), 0);
        assert_int_equal(result_page_init(&page, &question, schema), 0);
        for (size_t row = 0; row < 6; row++) {
                const ResultPlace place = {starts[row], 9 - row};

                starts[row] *= (int64_t)USEC_PER_SEC;
                assert_int_equal(result_page_add(&page, columns, row, &place), 0);
        }
        result_page_finish(&page, answer);
        json_object_object_del(answer, "columns");
        text = strdup(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
        json_object_put(answer);
        return text;
}

static void test_pages_and_filters(void **state) {
        static const struct {
                const char *question, *answer;
        } cases[] = {
                {"{\"where\": [], \"limit\": 2}",
                 "{\"rows\":[[\"1970-01-01 00:00:20\",\"a\",1],[\"1970-01-01 "
                 "00:00:20\",\"b\",2]],\"total\":6,"
                 "\"after\":\"20:8\"}"},
                {"{\"where\": [], \"limit\": 2, \"after\": \"20:8\"}",
                 "{\"rows\":[[\"1970-01-01 00:00:10\",\"a\",3],[\"1970-01-01 "
                 "00:00:10\",null,4]],\"total\":6,"
                 "\"after\":\"10:6\"}"},
                {"{\"where\": [], \"limit\": 2, \"after\": \"10:6\"}",
                 "{\"rows\":[[\"1970-01-01 00:00:00\",\"a\",5],[\"1970-01-01 "
                 "00:00:00\",\"b\",6]],\"total\":6,"
                 "\"after\":null}"},
                /* A group that a page ended with may be gone by now. */
                {"{\"where\": [], \"limit\": 9, \"after\": \"9:999\"}",
                 "{\"rows\":[[\"1970-01-01 00:00:00\",\"a\",5],[\"1970-01-01 "
                 "00:00:00\",\"b\",6]],\"total\":6,"
                 "\"after\":null}"},
                {"{\"where\": [[\"COURSE\", \"b\"]], \"limit\": 1}",
                 "{\"rows\":[[\"1970-01-01 00:00:20\",\"b\",2]],\"total\":2,\"after\":\"20:8\"}"},
                {"{\"where\": [[\"course\", \"a\"], [\"start\", \"1970-01-01 00:00:10\"]], \"limit\": 5}",
                 "{\"rows\":[[\"1970-01-01 00:00:10\",\"a\",3]],\"total\":1,\"after\":null}"},
                {"{\"where\": [[\"n\", \"4\"]], \"limit\": 5}",
                 "{\"rows\":[[\"1970-01-01 00:00:10\",null,4]],\"total\":1,\"after\":null}"},
                {"{\"where\": [[\"course\", \"\"]], \"limit\": 5}",
                 "{\"rows\":[],\"total\":0,\"after\":null}"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *answer = ask(cases[i].question);

                assert_string_equal(answer, cases[i].answer);
        }
}

static void test_questions_that_are_none(void **state) {
        static const struct {
                const char *text;
                int error;
                const char *why;
        } cases[] = {
                {"{}", -EBADMSG, ""},
                {"{\"where\": {}, \"limit\": 1}", -EBADMSG, ""},
                {"{\"where\": [[\"n\"]], \"limit\": 1}", -EBADMSG, ""},
                {"{\"where\": [[\"n\", 4]], \"limit\": 1}", -EBADMSG, ""},
                {"{\"where\": [], \"limit\": \"1\"}", -EBADMSG, ""},
                {"{\"where\": [[\"corse\", \"a\"]], \"limit\": 1}", -EINVAL,
                 "there is no column \"corse\"; there are: start, course, n"},
                {"{\"where\": [], \"limit\": 1, \"after\": \"x\"}", -EINVAL,
                 "after takes what an earlier answer gave as \"after\""},
                {"{\"where\": [], \"limit\": 1, \"after\": \"1:2x\"}", -EINVAL,
                 "after takes what an earlier answer gave as \"after\""},
        };
        _cleanup_(schema_freep) Schema *schema = make_schema();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(result_question_done) ResultQuestion question = {};
                char why[256] = "";

                assert_int_equal(parse(&question, schema, cases[i].text, why), cases[i].error);
                assert_string_equal(why, cases[i].why);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pages_and_filters),
                cmocka_unit_test(test_questions_that_are_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
