/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_append(const void *data, size_t size, Buffer *out) {
        const uint8_t *bytes = data;
        int r;

        r = buffer_reserve(out, (size + 2) / 3 * 4);
        for (size_t i = 0; r >= 0 && i < size; i += 3) {
                size_t n = MIN(size - i, (size_t)3);
                uint32_t bits = (uint32_t)bytes[i] << 16 | (n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                                (n > 2 ? bytes[i + 2] : 0);
                const char text[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                                      n > 1 ? digits[bits >> 6 & 63] : '=', n > 2 ? digits[bits & 63] : '='};

                r = buffer_append(out, text, sizeof(text));
        }
        return r;
}

static int digit_value(char digit) {
        const char *at = digit ? strchr(digits, digit) : NULL;

        return at ? (int)(at - digits) : -EINVAL;
}

int base64_decode(const char *text, size_t size, Buffer *out) {
        int r = 0;

        if (size % 4 != 0)
                return -EINVAL;
        for (size_t i = 0; r >= 0 && i < size; i += 4) {
                bool is_last = i + 4 == size;
                size_t n = is_last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 1 : 2) : 3;
                uint32_t bits = 0;

                for (size_t j = 0; j <= n; j++) {
                        int value = digit_value(text[i + j]);

                        if (value < 0)
                                return value;
                        bits |= (uint32_t)value << (18 - 6 * j);
                }
                r = buffer_append(
                        out, (uint8_t[]){(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits}, n);
        }
        return r;
}
