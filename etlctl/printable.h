/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>
#include <stdio.h>

#include "base/macros.h"

/* Contents of records and names of topics come from anybody, and a terminal obeys some characters: controls,
 * also those of U+0080 to U+009F, what turns the direction of the text, and bytes that are no UTF-8. */

/* Puts a question mark in the place of each, but of those listed in kept (of ASCII). */
void text_make_printable(char *text, const char *kept);
/* The same of every text in it. Returns 0 or -ENOMEM. */
int json_make_printable(json_object *value, const char *kept);
/* A line of JSON that means the same, with all of them as escapes ("\u009b"); what is no UTF-8 becomes
 * U+FFFD. flags: of json_object_to_json_string_ext(). */
void json_print(json_object *value, int flags, FILE *file);
