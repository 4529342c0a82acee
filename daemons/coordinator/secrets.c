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

        if (!property[name_size]) /* whatever it is, it is no setting with a name */
                return strdup(*property ? HIDDEN : "");
        if (!is_secret(property, name_size))
                return strdup(property);
        return asprintf(&text, "%.*s=" HIDDEN, (int)name_size, property) < 0 ? NULL : text;
}

/* Parameters of libpq. What else a connection holds may be a part of a password that was not written as it
 * should be. */
static bool is_parameter(const char *name, size_t size) {
        static const char *const names[] = {
                "application_name",
                "channel_binding",
                "client_encoding",
                "connect_timeout",
                "dbname",
                "fallback_application_name",
                "gssencmode",
                "gsslib",
                "host",
                "hostaddr",
                "keepalives",
                "keepalives_count",
                "keepalives_idle",
                "keepalives_interval",
                "krbsrvname",
                "load_balance_hosts",
                "options",
                "passfile",
                "password",
                "port",
                "require_auth",
                "requirepeer",
                "service",
                "ssl_max_protocol_version",
                "ssl_min_protocol_version",
                "sslcert",
                "sslcertmode",
                "sslcrl",
                "sslcrldir",
                "sslkey",
                "sslmode",
                "sslnegotiation",
                "sslpassword",
                "sslrootcert",
                "sslsni",
                "target_session_attrs",
                "tcp_user_timeout",
                "user",
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0)
                        return true;
        return false;
}

static bool is_name(const char *text, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (!islower((unsigned char)text[i]) && text[i] != '_')
                        return false;
        return size > 0;
}

static int append_hidden(Buffer *out) {
        return buffer_append(out, HIDDEN, strlen(HIDDEN));
}

/* "name=value", of which the value begins behind the = and what may stand around it. */
static int hide_in_parameter(const char *parameter, size_t name_size, const char *value, size_t size,
                             Buffer *out) {
        int r;

        if (is_parameter(parameter, name_size) && !is_secret(parameter, name_size) &&
            !memmem(parameter, size, "://", strlen("://"))) /* a whole connection in it */
                return buffer_append(out, parameter, size);
        r = is_name(parameter, name_size) ? buffer_append(out, parameter, (size_t)(value - parameter)) : 0;
        return r < 0 ? r : append_hidden(out);
}

/* Where the value that begins here ends: a word, or '...' with \ before what is meant as it is. */
static const char *value_end(const char *p) {
        bool quoted = *p == '\'';

        for (p += quoted; *p && (quoted ? *p != '\'' : !isspace((unsigned char)*p)); p++)
                if (*p == '\\' && p[1])
                        p++;
        return p + (quoted && *p);
}

#define BLANKS " \t\n\r\f\v"

static int hide_in_words(const char *p, Buffer *out) {
        int r = 0;

        while (r >= 0 && *p) {
                size_t blanks = strspn(p, BLANKS), name_size;
                const char *name = p + blanks, *value;

                r = buffer_append(out, p, blanks);
                if (r < 0 || !*name)
                        return r;
                name_size = strcspn(name, "=" BLANKS);
                value = name + name_size + strspn(name + name_size, BLANKS);
                if (*value != '=') { /* no value belongs to it, so it is no name */
                        r = append_hidden(out);
                        p = name + name_size;
                        continue;
                }
                value += 1 + strspn(value + 1, BLANKS);
                p = value_end(value);
                r = hide_in_parameter(name, name_size, value, (size_t)(p - name), out);
        }
        return r;
}

/* p: behind the question mark. */
static int hide_in_query(const char *p, Buffer *out) {
        int r = 0;

        while (r >= 0 && *p) {
                size_t size = strcspn(p, "&"), name_size = strcspn(p, "=&");

                if (name_size < size)
                        r = hide_in_parameter(p, name_size, p + name_size + 1, size, out);
                else
                        r = is_name(p, size) ? buffer_append(out, p, size) : append_hidden(out);
                p += size;
                if (r >= 0 && *p)
                        r = buffer_append(out, p++, 1);
        }
        return r;
}

/* Whether the @ stands in a parameter behind the path. */
static bool is_in_parameter(const char *uri, const char *at) {
        const char *begin = at;

        while (begin > uri && *begin != '?' && *begin != '&')
                begin--;
        return begin > uri && is_parameter(begin + 1, strcspn(begin + 1, "=@"));
}

/* The @ behind the password, or NULL. Libpq ends it with the first one; but then one that holds an @, a
 * slash or a question mark that are not written as they should be would be shown in part. */
static const char *find_password_end(const char *authority) {
        for (const char *at = authority + strlen(authority); at-- > authority;)
                if (*at == '@' && !is_in_parameter(authority, at))
                        return at;
        return NULL;
}

static int hide_in_uri(const char *uri, Buffer *out) {
        const char *authority = strstr(uri, "://") + 3, *at = find_password_end(authority);
        const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL, *query;
        const char *host = colon ? at : authority;
        int r;

        r = buffer_append(out, uri, (size_t)((colon ? colon + 1 : authority) - uri));
        if (r >= 0 && colon)
                r = append_hidden(out);
        query = host + strcspn(host, "?");
        if (r >= 0)
                r = buffer_append(out, host, (size_t)(query - host));
        if (r < 0 || !*query)
                return r;
        r = buffer_append(out, query, 1);
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
