/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "printable.h"

#define NO_CHARACTER UINT32_MAX

/* A character of UTF-8 (RFC 3629): how many bytes it has; 1 of what is none. */
static size_t read_character(const unsigned char *p, size_t size, uint32_t *ret) {
        static const struct {
                unsigned char mask, lead;
                uint32_t least;
        } kinds[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
        uint32_t character;
        size_t n = 0;

        *ret = NO_CHARACTER;
        while (n < ELEMENTSOF(kinds) && (*p & kinds[n].mask) != kinds[n].lead)
                n++;
        if (n == ELEMENTSOF(kinds) || n >= size)
                return 1;
        character = *p & (unsigned char)~kinds[n].mask;
        for (size_t i = 1; i <= n; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 1;
                character = character << 6 | (p[i] & 0x3f);
        }
        if (character < kinds[n].least || character > 0x10ffff ||
            (character >= 0xd800 && character < 0xe000))
                return 1;
        *ret = character;
        return n + 1;
}

static bool is_printable(uint32_t character) {
        static const uint32_t others[][2] = {
                {0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},
                {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
        };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (character >= others[i][0] && character <= others[i][1])
                        return false;
        return character != NO_CHARACTER;
}

static bool is_kept(uint32_t character, const char *kept) {
        return character > 0 && character < 0x80 && strchr(kept, (int)character);
}

/* Returns the new size, which is no greater. */
static size_t make_printable(char *text, size_t size, const char *kept) {
        char *out = text;
        uint32_t character;
        size_t n;

        for (size_t i = 0; i < size; i += n) {
                n = read_character((const unsigned char *)text + i, size - i, &character);
                if (is_printable(character) || is_kept(character, kept)) {
                        memmove(out, text + i, n);
                        out += n;
                } else
                        *out++ = '?';
        }
        return (size_t)(out - text);
}

void text_make_printable(char *text, const char *kept) {
        text[make_printable(text, strlen(text), kept)] = '\0';
}

static int make_text_printable(json_object *value, const char *kept) {
        size_t size = (size_t)json_object_get_string_len(value);
        _cleanup_free_ char *text = malloc(size + 1);

        if (!text)
                return -ENOMEM;
        memcpy(text, json_object_get_string(value), size);
        size = make_printable(text, size, kept);
        return json_object_set_string_len(value, text, (int)size) ? 0 : -ENOMEM;
}

int json_make_printable(json_object *value, const char *kept) {
        int r = 0;

        switch (json_object_get_type(value)) {
        case json_type_string: return make_text_printable(value, kept);
        case json_type_array:
                for (size_t i = 0; r >= 0 && i < json_object_array_length(value); i++)
                        r = json_make_printable(json_object_array_get_idx(value, i), kept);
                return r;
        case json_type_object: {
                json_object_object_foreach(value, key, member) {
                        (void)key;
                        if (r >= 0)
                                r = json_make_printable(member, kept);
                }
                return r;
        }
        default: return 0;
        }
}

void json_print(json_object *value, int flags, FILE *file) {
        const char *text = json_object_to_json_string_ext(value, flags);
        size_t size = strlen(text), n;
        uint32_t character;

        for (size_t i = 0; i < size; i += n) {
                n = read_character((const unsigned char *)text + i, size - i, &character);
                if (is_printable(character) || character == '\n') /* between the lines of JSON */
                        fwrite(text + i, 1, n, file);
                else
                        fprintf(file, "\\u%04x", character == NO_CHARACTER ? 0xfffd : character);
        }
        fputc('\n', file);
}
