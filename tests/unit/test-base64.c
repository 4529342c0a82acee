/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"

/* The test vectors of RFC 4648, section 10. */
static void test_vectors(void **state) {
        static const char *const pairs[][2] = {
                {"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"},
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
                const char *plain = pairs[i][0], *encoded = pairs[i][1];
                _cleanup_buffer_ Buffer there = {}, back = {};

                assert_int_equal(base64_append(plain, strlen(plain), &there), 0);
                assert_int_equal(there.size, strlen(encoded));
                assert_memory_equal(there.size > 0 ? (char *)there.data : "", encoded, strlen(encoded));
                assert_int_equal(base64_decode(encoded, strlen(encoded), &back), 0);
                assert_int_equal(back.size, strlen(plain));
                assert_memory_equal(back.size > 0 ? (char *)back.data : "", plain, strlen(plain));
        }
}

static void test_every_byte(void **state) {
        _cleanup_buffer_ Buffer there = {}, back = {};
        uint8_t bytes[256];

        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)i;
        assert_int_equal(base64_append(bytes, sizeof(bytes), &there), 0);
        assert_int_equal(base64_decode((const char *)there.data, there.size, &back), 0);
        assert_int_equal(back.size, sizeof(bytes));
        assert_memory_equal(back.data, bytes, sizeof(bytes));
}

static void test_what_is_not_base64(void **state) {
        static const char *const texts[] = {"Zg", "Zg=", "Z===", "====", "Zm9v!m9v", "Zg==Zg==", "Zm9\n"};

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_buffer_ Buffer out = {};

                assert_int_equal(base64_decode(texts[i], strlen(texts[i]), &out), -EINVAL);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors),
                cmocka_unit_test(test_every_byte),
                cmocka_unit_test(test_what_is_not_base64),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
