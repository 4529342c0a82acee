/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "secrets.h"
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/buffer.h"

#define HIDDEN "***"

static bool is_secret(const char *name, size_t size) {
        static const char *const words[] = {"password", "secret", "key",
                                            "token",    "jaas",   "oauthbearer.config"};

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                for (size_t at = 0; at + strlen(words[i]) <= size; at++)
                        if (strncasecmp(name + at, words[i], strlen(words[i])) == 0)
                                return true;
        return false;
}

char *secrets_hide_in_property(const char *property) {
        size_t name_size = strcspn(property, "=");
        char *text;

        if (!property[name_size] || !is_secret(property, name_size))
                return strdup(property);
        return asprintf(&text, "%.*s=" HIDDEN, (int)name_size, property) < 0 ? NULL : text;
}

/* Where the value that begins here ends: a word, or '...' with \ before what is meant as it is. */
static const char *value_end(const char *p) {
        bool quoted = *p == '\'';

        for (p += quoted; *p && (quoted ? *p != '\'' : !isspace((unsigned char)*p)); p++)
                if (*p == '\\' && p[1])
                        p++;
        return p + (quoted && *p);
}

static int hide_in_words(const char *p, Buffer *out) {
        int r = 0;

        while (r >= 0 && *p) {
                const char *name = p, *value;
                size_t name_size;

                p += strspn(p, " \t\n\r\f\v");
                r = buffer_append(out, name, (size_t)(p - name));
                name = p;
                p += strcspn(p, "= \t\n\r\f\v");
                name_size = (size_t)(p - name);
                p += strspn(p, " \t\n\r\f\v");
                p += *p == '=';
                p += strspn(p, " \t\n\r\f\v");
                value = p;
                p = value_end(p);
                if (r >= 0)
                        r = buffer_append(out, name,
                                          (size_t)((is_secret(name, name_size) ? value : p) - name));
                if (r >= 0 && is_secret(name, name_size))
                        r = buffer_append(out, HIDDEN, strlen(HIDDEN));
        }
        return r;
}

/* authority: user:password@host, up to the path. */
static int hide_in_authority(const char *authority, size_t size, Buffer *out) {
        const char *at = memrchr(authority, '@', size);
        const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
        int r;

        if (!colon)
                return buffer_append(out, authority, size);
        r = buffer_append(out, authority, (size_t)(colon + 1 - authority));
        if (r >= 0)
                r = buffer_append(out, HIDDEN, strlen(HIDDEN));
        return r < 0 ? r : buffer_append(out, at, size - (size_t)(at - authority));
}

/* p: behind the question mark. */
static int hide_in_query(const char *p, Buffer *out) {
        int r = 0;

        while (r >= 0 && *p) {
                size_t size = strcspn(p, "&"), name_size = strcspn(p, "=&");

                if (name_size < size && is_secret(p, name_size)) {
                        r = buffer_append(out, p, name_size + 1);
                        if (r >= 0)
                                r = buffer_append(out, HIDDEN, strlen(HIDDEN));
                } else
                        r = buffer_append(out, p, size);
                p += size;
                if (r >= 0 && *p)
                        r = buffer_append(out, p++, 1);
        }
        return r;
}

static int hide_in_uri(const char *uri, Buffer *out) {
        const char *authority = strstr(uri, "://") + 3, *query = strchr(authority, '?');
        size_t size = query ? (size_t)(query - authority) : strlen(authority);
        /* A password may hold a slash that is not written as it should be. */
        const char *at = memrchr(authority, '@', size);
        size_t authority_size = at ? (size_t)(at - authority) + strcspn(at, "/?") : strcspn(authority, "/?");
        int r;

        r = buffer_append(out, uri, (size_t)(authority - uri));
        if (r >= 0)
                r = hide_in_authority(authority, authority_size, out);
        if (r >= 0)
                r = buffer_append(out, authority + authority_size, size - authority_size);
        if (r < 0 || !query)
                return r;
        r = buffer_append(out, "?", 1);
        return r < 0 ? r : hide_in_query(query + 1, out);
}

char *secrets_hide_in_connection(const char *connection) {
        bool is_uri =
                strncmp(connection, "postgres://", 11) == 0 || strncmp(connection, "postgresql://", 13) == 0;
        Buffer out = {};
        int r;

        r = is_uri ? hide_in_uri(connection, &out) : hide_in_words(connection, &out);
        if (r >= 0)
                r = buffer_append_u8(&out, '\0');
        if (r < 0) {
                buffer_done(&out);
                return NULL;
        }
        return (char *)out.data;
}
