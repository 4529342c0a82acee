/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"

static void test_what_was_appended_is_read(void **state) {
        _cleanup_buffer_ Buffer buffer = {};
        _cleanup_free_ char *copy = NULL;
        const char *text;
        Reader reader;
        uint8_t u8;
        uint32_t u32;
        uint64_t u64;
        double number;
        size_t size;

        assert_int_equal(buffer_append_u8(&buffer, 200), 0);
        assert_int_equal(buffer_append_u32(&buffer, UINT32_MAX), 0);
        assert_int_equal(buffer_append_u64(&buffer, UINT64_MAX - 1), 0);
        assert_int_equal(buffer_append_double(&buffer, -0.1), 0);
        assert_int_equal(buffer_append_text(&buffer, "a\0b", 3), 0);
        assert_int_equal(buffer_append_text(&buffer, "copy", 4), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(read_u8(&reader, &u8), 0);
        assert_int_equal(u8, 200);
        assert_int_equal(read_u32(&reader, &u32), 0);
        assert_int_equal(u32, UINT32_MAX);
        assert_int_equal(read_u64(&reader, &u64), 0);
        assert_true(u64 == UINT64_MAX - 1);
        assert_int_equal(read_double(&reader, &number), 0);
        assert_true(number == -0.1);
        assert_int_equal(read_text(&reader, &text, &size), 0);
        assert_int_equal(size, 3);
        assert_memory_equal(text, "a\0b", 3);
        assert_int_equal(read_string(&reader, &copy), 0);
        assert_string_equal(copy, "copy");
        assert_int_equal(reader.left, 0);
        assert_int_equal(read_u8(&reader, &u8), -EBADMSG);
}

static void test_a_text_longer_than_what_is_there(void **state) {
        _cleanup_buffer_ Buffer buffer = {};
        const char *text;
        Reader reader;
        size_t size;

        assert_int_equal(buffer_append_u32(&buffer, UINT32_MAX), 0);
        assert_int_equal(buffer_append(&buffer, "abc", 3), 0);
        reader = (Reader){buffer.data, buffer.size};
        assert_int_equal(read_text(&reader, &text, &size), -EBADMSG);
}

static void test_no_size_overflows(void **state) {
        _cleanup_buffer_ Buffer buffer = {};

        assert_int_equal(buffer_append_u8(&buffer, 1), 0);
        assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), -ENOMEM);
        assert_int_equal(buffer.size, 1);
        assert_int_equal(buffer.data[0], 1);
}

static void test_format(void **state) {
        _cleanup_buffer_ Buffer buffer = {};

        assert_int_equal(buffer_append_format(&buffer, "%s-%d", "lease", 7), 0);
        assert_int_equal(buffer_append_format(&buffer, "%0*d", 5000, 1), 0);
        assert_int_equal(buffer.size, 7 + 5000);
        assert_memory_equal(buffer.data, "lease-70000", 11);
        assert_int_equal(buffer.data[buffer.size - 1], '1');
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_was_appended_is_read),
                cmocka_unit_test(test_a_text_longer_than_what_is_there),
                cmocka_unit_test(test_no_size_overflows),
                cmocka_unit_test(test_format),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
