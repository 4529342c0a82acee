/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "admin-will.h"
#include "base/units.h"

static char path[] = "/tmp/test-admin-will-XXXXXX";

static void write_file(const char *text) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static int make_path(void **state) {
        int fd = mkstemp(path);

        if (fd < 0)
                return -1;
        close(fd);
        return unlink(path);
}

static int remove_path(void **state) {
        (void)unlink(path);
        return 0;
}

static void test_outlives_its_process(void **state) {
        _cleanup_(admin_will_freep) AdminWill *first = NULL, *second = NULL;

        assert_int_equal(admin_will_new(path, &first), 0);
        assert_int_equal(admin_will_set(first, WILL_STOPPED, "a", true), 0);
        assert_int_equal(admin_will_set(first, WILL_PAUSED, "b", true), 0);
        assert_int_equal(admin_will_set(first, WILL_PAUSED, "c", true), 0);
        assert_int_equal(admin_will_set(first, WILL_PAUSED, "c", false), 0);

        assert_int_equal(admin_will_new(path, &second), 0);
        assert_true(admin_will_has(second, WILL_STOPPED, "a"));
        assert_false(admin_will_has(second, WILL_PAUSED, "a"));
        assert_true(admin_will_has(second, WILL_PAUSED, "b"));
        assert_false(admin_will_has(second, WILL_PAUSED, "c"));
}

static void test_limits_outlive_it_too(void **state) {
        _cleanup_(admin_will_freep) AdminWill *first = NULL, *second = NULL, *third = NULL;
        WorkerLimits limits;

        assert_int_equal(admin_will_new(path, &first), 0);
        limits = admin_will_limits(first, "a");
        assert_true(limits.min == WORKER_LIMIT_NONE && limits.max == WORKER_LIMIT_NONE);
        assert_int_equal(admin_will_set_limits(first, "a", (WorkerLimits){0, WORKER_LIMIT_NONE}), 0);
        assert_int_equal(admin_will_set_limits(first, "b", (WorkerLimits){2, 3}), 0);
        assert_int_equal(admin_will_set_limits(first, "b", (WorkerLimits){WORKER_LIMIT_NONE, 5}), 0);

        assert_int_equal(admin_will_new(path, &second), 0);
        limits = admin_will_limits(second, "a");
        assert_true(limits.min == 0 && limits.max == WORKER_LIMIT_NONE);
        limits = admin_will_limits(second, "b");
        assert_true(limits.min == WORKER_LIMIT_NONE && limits.max == 5);
        assert_int_equal(
                admin_will_set_limits(second, "b", (WorkerLimits){WORKER_LIMIT_NONE, WORKER_LIMIT_NONE}), 0);

        assert_int_equal(admin_will_new(path, &third), 0);
        assert_true(admin_will_has(third, WILL_SCALED, "a"));
        assert_false(admin_will_has(third, WILL_SCALED, "b"));
}

static void test_files_that_are_not_ours(void **state) {
        static const char *const texts[] = {
                "", "{", "[]", "7", "{\"stopped\": []}", "{\"paused\": true}", "{\"scaled\": 1}"};

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_(admin_will_freep) AdminWill *will = NULL;

                write_file(texts[i]);
                if (admin_will_new(path, &will) != -EBADMSG)
                        fail_msg("%s", texts[i]);
        }
}

static void test_takes_effect_without_a_file(void **state) {
        _cleanup_(admin_will_freep) AdminWill *nowhere = NULL, *unwritable = NULL;

        assert_int_equal(admin_will_new(NULL, &nowhere), 0);
        assert_int_equal(admin_will_set(nowhere, WILL_STOPPED, "a", true), 0);
        assert_true(admin_will_has(nowhere, WILL_STOPPED, "a"));

        assert_int_equal(admin_will_new("/nonexistent/will.json", &unwritable), 0);
        assert_int_equal(admin_will_set(unwritable, WILL_STOPPED, "a", true), -ENOENT);
        assert_true(admin_will_has(unwritable, WILL_STOPPED, "a"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(test_outlives_its_process, remove_path),
                cmocka_unit_test_teardown(test_limits_outlive_it_too, remove_path),
                cmocka_unit_test_teardown(test_files_that_are_not_ours, remove_path),
                cmocka_unit_test_teardown(test_takes_effect_without_a_file, remove_path),
        };

        return cmocka_run_group_tests(tests, make_path, NULL);
}
