/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <libpq-fe.h>
#include <stdio.h>

#include "dead-letter-row.h"
#include "postgresql-table.h"
#include "probe.h"
#include "state.h"

/* Can each sink be reached, and can what the job has for it be written there. */

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

/* A text as a word of the shell's, without the quotes around it. */
static char *quote(const char *text) {
        Buffer out = {};
        int r = 0;

        for (; r >= 0 && *text; text++)
                r = *text == '\'' ? buffer_append(&out, "'\\''", 4) : buffer_append_u8(&out, (uint8_t)*text);
        if (r >= 0)
                r = buffer_append_u8(&out, '\0');
        if (r >= 0)
                return (char *)out.data;
        buffer_done(&out);
        return NULL;
}

/* As the server's own administrator. */
static char *psql_command(PGconn *connection, const char *sql) {
        _cleanup_free_ char *quoted = quote(sql);
        const char *host = PQhost(connection), *port = PQport(connection);
        char *text;
        int n;

        if (!quoted)
                return NULL;
        if (*host == '/' || strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
            strcmp(host, "::1") == 0)
                n = asprintf(&text, "sudo -u postgres psql%s%s -d %s -c '%s'",
                             strcmp(port, "5432") == 0 ? "" : " -p ", strcmp(port, "5432") == 0 ? "" : port,
                             PQdb(connection), quoted);
        else
                n = asprintf(&text, "psql -h %s -p %s -U postgres -d %s -c '%s'", host, port,
                             PQdb(connection), quoted);
        return n < 0 ? NULL : text;
}

typedef struct Sight {
        const SinkConfig *sink;
        PGconn *connection;
        size_t n_faults;
} Sight;

static int on_table_fault(const char *text, const char *mend, bool is_warning, void *userdata) {
        Sight *sight = userdata;
        _cleanup_free_ char *command = psql_command(sight->connection, mend);

        sight->n_faults++;
        probe_find("sink", is_warning ? PROBE_WARNING : PROBE_PROBLEM, command, "sink %s: %s",
                   sight->sink->name, text);
        return 0;
}

static void judge_tables(PGconn *connection, const SinkConfig *sink, const RowSet *rows) {
        Sight sight = {sink, connection, 0};
        bool has_markers, exists;
        int r;

        r = postgresql_examine_table(connection, POSTGRESQL_MARKERS, postgresql_marker_rows(),
                                     on_table_fault, &sight, &has_markers);
        if (r >= 0)
                r = postgresql_examine_table(connection, sink->table, rows, on_table_fault, &sight, &exists);
        if (r < 0)
                probe_find("sink", PROBE_WARNING, NULL, "sink %s: PostgreSQL lets in, but: %s", sink->name,
                           r == -ENOMEM ? "there is no memory" : PQerrorMessage(connection));
        else if (sight.n_faults == 0)
                probe_find("sink", PROBE_OK, NULL, "sink %s: PostgreSQL lets in, table %s can be %s",
                           sink->name, sink->table, exists ? "written" : "made");
}

static void probe_postgresql(const SinkConfig *sink, const RowSet *rows) {
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
                judge_tables(connection, sink, rows);
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

static void probe_sink(const char *job, const SinkConfig *sink, const RowSet *rows) {
        switch (sink->type) {
        case SINK_CONSOLE: probe_find("sink", PROBE_OK, NULL, "sink %s: the journal", sink->name); break;
        case SINK_FILE: probe_file(job, sink); break;
        case SINK_KAFKA: probe_kafka_sink(sink); break;
        case SINK_POSTGRESQL: probe_postgresql(sink, rows); break;
        }
}

void probe_sinks(Probe *probe) {
        _cleanup_(state_freep) State *state = NULL;
        _cleanup_(schema_freep) Schema *letters = dead_letter_schema_new();
        int r = state_new(probe->plan->query, probe->config->output, &state);

        if (r < 0 || !letters) {
                probe_find("sink", PROBE_WARNING, NULL, "the sinks could not be looked at: %s",
                           strerror(ENOMEM));
                return;
        }
        for (size_t i = 0; i < probe->config->n_sinks; i++)
                probe_sink(probe->job, &probe->config->sinks[i],
                           &(RowSet){.schema = state_schema(state),
                                     .mode = probe->config->output,
                                     .are_ordered = !probe->plan->query->grouped});
        if (probe->config->dead_letter)
                probe_sink(probe->job, probe->config->dead_letter,
                           &(RowSet){.schema = letters, .mode = OUTPUT_APPEND, .are_ordered = true});
}
