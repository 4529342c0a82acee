/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <libpq-fe.h>
#include <stdio.h>

#include "probe.h"

/* Can each sink be reached, and may this user write there. */

static void on_notice(void *userdata, const PGresult *result) {
}

/* 'role "x" does not exist', 'database "x" does not exist': the name behind the word; NULL without it. */
static const char *name_behind(const char *message, const char *word, int *ret_size) {
        const char *name = strstr(message, word);

        if (!name)
                return NULL;
        name += strlen(word);
        *ret_size = (int)strcspn(name, "\"");
        return name;
}

static char *postgresql_mend(const SinkConfig *sink, const char *message) {
        const char *name;
        char *text;
        int size, n;

        if ((name = name_behind(message, "role \"", &size)))
                n = asprintf(&text, "sudo -u postgres createuser %.*s", size, name);
        else if ((name = name_behind(message, "database \"", &size)))
                n = asprintf(&text, "sudo -u postgres createdb --owner=streametl %.*s", size, name);
        else if (strstr(message, "Connection refused") || strstr(message, "No such file"))
                n = asprintf(&text, "systemctl start postgresql  # or mend sink.connection");
        else /* the connection may hold a password */
                n = asprintf(&text, "mend sink.connection of sink %s, or what the server's log says",
                             sink->name);
        return n < 0 ? NULL : text;
}

/* Whether the table can be written, or made. Returns 1, 0, or a negative errno if the server does not say.
 */
static int may_write(PGconn *connection, const char *table) {
        static const char *const sql =
                "SELECT CASE WHEN to_regclass($1) IS NULL "
                "THEN has_schema_privilege(coalesce(nullif(split_part($1, '.', -2), ''), current_schema()), "
                "'CREATE') ELSE has_table_privilege(to_regclass($1)::oid, 'INSERT') END";
        const char *const parameters[] = {table};
        PGresult *result = PQexecParams(connection, sql, 1, NULL, parameters, NULL, NULL, 0);
        int r = -EIO;

        if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
                r = *PQgetvalue(result, 0, 0) == 't';
        PQclear(result);
        return r;
}

static void judge_table(PGconn *connection, const SinkConfig *sink) {
        _cleanup_free_ char *mend = NULL;
        int r = may_write(connection, sink->table);

        if (r > 0) {
                probe_find("sink", PROBE_OK, NULL, "sink %s: PostgreSQL lets in, table %s can be written",
                           sink->name, sink->table);
                return;
        }
        if (r < 0) {
                probe_find("sink", PROBE_WARNING, NULL, "sink %s: PostgreSQL lets in, but: %s", sink->name,
                           PQerrorMessage(connection));
                return;
        }
        if (asprintf(&mend, "sudo -u postgres psql -d %s -c 'GRANT CREATE ON SCHEMA public TO %s'",
                     PQdb(connection), PQuser(connection)) < 0)
                mend = NULL;
        probe_find("sink", PROBE_PROBLEM, mend, "sink %s: user %s may not write or make table %s",
                   sink->name, PQuser(connection), sink->table);
}

static void probe_postgresql(const SinkConfig *sink) {
        static const char *const keys[] = {"connect_timeout", "dbname", NULL};
        const char *const values[] = {"5", sink->connection, NULL};
        PGconn *connection = PQconnectdbParams(keys, values, /* expand_dbname= */ 1);

        if (PQstatus(connection) != CONNECTION_OK) {
                _cleanup_free_ char *mend = postgresql_mend(sink, PQerrorMessage(connection));

                probe_find("sink", PROBE_PROBLEM, mend, "sink %s: %s", sink->name,
                           PQerrorMessage(connection));
        } else if (PQserverVersion(connection) < 150000)
                probe_find("sink", PROBE_PROBLEM, "upgrade PostgreSQL to 15 or newer",
                           "sink %s: the server is older than PostgreSQL 15", sink->name);
        else {
                (void)PQsetNoticeReceiver(connection, on_notice, NULL);
                judge_table(connection, sink);
        }
        PQfinish(connection);
}

/* The sandbox shows all but the unit's own folders as a file system that cannot be written. */
static void probe_file(const char *job, const SinkConfig *sink) {
        _cleanup_free_ char *mend = NULL;
        int error = access(sink->folder, W_OK | X_OK) < 0 ? errno : 0, n;

        if (error == 0) {
                probe_find("sink", PROBE_OK, NULL, "sink %s: %s can be written", sink->name, sink->folder);
                return;
        }
        if (error == EROFS)
                n = asprintf(&mend,
                             "mkdir -p /etc/systemd/system/etl-job@%s.service.d && printf "
                             "'[Service]\\nReadWritePaths=%s\\n' "
                             ">/etc/systemd/system/etl-job@%s.service.d/%s.conf && "
                             "systemctl daemon-reload",
                             job, sink->folder, job, sink->name);
        else
                n = asprintf(&mend, "install -d -o streametl -g streametl %s", sink->folder);
        if (n < 0)
                mend = NULL;
        probe_find("sink", PROBE_PROBLEM, mend, "sink %s: %s cannot be written%s: %s", sink->name,
                   sink->folder, error == EROFS ? " from the job's sandbox" : "", strerror(error));
}

static void probe_sink(const char *job, const SinkConfig *sink) {
        switch (sink->type) {
        case SINK_CONSOLE: probe_find("sink", PROBE_OK, NULL, "sink %s: the journal", sink->name); break;
        case SINK_FILE: probe_file(job, sink); break;
        case SINK_KAFKA: probe_kafka_sink(sink); break;
        case SINK_POSTGRESQL: probe_postgresql(sink); break;
        }
}

void probe_sinks(Probe *probe) {
        for (size_t i = 0; i < probe->config->n_sinks; i++)
                probe_sink(probe->job, &probe->config->sinks[i]);
        if (probe->config->dead_letter)
                probe_sink(probe->job, probe->config->dead_letter);
}
