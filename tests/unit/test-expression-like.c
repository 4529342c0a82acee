/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "test-expression.h"

#include "expression/like.h"

static Expr *make_like(Expr **arguments, size_t n_arguments, const void *userdata) {
        return expr_new_call(OP_LIKE, TYPE_BOOLEAN, arguments, n_arguments);
}

static void test_match(void **state) {
        static const struct {
                Value arguments[2];
                Value expected;
        } cases[] = {
                {{STRING("abc"), STRING("abc")}, TRUE},
                {{STRING("abc"), STRING("ab")}, FALSE},
                {{STRING("ab"), STRING("abc")}, FALSE},
                {{STRING("abc"), STRING("ABC")}, FALSE},
                {{STRING(""), STRING("")}, TRUE},
                {{STRING("a"), STRING("")}, FALSE},
                {{STRING(""), STRING("%")}, TRUE},
                {{STRING(""), STRING("%%")}, TRUE},
                {{STRING(""), STRING("_")}, FALSE},
                {{STRING("abc"), STRING("%")}, TRUE},
                {{STRING("abc"), STRING("a%")}, TRUE},
                {{STRING("abc"), STRING("b%")}, FALSE},
                {{STRING("abc"), STRING("%c")}, TRUE},
                {{STRING("abc"), STRING("%b")}, FALSE},
                {{STRING("abc"), STRING("%b%")}, TRUE},
                {{STRING("abc"), STRING("%d%")}, FALSE},
                {{STRING("abc"), STRING("a%c")}, TRUE},
                {{STRING("abc"), STRING("abc%")}, TRUE},
                {{STRING("abc"), STRING("%abc%")}, TRUE},
                {{STRING("ab"), STRING("ab%b")}, FALSE}, /* no byte serves twice */
                {{STRING("aba"), STRING("ab%ba")}, FALSE},
                {{STRING("abba"), STRING("ab%ba")}, TRUE},
                {{STRING("abXabYab"), STRING("%ab%ab%ab")}, TRUE},
                {{STRING("abXabY"), STRING("%ab%ab%ab")}, FALSE},
                {{STRING("abcabd"), STRING("%abd")}, TRUE},
                {{STRING("mississippi"), STRING("m%iss%ip%i")}, TRUE},
                {{STRING("mississippi"), STRING("m%issip%iss%")}, FALSE},
                {{STRING("abc"), STRING("___")}, TRUE},
                {{STRING("abc"), STRING("__")}, FALSE},
                {{STRING("abc"), STRING("____")}, FALSE},
                {{STRING("abc"), STRING("_%_%_")}, TRUE},
                {{STRING("abc"), STRING("%__b%")}, FALSE},
                {{STRING("aab"), STRING("%__b%")}, TRUE},
                {{STRING("xaxbxc"), STRING("%x_x_")}, TRUE},
                {{STRING("xaxbxcd"), STRING("%x_x_")}, FALSE},
                {{STRING("xaxbxc"), STRING("%x_x_%")}, TRUE},
                {{STRING("xaxbxcx"), STRING("%x_x")}, TRUE},
                /* per code point */
                {{STRING("\xc3\xa9"), STRING("_")}, TRUE},
                {{STRING("\xc3\xa9"), STRING("__")}, FALSE},
                {{STRING("\xf0\x9f\x98\x80"), STRING("_")}, TRUE},
                {{STRING("a\xe2\x82\xac"
                         "b"),
                  STRING("a_b")},
                 TRUE},
                {{STRING("\xc3\xa9\xc3\xa8"), STRING("%_\xc3\xa8")}, TRUE},
                {{STRING("\xc3\xa9\xc3\xa8"), STRING("\xc3\xa9%_")}, TRUE},
                {{STRING("\xc3\xa9\xc3\xa8"), STRING("%__%_")}, FALSE},
                {{STRING("\xc3\xa9"), STRING("%\xa9")}, FALSE}, /* half a code point */
                /* any character, line ends and NUL among them */
                {{STRING("a\nb"), STRING("a_b")}, TRUE},
                {{STRING("a\n\r\nb"), STRING("a%b")}, TRUE},
                {{STRING("a\0b"), STRING("a_b")}, TRUE},
                {{STRING("a\0b"), STRING("a")}, FALSE},
                /* what is special to regular expressions is not so here */
                {{STRING("a.c"), STRING("a.c")}, TRUE},
                {{STRING("abc"), STRING("a.c")}, FALSE},
                {{STRING("a*[(^$"), STRING("a*[(^$")}, TRUE},
                /* escapes */
                {{STRING("100%"), STRING("100\\%")}, TRUE},
                {{STRING("1000"), STRING("100\\%")}, FALSE},
                {{STRING("a_c"), STRING("a\\_c")}, TRUE},
                {{STRING("abc"), STRING("a\\_c")}, FALSE},
                {{STRING("a\\c"), STRING("a\\\\c")}, TRUE},
                {{STRING("50% off"), STRING("%\\%%")}, TRUE},
                {{STRING("50 off"), STRING("%\\%%")}, FALSE},
                {{STRING("\\x"), STRING("\\\\%")}, TRUE},
                {{STRING("abc"), STRING("a\\bc")}, UNKNOWN},
                {{STRING("abc"), STRING("abc\\")}, UNKNOWN},
                {{NULL_OF(TYPE_STRING), STRING("%")}, UNKNOWN},
                {{STRING("abc"), NULL_OF(TYPE_STRING)}, UNKNOWN},
                {{NULL_OF(TYPE_STRING), STRING("\\")}, UNKNOWN},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_evaluates(cases[i].arguments, 2, make_like, NULL, &cases[i].expected, "LIKE", i);
}

static void test_pattern_is_valid(void **state) {
        static const struct {
                const char *pattern;
                bool valid;
        } cases[] = {
                {"", true},      {"%_a", true},     {"\\%\\_\\\\", true}, {"\\", false},
                {"a\\a", false}, {"\\\\\\", false}, {"%\\", false},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (like_pattern_is_valid(cases[i].pattern, strlen(cases[i].pattern)) != cases[i].valid)
                        fail_msg("'%s' is %svalid", cases[i].pattern, cases[i].valid ? "" : "not ");
}

/* Every row has a pattern of its own, good and broken ones and NULL in turn. */
static void test_pattern_per_row(void **state) {
        static const Value patterns[] = {STRING("a%"), STRING("\\"), STRING("a%"), NULL_OF(TYPE_STRING),
                                         STRING("%b"), STRING("%b"), STRING("b")};
        static const Value expected[] = {TRUE, UNKNOWN, TRUE, UNKNOWN, TRUE, TRUE, FALSE};
        static const Value text = STRING("ab");
        Column columns[] = {{.type = TYPE_STRING}, {.type = TYPE_STRING}};
        Expr *arguments[] = {expr_new_column(0, TYPE_STRING), expr_new_column(1, TYPE_STRING)};
        _cleanup_(expr_freep) Expr *like = expr_new_call(OP_LIKE, TYPE_BOOLEAN, arguments, 2);
        _cleanup_(batch_freep) Batch *batch = NULL;
        Vector result;

        assert_int_equal(batch_new(&(Schema){columns, 2}, NULL, &batch), 0);
        batch->n_rows = ELEMENTSOF(patterns);
        for (size_t i = 0; i < batch->n_rows; i++) {
                value_set(&batch->columns[0], i, &text);
                value_set(&batch->columns[1], i, &patterns[i]);
        }
        assert_int_equal(expr_evaluate(like, batch, &batch->arena, &result), 0);
        for (size_t i = 0; i < batch->n_rows; i++) {
                Value actual = value_get(&result, i);

                assert_value(&actual, &expected[i], "pattern of row", i);
        }
}

/* A backtracking matcher needs more steps than the universe has seconds for this one; it is not to be felt
 * here. */
static void test_hostile_pattern(void **state) {
        enum { TEXT_BYTES = 100000, PIECES = 200 };
        _cleanup_free_ char *text = malloc(TEXT_BYTES), *pattern = malloc(PIECES * 4 + 1);
        _cleanup_arena_ Arena arena = {};
        LikePattern compiled;
        size_t size = 0;

        memset(text, 'a', TEXT_BYTES);
        for (size_t i = 0; i < PIECES; i++) {
                memcpy(pattern + size, i % 2 ? "%a_a" : "%aaa", 4);
                size += 4;
        }
        pattern[size++] = 'b';
        assert_int_equal(like_compile((Text){pattern, size}, &arena, &compiled), 0);
        assert_false(like_match(&compiled, (Text){text, TEXT_BYTES}));
        pattern[size - 1] = 'a';
        assert_int_equal(like_compile((Text){pattern, size}, &arena, &compiled), 0);
        assert_true(like_match(&compiled, (Text){text, TEXT_BYTES}));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_match),
                cmocka_unit_test(test_pattern_is_valid),
                cmocka_unit_test(test_pattern_per_row),
                cmocka_unit_test(test_hostile_pattern),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
