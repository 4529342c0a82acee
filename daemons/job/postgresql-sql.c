/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "postgresql-sql.h"
#include <stdio.h>

#include "expression/build.h"

const char *postgresql_type(ValueType type) {
        static const char *const names[_TYPE_MAX] = {
                [TYPE_NULL] = "text",
                [TYPE_BOOLEAN] = "boolean",
                [TYPE_INT] = "integer",
                [TYPE_BIGINT] = "bigint",
                [TYPE_DOUBLE] = "double precision",
                [TYPE_TIMESTAMP] = "timestamp with time zone",
                [TYPE_STRING] = "text",
        };

        return names[type];
}

/* Each reads our texts. Those behind the NULL round, or pad; out of range is an error. */
static const char *const *accepted(ValueType value) {
        static const char *const texts[] = {"text", "character varying", NULL, "character", NULL},
                                 *const booleans[] = {"boolean", NULL, NULL},
                                 *const integers[] = {"integer", "bigint",           "smallint", "numeric",
                                                      NULL,      "double precision", "real",     NULL},
                                 *const bigints[] = {"bigint", "integer",          "smallint", "numeric",
                                                     NULL,     "double precision", "real",     NULL},
                                 *const doubles[] = {"double precision", NULL, "real", "numeric", NULL},
                                 *const timestamps[] = {"timestamp with time zone",
                                                        "timestamp without time zone", NULL, NULL};
        static const char *const *const types[_TYPE_MAX] = {
                [TYPE_NULL] = texts,     [TYPE_BOOLEAN] = booleans, [TYPE_INT] = integers,
                [TYPE_BIGINT] = bigints, [TYPE_DOUBLE] = doubles,   [TYPE_TIMESTAMP] = timestamps,
                [TYPE_STRING] = texts,
        };

        return types[value];
}

static bool is_one_of(const char *type, const char *const *types) {
        for (; *types; types++)
                if (strcmp(type, *types) == 0)
                        return true;
        return false;
}

static const char *const *behind_end(const char *const *list) {
        while (*list)
                list++;
        return list + 1;
}

bool postgresql_takes(const char *type, ValueType value, bool is_key) {
        const char *const *types = accepted(value);

        return is_one_of(type, types) || (!is_key && is_one_of(type, behind_end(types)));
}

/* Identifiers keep their case; quotes are doubled. */
static void print_name(FILE *f, const char *name, size_t size) {
        fputc('"', f);
        for (size_t i = 0; i < size; i++) {
                if (name[i] == '"')
                        fputc('"', f);
                fputc(name[i], f);
        }
        fputc('"', f);
}

typedef struct Statement {
        FILE *file;
        char *text;
        size_t size;
} Statement;

static bool statement_begin(Statement *statement) {
        *statement = (Statement){};
        statement->file = open_memstream(&statement->text, &statement->size);
        return statement->file;
}

static char *statement_end(Statement *statement) {
        if (fclose(statement->file) != 0) {
                free(statement->text);
                return NULL;
        }
        return statement->text;
}

/* Those of a role, or all that are shown (role < 0), with something around each. Returns how many. */
static size_t print_columns(FILE *f, const Schema *schema, int role, const char *format) {
        size_t n = 0;

        for (size_t i = 0; i < schema_shown_columns(schema); i++) {
                const Column *column = &schema->columns[i];

                if (role >= 0 && (int)column->role != role)
                        continue;
                if (n++ > 0)
                        fputs(", ", f);
                print_name(f, column->name, strlen(column->name));
                if (strcmp(format, "type") == 0)
                        fprintf(f, " %s", postgresql_type(column->type));
                else if (strcmp(format, "set") == 0) {
                        fputs(" = EXCLUDED.", f);
                        print_name(f, column->name, strlen(column->name));
                }
        }
        return n;
}

static void print_types(FILE *f, const char *const *types, const char *separator) {
        for (; *types; types++) {
                fprintf(f, "%s%s", separator, *types);
                separator = ", ";
        }
}

char *postgresql_types(ValueType value, bool is_key) {
        const char *const *types = accepted(value);
        Statement statement;

        if (!statement_begin(&statement))
                return NULL;
        print_types(statement.file, types, "");
        if (!is_key)
                print_types(statement.file, behind_end(types), ", ");
        return statement_end(&statement);
}

static char *list_columns(const Schema *schema, int role) {
        Statement statement;

        if (!statement_begin(&statement))
                return NULL;
        (void)print_columns(statement.file, schema, role, "");
        return statement_end(&statement);
}

char *postgresql_columns(const Schema *schema) {
        return list_columns(schema, -1);
}

char *postgresql_keys(const Schema *schema) {
        return list_columns(schema, COLUMN_KEY);
}

/* An update of rows in order has no groups: it only adds. */
bool postgresql_replaces_all(const RowSet *rows) {
        return rows->mode == OUTPUT_COMPLETE || (rows->mode == OUTPUT_UPDATE && !rows->are_ordered &&
                                                 !schema_has_role(rows->schema, COLUMN_KEY));
}

bool postgresql_upserts(const RowSet *rows) {
        return rows->mode == OUTPUT_UPDATE && schema_has_role(rows->schema, COLUMN_KEY);
}

char *postgresql_create_table(const char *table, const RowSet *rows) {
        const Schema *schema = rows->schema;
        Statement statement;
        FILE *f;

        if (!statement_begin(&statement))
                return NULL;
        f = statement.file;
        fputs("CREATE TABLE IF NOT EXISTS ", f);
        fputs(table, f);
        fputs(" (", f);
        (void)print_columns(f, schema, -1, "type");
        if (postgresql_upserts(rows)) {
                fputs(", UNIQUE NULLS NOT DISTINCT (", f);
                (void)print_columns(f, schema, COLUMN_KEY, "");
                fputs(")", f);
        }
        fputs(")", f);
        return statement_end(&statement);
}

char *postgresql_create_index(const char *table, const RowSet *rows) {
        _cleanup_free_ char *keys = postgresql_keys(rows->schema);
        char *sql;

        return !keys || asprintf(&sql, "CREATE UNIQUE INDEX ON %s (%s) NULLS NOT DISTINCT", table, keys) < 0
                       ? NULL
                       : sql;
}

static char *alter_table(const char *table, const char *before, const Column *column, const char *after,
                         bool converts) {
        Statement statement;
        FILE *f;

        if (!statement_begin(&statement))
                return NULL;
        f = statement.file;
        fprintf(f, "ALTER TABLE %s %s COLUMN ", table, before);
        print_name(f, column->name, strlen(column->name));
        fprintf(f, " %s", after);
        if (converts) {
                fputs(" USING ", f);
                print_name(f, column->name, strlen(column->name));
                fprintf(f, "::%s", postgresql_type(column->type));
        }
        return statement_end(&statement);
}

char *postgresql_add_column(const char *table, const Column *column) {
        return alter_table(table, "ADD", column, postgresql_type(column->type), false);
}

char *postgresql_change_column(const char *table, const Column *column) {
        char type[64];

        snprintf(type, sizeof(type), "TYPE %s", postgresql_type(column->type));
        return alter_table(table, "ALTER", column, type, true);
}

char *postgresql_drop_not_null(const char *table, const Column *column) {
        return alter_table(table, "ALTER", column, "DROP NOT NULL", false);
}

char *postgresql_create_stage(const char *table, const char *columns) {
        char *sql;

        if (asprintf(&sql,
                     "DROP TABLE IF EXISTS pg_temp.streametl_rows; CREATE TEMPORARY TABLE streametl_rows "
                     "ON COMMIT DELETE ROWS AS SELECT %s FROM %s WITH NO DATA",
                     columns, table) < 0)
                return NULL;
        return sql;
}

char *postgresql_merge(const char *table, const RowSet *rows) {
        const Schema *schema = rows->schema;
        Statement statement;
        FILE *f;

        if (!statement_begin(&statement))
                return NULL;
        f = statement.file;
        fputs("INSERT INTO ", f);
        fputs(table, f);
        fputs(" (", f);
        (void)print_columns(f, schema, -1, "");
        fputs(") SELECT ", f);
        (void)print_columns(f, schema, -1, "");
        fputs(" FROM pg_temp.streametl_rows", f);
        if (postgresql_upserts(rows)) {
                fputs(" ON CONFLICT (", f);
                (void)print_columns(f, schema, COLUMN_KEY, "");
                if (schema_has_role(schema, COLUMN_VALUE)) {
                        fputs(") DO UPDATE SET ", f);
                        (void)print_columns(f, schema, COLUMN_VALUE, "set");
                } else
                        fputs(") DO NOTHING", f);
        }
        return statement_end(&statement);
}

char *postgresql_delete_all(const char *table) {
        char *sql;

        return asprintf(&sql, "DELETE FROM %s", table) < 0 ? NULL : sql;
}

static int append_escaped(Text text, Buffer *out) {
        size_t done = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < text.size; i++) {
                char byte = text.data[i], escape = byte == '\\'   ? '\\'
                                                   : byte == '\n' ? 'n'
                                                   : byte == '\r' ? 'r'
                                                   : byte == '\t' ? 't'
                                                                  : 0;

                if (!escape)
                        continue;
                r = buffer_append(out, text.data + done, i - done);
                if (r >= 0)
                        r = buffer_append(out, (char[]){'\\', escape}, 2);
                done = i + 1;
        }
        return r < 0 ? r : buffer_append(out, text.data + done, text.size - done);
}

int postgresql_refused_column(const RowSet *rows, const Batch *batch, size_t row) {
        static const size_t index_bytes_max = 2500;
        size_t key_bytes = 0;

        for (size_t i = 0; i < schema_shown_columns(rows->schema); i++) {
                const Vector *column = &batch->columns[i];

                if (column->type != TYPE_STRING || !column->valid[row])
                        continue;
                if (memchr(column->texts[row].data, '\0', column->texts[row].size))
                        return (int)i;
                if (rows->schema->columns[i].role == COLUMN_KEY && postgresql_upserts(rows))
                        key_bytes += column->texts[row].size;
                if (key_bytes > index_bytes_max)
                        return (int)i;
        }
        return -1;
}

/* Years past 9999 have a plus in our texts and none in PostgreSQL's; those before 1 count backwards there,
 * and before 4713 BC there are none. */
static int append_time(Text text, Buffer *out) {
        char *end;
        long year;

        if (*text.data != '-' && !(text.size > 4 && memcmp(text.data, "0000", 4) == 0))
                return buffer_append(out, text.data + (*text.data == '+'), text.size - (*text.data == '+'));
        year = strtol(text.data, &end, 10);
        if (year <= -4712)
                return buffer_append(out, "-infinity", 9);
        return buffer_append_format(out, "%04ld%.*s BC", 1 - year, (int)(text.data + text.size - end), end);
}

int postgresql_append_row(const Batch *batch, size_t n_columns, size_t row, Arena *arena, Buffer *out) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_columns; i++) {
                Text text;

                if (i > 0)
                        r = buffer_append_u8(out, '\t');
                if (r < 0)
                        break;
                if (!batch->columns[i].valid[row]) {
                        r = buffer_append(out, "\\N", 2);
                        continue;
                }
                r = vector_value_text(&batch->columns[i], row, arena, &text);
                if (r >= 0)
                        r = batch->columns[i].type == TYPE_TIMESTAMP ? append_time(text, out)
                                                                     : append_escaped(text, out);
        }
        return r < 0 ? r : buffer_append_u8(out, '\n');
}
