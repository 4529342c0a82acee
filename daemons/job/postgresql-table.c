/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/text.h"
#include "postgresql-sql.h"
#include "postgresql-table.h"

typedef struct Examination {
        PGconn *connection;
        const char *table;
        const RowSet *rows;
        TableFaultFound found;
        void *userdata;
        char *user; /* as SQL names it */
} Examination;

static int find(const Examination *examination, bool is_warning, const char *mend, const char *format, ...)
        _printf_(4, 5);

/* mend NULL: there was no memory for it. */
static int find(const Examination *examination, bool is_warning, const char *mend, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = text_vformat(format, ap);
        va_end(ap);
        return mend && text ? examination->found(text, mend, is_warning, examination->userdata) : -ENOMEM;
}

/* The caller clears; NULL: the server has not answered. */
static PGresult *ask(const Examination *examination, const char *sql) {
        const char *const parameters[] = {examination->table};
        PGresult *result = PQexecParams(examination->connection, sql, 1, NULL, parameters, NULL, NULL, 0);

        if (PQresultStatus(result) == PGRES_TUPLES_OK)
                return result;
        PQclear(result);
        return NULL;
}

static bool is_true(const PGresult *result, int row, int column) {
        return *PQgetvalue(result, row, column) == 't';
}

/* Returns 1 to go on, 0 if nothing of the table can be seen. */
static int examine_schema(Examination *examination, bool *ret_may_make, char **ret_schema) {
        bool named = strchr(examination->table, '.');
        _cleanup_free_ char *mend = NULL;
        PGresult *result;
        int r = 1, n = 0;

        result = ask(examination, "SELECT quote_ident(current_user), coalesce(quote_ident(name), 'public'), "
                                  "coalesce(has_schema_privilege(oid, 'USAGE'), false), "
                                  "coalesce(has_schema_privilege(oid, 'CREATE'), false), oid IS NOT NULL "
                                  "FROM (SELECT coalesce(nullif(split_part(lower($1), '.', -2), ''), "
                                  "current_schema()) AS name) "
                                  "AS wanted LEFT JOIN pg_namespace ON nspname = name");
        if (!result)
                return -EIO;
        examination->user = strdup(PQgetvalue(result, 0, 0));
        *ret_schema = strdup(PQgetvalue(result, 0, 1));
        *ret_may_make = is_true(result, 0, 3);
        if (!examination->user || !*ret_schema)
                r = -ENOMEM;
        else if (named && !is_true(result, 0, 4)) {
                n = asprintf(&mend, "CREATE SCHEMA %s AUTHORIZATION %s", *ret_schema, examination->user);
                r = find(examination, false, n < 0 ? NULL : mend, "there is no schema %s", *ret_schema);
        } else if (named && !is_true(result, 0, 2)) {
                n = asprintf(&mend, "GRANT USAGE, CREATE ON SCHEMA %s TO %s", *ret_schema,
                             examination->user);
                r = find(examination, false, n < 0 ? NULL : mend, "role %s may not use schema %s",
                         examination->user, *ret_schema);
        }
        if (n < 0)
                mend = NULL;
        PQclear(result);
        return r;
}

static const Column *find_column(const Schema *schema, const char *name) {
        for (size_t i = 0; i < schema_shown_columns(schema); i++)
                if (strcmp(schema->columns[i].name, name) == 0)
                        return &schema->columns[i];
        return NULL;
}

static int examine_column(const Examination *examination, const PGresult *columns, const Column *column) {
        bool is_key = postgresql_upserts(examination->rows) && column->role == COLUMN_KEY;
        _cleanup_free_ char *mend = NULL, *types = NULL;
        int row = 0;

        while (row < PQntuples(columns) && strcmp(PQgetvalue(columns, row, 0), column->name) != 0)
                row++;
        if (row == PQntuples(columns)) {
                mend = postgresql_add_column(examination->table, column);
                return find(examination, false, mend, "table %s has no column \"%s\"", examination->table,
                            column->name);
        }
        if (postgresql_takes(PQgetvalue(columns, row, 1), column->type, is_key))
                return 0;
        types = postgresql_types(column->type, is_key);
        mend = postgresql_change_column(examination->table, column);
        return find(examination, false, types ? mend : NULL,
                    "column \"%s\" of table %s is %s, and is to be %s", column->name, examination->table,
                    PQgetvalue(columns, row, 1), types);
}

/* Columns that the rows do not have, and that must be given. */
static int examine_others(const Examination *examination, const PGresult *columns) {
        int r = 0;

        for (int row = 0; r >= 0 && row < PQntuples(columns); row++) {
                const Column other = {.name = PQgetvalue(columns, row, 0)};
                _cleanup_free_ char *mend = NULL;

                if (!is_true(columns, row, 2) || find_column(examination->rows->schema, other.name))
                        continue;
                mend = postgresql_drop_not_null(examination->table, &other);
                r = find(examination, false, mend,
                         "table %s wants a value for its column \"%s\", which the rows do not have",
                         examination->table, other.name);
        }
        return r;
}

typedef enum Privilege { MAY_SELECT, MAY_INSERT, MAY_UPDATE, MAY_DELETE, _PRIVILEGE_MAX } Privilege;

static bool is_needed(const RowSet *rows, const Column *column, Privilege privilege) {
        switch (privilege) {
        case MAY_UPDATE: return postgresql_upserts(rows) && column->role == COLUMN_VALUE;
        case MAY_DELETE: return postgresql_replaces_all(rows);
        default: return true;
        }
}

static int examine_privileges(const Examination *examination, const PGresult *columns) {
        static const char *const names[_PRIVILEGE_MAX] = {"SELECT", "INSERT", "UPDATE", "DELETE"};
        bool needed[_PRIVILEGE_MAX] = {}, missing = false;
        _cleanup_free_ char *mend = NULL;
        _cleanup_buffer_ Buffer list = {};
        int r = 0;

        for (int row = 0; row < PQntuples(columns); row++) {
                const Column *column = find_column(examination->rows->schema, PQgetvalue(columns, row, 0));

                for (Privilege i = 0; column && i < _PRIVILEGE_MAX; i++)
                        if (is_needed(examination->rows, column, i)) {
                                needed[i] = true;
                                missing = missing || !is_true(columns, row, 3 + (int)i);
                        }
        }
        if (!missing)
                return 0;
        for (Privilege i = 0; r >= 0 && i < _PRIVILEGE_MAX; i++)
                if (needed[i])
                        r = buffer_append_format(&list, "%s%s", list.size > 0 ? ", " : "", names[i]);
        if (r >= 0)
                r = buffer_append_u8(&list, '\0');
        if (r < 0 || asprintf(&mend, "GRANT %s ON %s TO %s", (const char *)list.data, examination->table,
                              examination->user) < 0) {
                mend = NULL;
                return -ENOMEM;
        }
        return find(examination, false, mend, "role %s may not %s table %s", examination->user,
                    (const char *)list.data, examination->table);
}

static int examine_columns(const Examination *examination) {
        const Schema *schema = examination->rows->schema;
        PGresult *columns;
        int r = 0;

        columns =
                ask(examination, "SELECT attname, format_type(CASE typtype WHEN 'd' THEN typbasetype ELSE "
                                 "atttypid END, NULL), "
                                 "attnotnull AND NOT atthasdef AND attidentity = '' AND typdefault IS NULL, "
                                 "has_column_privilege(attrelid, attnum, 'SELECT'), "
                                 "has_column_privilege(attrelid, attnum, 'INSERT'), "
                                 "has_column_privilege(attrelid, attnum, 'UPDATE'), "
                                 "has_table_privilege(attrelid, 'DELETE') "
                                 "FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid "
                                 "WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped");
        if (!columns)
                return -EIO;
        for (size_t i = 0; r >= 0 && i < schema_shown_columns(schema); i++)
                r = examine_column(examination, columns, &schema->columns[i]);
        if (r >= 0)
                r = examine_others(examination, columns);
        if (r >= 0)
                r = examine_privileges(examination, columns);
        PQclear(columns);
        return r;
}

/* Of the rows (index, column, whether a NULL is one value) the first index on just the keys: 2, or 1 if a
 * NULL is not; 0: there is none. */
static int find_index(const PGresult *columns, const Schema *schema) {
        int best = 0;
        size_t n_keys = 0;

        for (size_t i = 0; i < schema_shown_columns(schema); i++)
                n_keys += schema->columns[i].role == COLUMN_KEY;
        for (int row = 0; row < PQntuples(columns);) {
                const char *index = PQgetvalue(columns, row, 0);
                bool takes_null = true;
                size_t n_found = 0, n = 0;

                for (; row < PQntuples(columns) && strcmp(PQgetvalue(columns, row, 0), index) == 0;
                     row++, n++) {
                        const Column *column = find_column(schema, PQgetvalue(columns, row, 1));

                        n_found += column && column->role == COLUMN_KEY;
                        takes_null = takes_null && is_true(columns, row, 2);
                }
                if (n_found == n_keys && n == n_keys)
                        best = MAX(best, 1 + takes_null);
        }
        return best;
}

static int examine_index(const Examination *examination) {
        _cleanup_free_ char *mend = NULL, *keys = NULL;
        PGresult *columns;
        int index;

        if (!postgresql_upserts(examination->rows))
                return 0;
        /* Those that INSERT ... ON CONFLICT (keys) finds. */
        columns = ask(examination,
                      "SELECT indexrelid, attname, indnullsnotdistinct OR attnotnull "
                      "FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
                      "AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]) "
                      "WHERE indrelid = $1::regclass AND indisunique AND indimmediate AND indisvalid "
                      "AND indpred IS NULL AND indexprs IS NULL ORDER BY indexrelid");
        if (!columns)
                return -EIO;
        index = find_index(columns, examination->rows->schema);
        PQclear(columns);
        if (index == 2)
                return 0;
        keys = postgresql_keys(examination->rows->schema);
        mend = postgresql_create_index(examination->table, examination->rows);
        if (index == 1)
                return find(examination, true, keys ? mend : NULL,
                            "the unique index of table %s on %s is not NULLS NOT DISTINCT: a row with a "
                            "NULL there "
                            "is added each time",
                            examination->table, keys);
        return find(examination, false, keys ? mend : NULL,
                    "table %s has no unique index on %s, by which a row replaces the one before",
                    examination->table, keys);
}

/* A temporary table takes the rows first. */
static int examine_database(const Examination *examination) {
        _cleanup_free_ char *mend = NULL;
        PGresult *result;
        int r = 0;

        result = ask(examination, "SELECT has_database_privilege(current_database(), 'TEMPORARY'), "
                                  "quote_ident(current_database()), $1::text");
        if (!result)
                return -EIO;
        if (!is_true(result, 0, 0)) {
                if (asprintf(&mend, "GRANT TEMPORARY ON DATABASE %s TO %s", PQgetvalue(result, 0, 1),
                             examination->user) < 0)
                        mend = NULL;
                r = find(examination, false, mend, "role %s may make no temporary tables in database %s",
                         examination->user, PQgetvalue(result, 0, 1));
        }
        PQclear(result);
        return r;
}

static int examine_absent(const Examination *examination, bool may_make, const char *schema) {
        _cleanup_free_ char *mend = NULL;

        if (may_make)
                return 0;
        if (asprintf(&mend, "GRANT CREATE ON SCHEMA %s TO %s", schema, examination->user) < 0)
                mend = NULL;
        return find(examination, false, mend,
                    "there is no table %s, and role %s may not make it in schema %s", examination->table,
                    examination->user, schema);
}

static int examine(Examination *examination, bool *ret_exists) {
        _cleanup_free_ char *schema = NULL;
        bool may_make;
        PGresult *result;
        int r;

        *ret_exists = false;
        r = examine_schema(examination, &may_make, &schema);
        if (r <= 0)
                return r;
        result = ask(examination, "SELECT to_regclass($1) IS NOT NULL");
        if (!result)
                return -EIO;
        *ret_exists = is_true(result, 0, 0);
        PQclear(result);
        if (*ret_exists) {
                r = examine_columns(examination);
                if (r >= 0)
                        r = examine_index(examination);
        } else
                r = examine_absent(examination, may_make, schema);
        return r < 0 ? r : examine_database(examination);
}

int postgresql_examine_table(PGconn *connection, const char *table, const RowSet *rows,
                             TableFaultFound found, void *userdata, bool *ret_exists) {
        Examination examination = {.connection = connection,
                                   .table = table,
                                   .rows = rows,
                                   .found = found,
                                   .userdata = userdata};
        int r = examine(&examination, ret_exists);

        free(examination.user);
        return MIN(r, 0);
}

const RowSet *postgresql_marker_rows(void) {
        static char sink[] = "sink", uuid[] = "uuid", epoch[] = "epoch";
        static Column columns[] = {{sink, TYPE_STRING, COLUMN_KEY},
                                   {uuid, TYPE_STRING, COLUMN_VALUE},
                                   {epoch, TYPE_BIGINT, COLUMN_VALUE}};
        static const Schema schema = {columns, ELEMENTSOF(columns)};
        static const RowSet rows = {.schema = &schema, .mode = OUTPUT_UPDATE};

        return &rows;
}
