/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"

/* What libpq takes as a connection: words ("host=a password='x y'"), or a URI
 * ("postgresql://user:x@host/db"). Syntax:
 * https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNSTRING */

bool connection_is_uri(const char *connection) _pure_;

/* Appends a value so that it stays one, whatever it holds: in words, between quotes or not, with a backslash
 * before blanks, quotes and backslashes; in a URI, percent-encoded. Returns 0 or -ENOMEM. */
int connection_append_value(bool is_uri, const char *value, size_t size, Buffer *out);

/* Whether libpq can read it, and what it reads as host, port and database is not a part of a password that
 * was not written as it should be. Libpq's own messages are not for anybody's eyes: they repeat what it
 * stumbled over. */
bool connection_is_valid(const char *connection);
