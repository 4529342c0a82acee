/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strv.h"

static void test_extend(void **state) {
        _cleanup_strv_ char **list = NULL, **all = NULL;

        assert_int_equal(strv_length(NULL), 0);
        assert_int_equal(strv_extend_all(&all, NULL), 0);
        assert_null(all);
        assert_int_equal(strv_extend(&list, "a"), 0);
        assert_int_equal(strv_extend(&list, ""), 0);
        assert_int_equal(strv_length(list), 2);
        assert_int_equal(strv_extend(&all, "first"), 0);
        assert_int_equal(strv_extend_all(&all, list), 0);
        assert_int_equal(strv_length(all), 3);
        assert_string_equal(all[0], "first");
        assert_string_equal(all[1], "a");
        assert_string_equal(all[2], "");
        assert_null(all[3]);
        assert_ptr_not_equal(all[1], list[0]);
}

int main(void) {
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_extend)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
