/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/log.h"

/* Why the job ends until somebody acts: a line of the journal, and the unit's status (STATUS=), which
 * systemd keeps and the coordinator shows. Who says it ends the process with EX_DATAERR or EX_CONFIG, of
 * which systemd starts nothing again. fields: as of log_message_fields(), or NULL. Returns -abs(error). */
int last_word(const char *message_id, int error, const LogField *fields, const char *format, ...)
        _printf_(4, 5);
/* An error of which last_word() was said at the start, or that means the same. */
bool error_is_for_the_admin(int error);
