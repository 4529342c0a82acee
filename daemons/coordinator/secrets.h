/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* Settings as they may be shown to somebody who may not see what is secret in them. What is replaced by ***
 * is decided by names: those that hold "password", "secret", "key", "token", "jaas" or "oauthbearer.config".
 * What has no name, or one that libpq does not know, is hidden too: it may be a part of a password. Each
 * returns a copy that the caller frees, NULL without memory. */

/* "ssl.key.password=x" -> "ssl.key.password=***". */
char *secrets_hide_in_property(const char *property);
/* A connection as libpq takes it: "host=a password='x y'" -> "host=a password=***",
 * "postgresql://user:x@host/db?password=x" -> "postgresql://user:***@host/db?password=***". */
char *secrets_hide_in_connection(const char *connection);
