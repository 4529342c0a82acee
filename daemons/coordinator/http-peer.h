/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "http-request.h"

/* Logs a change that a request makes, with who asks for it: user, process, and the process's unit where that
 * can be learnt. what: "job demo: pause"; job may be NULL. */
void http_log_change(const Request *request, const char *what);
