/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include "sql/analysis.h"

int schema_parse(const char *text, Schema **ret, SqlError *error) {
        _cleanup_(schema_freep) Schema *schema = schema_new();
        _cleanup_arena_ Arena arena = {};
        const ColumnDefinition *column;
        int r;

        if (!schema)
                return -ENOMEM;

        r = sql_parse_columns(text, &arena, &column, error);
        if (r < 0)
                return r;

        for (; column; column = column->next) {
                ValueType type;

                r = analyze_type(error, text, column->type_span, column->type, &type);
                if (r < 0)
                        return r;
                if (schema->n_columns == SQL_LIST_MAX)
                        return sql_error_set(error, text, column->name_span.begin, "more than %d columns",
                                             SQL_LIST_MAX);
                r = schema_add(schema, column->name, type);
                if (r == -EEXIST)
                        return sql_error_set(
                                error, text, column->name_span.begin,
                                "there already is a column \"%s\"; names do not differ by case alone",
                                column->name);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(schema);
        return 0;
}
