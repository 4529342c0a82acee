/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "printable.h"

static void test_text(void **state) {
        static const struct {
                const char *text, *kept, *shown;
        } cases[] = {
                {"", "", ""},
                {"plain ~", "", "plain ~"},
                {"\xc3\xb6 \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0", "",
                 "\xc3\xb6 \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0"},
                {"a\033[31mb\a\n\t\x7f", "", "a?[31mb????"},
                {"a\nb\tc\r", "\n\t", "a\nb\tc?"},
                {"\xc2\x9b"
                 "31m",
                 "", "?31m"},
                {"\xc2\x80\xc2\x9f\xc2\xa1", "", "??\xc2\xa1"},
                {"\x9b"
                 "31m\xff\xc2",
                 "", "?31m??"},
                {"\xe2\x80\xaeltr\xe2\x81\xa6", "", "?ltr?"},
                /* longer than need be, a surrogate, past the last character, cut off */
                {"\xc0\x9b\xe0\x82\x9b\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82", "", "??????????????"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *text = strdup(cases[i].text);

                text_make_printable(text, cases[i].kept);
                assert_string_equal(text, cases[i].shown);
        }
}

static void test_json(void **state) {
        json_object *value = json_tokener_parse(
                "{\"a\": [\"\\u009b2J\", {\"b\": \"x\\u001by\\u0000z\"}, 1, null], \"c\": \"d\\ne\"}");

        assert_non_null(value);
        assert_int_equal(json_make_printable(value, "\n"), 0);
        assert_string_equal(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN),
                            "{\"a\":[\"?2J\",{\"b\":\"x?y?z\"},1,null],\"c\":\"d\\ne\"}");
        json_object_put(value);
}

/* It still says the same. */
static void test_print(void **state) {
        _cleanup_free_ char *text = NULL;
        json_object *value = json_object_new_array();
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);

        json_object_array_add(value, json_object_new_string("\xc2\x9b\x7f\033\xc3\xb6\xe2\x80\xae"));
        json_object_array_add(value, json_object_new_string("\x9b"));
        json_print(value, JSON_C_TO_STRING_PLAIN, file);
        fclose(file);
        assert_string_equal(text, "[\"\\u009b\\u007f\\u001b\xc3\xb6\\u202e\",\"\\ufffd\"]\n");
        json_object_put(value);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_print),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
