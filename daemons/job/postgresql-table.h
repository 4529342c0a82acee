/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <libpq-fe.h>

#include "epoch.h"

/* Whether rows can be put into a table as postgresql-sql.h does it; looked at without changing anything, so
 * that a sink at its start and an examination from outside say the same. */

/* What is in the way, and the SQL that mends it. A warning keeps no row away. Returns 0 or a
 * negative errno. */
typedef int (*TableFaultFound)(const char *text, const char *mend, bool is_warning, void *userdata);

/* *ret_exists: the table is there; else it can be made, if no fault was found. Returns 0, the first negative
 * return of found(), -ENOMEM, or -EIO if the server does not say; PQerrorMessage() then says why. */
int postgresql_examine_table(PGconn *connection, const char *table, const RowSet *rows,
                             TableFaultFound found, void *userdata, bool *ret_exists);

/* As rows of it look: the table that keeps the epochs, POSTGRESQL_MARKERS. */
#define POSTGRESQL_MARKERS "streametl_epochs"
const RowSet *postgresql_marker_rows(void);
