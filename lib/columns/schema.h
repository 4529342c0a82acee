/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The types of the SQL dialect, with Spark's names and ranges. */
typedef enum ValueType {
        TYPE_NULL, /* of a bare NULL, before it takes the type of its surroundings */
        TYPE_BOOLEAN,
        TYPE_INT,       /* 32 bits, signed */
        TYPE_BIGINT,    /* 64 bits, signed */
        TYPE_DOUBLE,    /* IEEE 754 binary64 */
        TYPE_TIMESTAMP, /* 64 bits, signed: microseconds since 1970-01-01 00:00:00 UTC */
        TYPE_STRING,    /* UTF-8, any length up to 2^32 - 1 bytes, may contain NUL */
        _TYPE_MAX,
} ValueType;

/* "BIGINT"; never NULL. */
const char *value_type_name(ValueType type);
/* Spark's names and synonyms (INTEGER, LONG, ...), any case. Returns 0 or -EINVAL. */
int value_type_from_name(const char *name, ValueType *ret);

/* What a column of a result is for. */
typedef enum ColumnRole {
        COLUMN_VALUE,
        COLUMN_KEY,        /* a key of the GROUP BY: names the row for an upsert */
        COLUMN_RECORD_KEY, /* the key of the row's record in Kafka, bytes of any kind; the last column, not
                              shown */
        _COLUMN_ROLE_MAX,
} ColumnRole;

typedef struct Column {
        char *name;
        ValueType type;
        ColumnRole role;
} Column;

/* The columns of a source or of a result, in order. Names compare without regard to case, as in Spark. */
typedef struct Schema {
        Column *columns;
        size_t n_columns;
} Schema;

Schema *schema_new(void);
Schema *schema_free(Schema *schema);
DEFINE_CLEANUP(Schema *, schema_free);
bool schema_has_role(const Schema *schema, ColumnRole role) _pure_;
/* Those that are shown: the first ones. */
size_t schema_shown_columns(const Schema *schema) _pure_;

/* Copies the name; the role is COLUMN_VALUE. Returns 0, -EEXIST (the name is taken) or -ENOMEM. */
int schema_add(Schema *schema, const char *name, ValueType type);
/* The column's index, or -ENOENT. */
int schema_find(const Schema *schema, const char *name);
