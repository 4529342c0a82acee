/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "http-request.h"

/* Answers that something is wrong as RFC 9457 has it: an object of type, title, status, detail (the text:
 * what is wrong and the way out) and instance. */
void request_fail(Request *request, unsigned status, const char *format, ...) _printf_(3, 4);
/* With the members of an object besides. Consumes the object. */
void request_fail_with(Request *request, unsigned status, json_object *members, const char *detail);
