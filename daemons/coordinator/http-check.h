/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "http-request.h"

#define HTTP_BODY_BYTES_MAX (64 * 1024)

/* What holds for every request, by its head. Each returns false if the request is answered: refused. */
bool http_check_head(Request *request);
/* With its route known: that it brings no body, or one that may be taken. */
bool http_check_size(Request *request);
/* With its body there: that it is what the route takes, and makes request->arguments of it. */
bool http_check_body(Request *request);
