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

bool postgresql_takes(const char *type, ValueType value) {
        static const char *const others[_TYPE_MAX][3] = {
                [TYPE_NULL] = {"character varying"},
                [TYPE_BOOLEAN] = {},
                [TYPE_INT] = {"bigint", "numeric"},
                [TYPE_BIGINT] = {"numeric"},
                [TYPE_DOUBLE] = {},
                [TYPE_TIMESTAMP] = {"timestamp without time zone"},
                [TYPE_STRING] = {"character varying"},
        };

        if (strcmp(type, postgresql_type(value)) == 0)
                return true;
        for (const char *const *other = others[value]; *other; other++)
                if (strcmp(type, *other) == 0)
                        return true;
        return false;
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

char *postgresql_columns(const Schema *schema) {
        Statement statement;

        if (!statement_begin(&statement))
                return NULL;
        (void)print_columns(statement.file, schema, -1, "");
        return statement_end(&statement);
}

/* An update of rows in order has no groups: it only adds. */
bool postgresql_replaces_all(const RowSet *rows) {
        return rows->mode == OUTPUT_COMPLETE || (rows->mode == OUTPUT_UPDATE && !rows->are_ordered &&
                                                 !schema_has_role(rows->schema, COLUMN_KEY));
}

static bool upserts(const RowSet *rows) {
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
        if (upserts(rows)) {
                fputs(", UNIQUE NULLS NOT DISTINCT (", f);
                (void)print_columns(f, schema, COLUMN_KEY, "");
                fputs(")", f);
        }
        fputs(")", f);
        return statement_end(&statement);
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
        if (upserts(rows)) {
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
                if (rows->schema->columns[i].role == COLUMN_KEY && upserts(rows))
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
