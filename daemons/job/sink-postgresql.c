/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <libpq-fe.h>
#include <stdio.h>

#include "postgresql-sql.h"
#include "postgresql-table.h"
#include "row-text.h"
#include "sink.h"

/* One transaction an epoch: its first statement moves the sink's row of the table streametl_epochs from the
 * epoch before to this one and must find it, so that of two processes only one can go on; then the rows. Any
 * error drops the connection, and with it the transaction; whether a lost COMMIT took place says the marker.
 */
typedef struct PostgresqlSink {
        const SinkContext *context;
        PGconn *connection; /* NULL: not connected */
        char *marker_key;   /* JOB.SINK */
        char *columns;      /* of the rows that the table was checked for; NULL: not yet */
        Arena arena;
        Buffer text;
} PostgresqlSink;

static int postgresql_create(const SinkContext *context, void **ret) {
        PostgresqlSink *sink = new0(PostgresqlSink, 1);

        if (!sink)
                return -ENOMEM;
        sink->context = context;
        if (asprintf(&sink->marker_key, "%s.%s", context->job, context->config->name) < 0) {
                free(sink);
                return -ENOMEM;
        }
        *ret = sink;
        return 0;
}

static void disconnect(PostgresqlSink *sink) {
        PQfinish(sink->connection);
        sink->connection = NULL;
        free(sink->columns);
        sink->columns = NULL;
}

static void postgresql_free(void *data) {
        PostgresqlSink *sink = data;

        disconnect(sink);
        arena_done(&sink->arena);
        buffer_done(&sink->text);
        free(sink->marker_key);
        free(sink);
}

/* Class 22 of SQLSTATE: "data exception". Values of a row that the column cannot hold; which one that is
 * says the server. */
static bool is_out_of_range(const PGresult *result) {
        const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

        return state && strncmp(state, "22", 2) == 0;
}

/* Takes the result over, if there is one. */
static TaskResult failed(PostgresqlSink *sink, PGresult *result, const char *what, TaskError *error) {
        const char *reason = result ? PQresultErrorMessage(result) : "";
        TaskResult over;

        if (!*reason)
                reason = PQerrorMessage(sink->connection);
        if (is_out_of_range(result))
                over = task_retry(
                        error,
                        "cannot %s, for a column of the table is too small; make it larger with ALTER "
                        "TABLE %s ALTER COLUMN ... TYPE ...: %s",
                        what, sink->context->config->table, reason);
        else
                over = task_retry(error, "cannot %s: %s", what, *reason ? reason : "no answer");
        PQclear(result);
        disconnect(sink);
        return over;
}

static TaskResult no_memory(PostgresqlSink *sink, TaskError *error) {
        disconnect(sink);
        return task_retry(error, "out of memory");
}

/* sql is consumed; NULL: there was no memory for it. */
static TaskResult execute(PostgresqlSink *sink, char *sql, const char *what, TaskError *error) {
        _cleanup_free_ char *owned = sql;
        PGresult *result;

        if (!owned)
                return no_memory(sink, error);
        result = PQexec(sink->connection, owned);
        if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
                return failed(sink, result, what, error);
        PQclear(result);
        return TASK_DONE;
}

static void on_notice(void *userdata, const PGresult *result) {
}

typedef struct Finding {
        const Epoch *epoch; /* whose rows wait; NULL: the marker does */
        TaskError *error;
        bool found;
} Finding;

/* Rows wait as they were made: also those of before, if the query has changed since. */
static int on_table_fault(const char *text, const char *mend, bool is_warning, void *userdata) {
        Finding *finding = userdata;

        if (is_warning || finding->found)
                return 0;
        finding->found = true;
        if (!finding->epoch)
                (void)task_retry(finding->error, "%s; this mends it: %s", text, mend);
        else if (finding->epoch->closed_usec > 0)
                (void)task_retry(finding->error, "%s; the rows of epoch %" PRIu64 " wait for: %s", text,
                                 finding->epoch->number, mend);
        else
                (void)task_retry(
                        finding->error,
                        "%s; the rows of epoch %" PRIu64
                        ", made before the job was started, need it whatever its file says now, and "
                        "wait for: %s",
                        text, finding->epoch->number, mend);
        return 0;
}

static TaskResult examine_table(PostgresqlSink *sink, const char *table, const RowSet *rows,
                                const Epoch *epoch, bool *ret_exists, TaskError *error) {
        Finding finding = {.epoch = epoch, .error = error};
        int r = postgresql_examine_table(sink->connection, table, rows, on_table_fault, &finding,
                                         ret_exists);

        if (r == -ENOMEM)
                return no_memory(sink, error);
        if (r < 0)
                return failed(sink, NULL, "look at the table", error);
        if (!finding.found)
                return TASK_DONE;
        disconnect(sink);
        return TASK_RETRY;
}

/* Who may write to a table may not be allowed to make one, not even if it is there. */
static TaskResult prepare_markers(PostgresqlSink *sink, TaskError *error) {
        TaskResult over;
        bool exists;

        over = examine_table(sink, POSTGRESQL_MARKERS, postgresql_marker_rows(), NULL, &exists, error);
        if (over != TASK_DONE || exists)
                return over;
        return execute(sink,
                       strdup("CREATE TABLE IF NOT EXISTS " POSTGRESQL_MARKERS
                              " (sink text PRIMARY KEY, uuid text NOT NULL, epoch bigint NOT NULL)"),
                       "make the table " POSTGRESQL_MARKERS, error);
}

static TaskResult connect_server(PostgresqlSink *sink, TaskError *error) {
        /* Those before dbname, which is a whole connection string, are defaults; so that a server that fell
         * silent is noticed. */
        static const char *const keys[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                                           "dbname", NULL};
        const char *const values[] = {"10", "30000", "streametl", sink->context->config->connection, NULL};
        TaskResult over;

        if (sink->connection)
                return TASK_DONE;
        sink->connection = PQconnectdbParams(keys, values, /* expand_dbname= */ 1);
        if (!sink->connection)
                return task_retry(error, "out of memory");
        if (PQstatus(sink->connection) != CONNECTION_OK)
                return failed(sink, NULL, "connect", error);
        (void)PQsetNoticeReceiver(sink->connection, on_notice, NULL);
        if (PQserverVersion(sink->connection) < 150000) {
                disconnect(sink);
                return task_retry(error, "the server is older than PostgreSQL 15");
        }
        over = execute(sink, strdup("SET synchronous_commit = on; SET timezone = 'UTC'"), "begin", error);
        return over == TASK_DONE ? prepare_markers(sink, error) : over;
}

static TaskResult postgresql_read_marker(void *data, SinkMarker *ret, TaskError *error) {
        PostgresqlSink *sink = data;
        const char *const parameters[] = {sink->marker_key};
        PGresult *result;
        TaskResult over;

        over = connect_server(sink, error);
        if (over != TASK_DONE)
                return over;
        result = PQexecParams(sink->connection, "SELECT uuid, epoch FROM streametl_epochs WHERE sink = $1",
                              1, NULL, parameters, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
                return failed(sink, result, "read the marker", error);
        if (PQntuples(result) > 0) {
                ret->is_set = true;
                (void)sd_id128_from_string(PQgetvalue(result, 0, 0), &ret->uuid);
                ret->epoch = strtoull(PQgetvalue(result, 0, 1), NULL, 10);
        }
        PQclear(result);
        return TASK_DONE;
}

static TaskResult move_marker(PostgresqlSink *sink, const Epoch *epoch, const SinkMarker *marker,
                              TaskError *error) {
        char uuid[SD_ID128_UUID_STRING_MAX], old_uuid[SD_ID128_UUID_STRING_MAX], number[32], old_number[32];
        const char *const parameters[] = {sink->marker_key,
                                          sd_id128_to_uuid_string(sink->context->uuid, uuid), number,
                                          sd_id128_to_uuid_string(marker->uuid, old_uuid), old_number};
        const char *sql = marker->is_set
                                  ? "UPDATE streametl_epochs SET uuid = $2, epoch = $3 "
                                    "WHERE sink = $1 AND uuid = $4 AND epoch = $5"
                                  : "INSERT INTO streametl_epochs (sink, uuid, epoch) VALUES ($1, $2, $3)";
        PGresult *result;

        snprintf(number, sizeof(number), "%" PRIu64, epoch->number);
        snprintf(old_number, sizeof(old_number), "%" PRIu64, marker->epoch);
        result =
                PQexecParams(sink->connection, sql, marker->is_set ? 5 : 3, NULL, parameters, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
                return failed(sink, result, "write the marker", error);
        if (strcmp(PQcmdTuples(result), "1") != 0) {
                PQclear(result);
                disconnect(sink); /* the next attempt reads the marker and says what it is */
                return task_retry(error, "somebody else has written to it at the same time");
        }
        PQclear(result);
        return TASK_DONE;
}

/* Once per connection and kind of rows. */
static TaskResult prepare(PostgresqlSink *sink, const Epoch *epoch, const RowSet *rows, TaskError *error) {
        const char *table = sink->context->config->table;
        _cleanup_free_ char *columns = postgresql_columns(rows->schema);
        TaskResult over;
        bool exists;

        if (!columns)
                return no_memory(sink, error);
        if (sink->columns && strcmp(sink->columns, columns) == 0)
                return TASK_DONE;
        over = examine_table(sink, table, rows, epoch, &exists, error);
        if (over == TASK_DONE && !exists)
                over = execute(sink, postgresql_create_table(table, rows), "make the table", error);
        if (over == TASK_DONE)
                over = execute(sink, postgresql_create_stage(table, columns), "make a temporary table",
                               error);
        if (over != TASK_DONE)
                return over;
        free(sink->columns);
        sink->columns = TAKE_PTR(columns);
        return TASK_DONE;
}

typedef struct Copying {
        PostgresqlSink *sink;
        const RowSet *rows;
        size_t n_columns;
} Copying;

static int copy_batch(const Batch *batch, void *userdata) {
        const Copying *copying = userdata;
        PostgresqlSink *sink = copying->sink;
        int r = 0;

        sink->text.size = 0;
        for (size_t row = 0; r >= 0 && row < batch->n_rows; row++)
                if (postgresql_refused_column(copying->rows, batch, row) < 0)
                        r = postgresql_append_row(batch, copying->n_columns, row, &sink->arena, &sink->text);
        arena_reset(&sink->arena);
        if (r < 0)
                return r;
        return PQputCopyData(sink->connection, (const char *)sink->text.data, (int)sink->text.size) == 1
                       ? 0
                       : -EIO;
}

static TaskResult copy_rows(PostgresqlSink *sink, const RowSet *rows, TaskError *error) {
        Copying copying = {sink, rows, schema_shown_columns(rows->schema)};
        PGresult *result;
        int r;

        result = PQexec(sink->connection, "COPY pg_temp.streametl_rows FROM STDIN");
        if (PQresultStatus(result) != PGRES_COPY_IN)
                return failed(sink, result, "write rows", error);
        PQclear(result);
        r = row_set_walk(rows, copy_batch, &copying);
        if (r < 0 && r != -EIO)
                return no_memory(sink, error);
        if (r < 0 || PQputCopyEnd(sink->connection, NULL) != 1)
                return failed(sink, NULL, "write rows", error);
        result = PQgetResult(sink->connection);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
                return failed(sink, result, "write rows", error);
        PQclear(result);
        PQclear(PQgetResult(sink->connection));
        return TASK_DONE;
}

static TaskResult put_rows(PostgresqlSink *sink, const RowSet *rows, TaskError *error) {
        const char *table = sink->context->config->table;
        TaskResult over;

        over = copy_rows(sink, rows, error);
        if (over == TASK_DONE && postgresql_replaces_all(rows))
                over = execute(sink, postgresql_delete_all(table), "empty the table", error);
        if (over == TASK_DONE)
                over = execute(sink, postgresql_merge(table, rows), "write rows", error);
        return over;
}

static TaskResult postgresql_deliver(void *data, const Epoch *epoch, const SinkMarker *marker,
                                     TaskError *error) {
        PostgresqlSink *sink = data;
        const RowSet *rows = &epoch->rows[sink->context->kind];
        TaskResult over = TASK_DONE;

        if (rows->n_rows > 0)
                over = prepare(sink, epoch, rows, error);
        if (over == TASK_DONE)
                over = execute(sink, strdup("BEGIN"), "begin a transaction", error);
        if (over == TASK_DONE)
                over = move_marker(sink, epoch, marker, error);
        if (over == TASK_DONE && rows->n_rows > 0)
                over = put_rows(sink, rows, error);
        if (over == TASK_DONE)
                over = execute(sink, strdup("COMMIT"), "commit", error);
        return over;
}

const SinkMethods postgresql_sink_methods = {
        .name = "postgresql",
        .create = postgresql_create,
        .read_marker = postgresql_read_marker,
        .deliver = postgresql_deliver,
        .free = postgresql_free,
};
