/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "config/config.h"

/* Puts the credentials that systemd passed (systemd.exec(5), folder $CREDENTIALS_DIRECTORY) where the
 * properties of Kafka and the connections of sinks say ${credential:NAME}, so that no password stands in the
 * configuration. In a connection it is written as what a value of it may hold (connection.h), unless it is
 * all of the connection. Connections are checked, with credentials or without. Returns 0, -EINVAL with
 * *error filled (there is none of that name; libpq cannot read what comes of it), which shows nothing of
 * them, or -ENOMEM. */
int credentials_insert(JobConfig *config, ConfigError *error);
