/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <strings.h>

#include "columns/schema.h"

/* The first name of a type is the one it is shown by; those behind it are Spark's synonyms. */
static const struct {
        const char *name;
        ValueType type;
} type_names[] = {
        {"VOID", TYPE_NULL},     {"BOOLEAN", TYPE_BOOLEAN},     {"INT", TYPE_INT},
        {"INTEGER", TYPE_INT},   {"BIGINT", TYPE_BIGINT},       {"LONG", TYPE_BIGINT},
        {"DOUBLE", TYPE_DOUBLE}, {"TIMESTAMP", TYPE_TIMESTAMP}, {"TIMESTAMP_LTZ", TYPE_TIMESTAMP},
        {"STRING", TYPE_STRING},
};

const char *value_type_name(ValueType type) {
        for (size_t i = 0; i < ELEMENTSOF(type_names); i++)
                if (type_names[i].type == type)
                        return type_names[i].name;
        return "?";
}

int value_type_from_name(const char *name, ValueType *ret) {
        for (size_t i = 0; i < ELEMENTSOF(type_names); i++) {
                /* A column that can only be NULL has no use. */
                if (type_names[i].type == TYPE_NULL || strcasecmp(type_names[i].name, name) != 0)
                        continue;
                *ret = type_names[i].type;
                return 0;
        }
        return -EINVAL;
}

Schema *schema_new(void) {
        return new0(Schema, 1);
}

Schema *schema_free(Schema *schema) {
        if (!schema)
                return NULL;
        for (size_t i = 0; i < schema->n_columns; i++)
                free(schema->columns[i].name);
        free(schema->columns);
        free(schema);
        return NULL;
}

int schema_add(Schema *schema, const char *name, ValueType type) {
        _cleanup_free_ char *copy = NULL;
        Column *columns;

        if (schema_find(schema, name) >= 0)
                return -EEXIST;

        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        columns = reallocarray(schema->columns, schema->n_columns + 1, sizeof(Column));
        if (!columns)
                return -ENOMEM;

        schema->columns = columns;
        schema->columns[schema->n_columns++] = (Column){.name = TAKE_PTR(copy), .type = type};
        return 0;
}

int schema_find(const Schema *schema, const char *name) {
        for (size_t i = 0; i < schema->n_columns; i++)
                if (strcasecmp(schema->columns[i].name, name) == 0)
                        return (int)i;
        return -ENOENT;
}

size_t schema_shown_columns(const Schema *schema) {
        size_t n = schema->n_columns;

        return n > 0 && schema->columns[n - 1].role == COLUMN_RECORD_KEY ? n - 1 : n;
}

bool schema_has_role(const Schema *schema, ColumnRole role) {
        for (size_t i = 0; i < schema->n_columns; i++)
                if (schema->columns[i].role == role)
                        return true;
        return false;
}
