/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "http-request.h"

/* What is served as it lies in a file: the web page, the chart library, the API's description. There is one
 * table of them, and they are read into memory at the start and when the configuration is read again: no
 * part of a request ever becomes the name of a file. */
typedef struct HttpFiles HttpFiles;

/* What cannot be read is logged and then not there. Returns 0 or -ENOMEM. */
int http_files_new(HttpFiles **ret);
HttpFiles *http_files_free(HttpFiles *files);
DEFINE_CLEANUP(HttpFiles *, http_files_free);
/* Reads them again. */
void http_files_load(HttpFiles *files);

/* Answers with the file of the request's path, or that there is none. */
void http_files_answer(Request *request);
