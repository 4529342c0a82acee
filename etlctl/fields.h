/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <json-c/json.h>

#include "table.h"

/* How members of the API's objects become cells of a table. A member that is null or not there is "-". */
typedef struct Field {
        const char *head, *key;
        int (*add)(Table *table, json_object *object, const char *key);
} Field;

int add_text(Table *table, json_object *object, const char *key);
int add_state(Table *table, json_object *object, const char *key);    /* in its colour */
int add_count(Table *table, json_object *object, const char *key);    /* 12,400 */
int add_sum(Table *table, json_object *object, const char *key);      /* of an object's counts */
int add_length(Table *table, json_object *object, const char *key);   /* of an array */
int add_time(Table *table, json_object *object, const char *key);     /* of microseconds since the epoch */
int add_duration(Table *table, json_object *object, const char *key); /* of microseconds, to three digits */
int add_share(Table *table, json_object *object, const char *key);    /* 0..1: 42% */
int add_size(Table *table, json_object *object, const char *key);     /* of bytes: 12.5 MiB */
int add_flag(Table *table, json_object *object, const char *key);     /* yes or no */
int add_leases(Table *table, json_object *object, const char *key);   /* which ranges of which partition */

const char *text_of(json_object *object, const char *key); /* "" if there is none */
uint64_t number_of(json_object *object, const char *key);
bool has(json_object *object, const char *key);

/* How things are printed. */
typedef struct Style {
        FILE *file;
        bool legend, csv;
} Style;

/* An object a row: as an aligned table, or as CSV with the members' names on top and their values as JSON
 * has them. Returns 0 or -ENOMEM. */
int print_objects(json_object *array, const Field *fields, size_t n_fields, const Style *style);
/* A cell of CSV (RFC 4180); NULL is an empty one. */
void print_csv_cell(FILE *file, json_object *value, bool last);

enum { TIME_TEXT_MAX = 64 };
/* Of this day as a time, else with the date, in the terminal's time zone. Returns the buffer. */
char *format_time(char buffer[static TIME_TEXT_MAX], uint64_t usec);
