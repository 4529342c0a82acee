/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <ctype.h>
#include <libpq-fe.h>

#include "connection.h"

bool connection_is_uri(const char *connection) {
        return strncmp(connection, "postgres://", strlen("postgres://")) == 0 ||
               strncmp(connection, "postgresql://", strlen("postgresql://")) == 0;
}

/* Those that RFC 3986 calls unreserved. */
static bool stays_in_uri(unsigned char byte) {
        return byte < 0x80 && (isalnum(byte) || strchr("-._~", byte));
}

int connection_append_value(bool is_uri, const char *value, size_t size, Buffer *out) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < size; i++) {
                unsigned char byte = (unsigned char)value[i];

                if (is_uri && !stays_in_uri(byte))
                        r = buffer_append_format(out, "%%%02X", byte);
                else {
                        if (!is_uri && (isspace(byte) || byte == '\'' || byte == '\\'))
                                r = buffer_append_u8(out, '\\');
                        if (r >= 0)
                                r = buffer_append_u8(out, byte);
                }
        }
        return r;
}

static bool is_plausible(const PQconninfoOption *option, bool is_uri) {
        if (!option->val)
                return true;
        if (strcmp(option->keyword, "port") == 0) /* one for each host, separated by commas */
                return !option->val[strspn(option->val, "0123456789,")];
        if (strcmp(option->keyword, "host") == 0 || (is_uri && strcmp(option->keyword, "dbname") == 0))
                return !strchr(option->val, '@') ||
                       *option->val == '@'; /* an abstract socket begins with it */
        return true;
}

bool connection_is_valid(const char *connection) {
        PQconninfoOption *options = PQconninfoParse(connection, NULL);
        bool valid = options;

        for (const PQconninfoOption *option = options; valid && option->keyword; option++)
                valid = is_plausible(option, connection_is_uri(connection));
        PQconninfoFree(options);
        return valid;
}
