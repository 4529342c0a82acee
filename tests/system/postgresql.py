# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka --postgres
"""PostgreSQL as an admin has it: with passwords, and with tables that somebody else made."""

import json
import pathlib

import kafka
import outputs
import pytest
from doctor import mend
from durability import job_unit
from jobs import Job, stop
from support import COORDINATOR, api, journal, run, systemctl, unit, wait_until

PASSWORD = r"geheim 1$ host=evil 'q' \ @/?%41"
CREDENTIAL = pathlib.Path("/etc/credstore/streametl.pg")
QUERY = """SELECT window.start, course, sum(lines_of_code) AS lines, avg(cpu_usage_pct) AS turnover FROM {topic}
           GROUP BY window(event_time, '10 seconds'), course"""


def superuser(sql):
    return run("runuser", "-u", "postgres", "--", "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
               "--dbname=streametl", f"--command={sql}").stdout


def sink(table, connection=outputs.CONNECTION):
    return f'sink : {{ type = "postgresql"; connection = "{connection}"; table = "{table}"; }};'


def make_job(name, connection=outputs.CONNECTION, query=QUERY, table=None, anew=True):
    """With one more record, in a topic that is made anew."""
    if anew:
        kafka.delete_topics(name)
        kafka.create_topic(name, 1)
    kafka.produce(name, [{"timestamp": 1700000000, "course": "x", "lines_of_code": 3, "cpu_usage_pct": 0.5}])
    return Job(name, query=query, sinks=sink(table or name, connection), trigger="200 ms")


def judged(job):
    """What doctor says of the job's sinks: (status, text, command)."""
    answer = json.loads(run("etlctl", "doctor", "--json", job.name, check=False).stdout)
    return [(finding["status"], finding["text"], finding["mend"]) for finding in answer["findings"] if finding["check"] == "sink"]


def said(job):
    """The error of its sink that is tried again."""
    def error():
        status, answer = api(f"/api/v1/jobs/{job.name}")
        return status == 200 and answer["sinks"][0]["error"]

    return wait_until(error, "the sink says what is wrong")


def everything_said(job):
    """To the journal, by systemd and by doctor."""
    return "\n".join([*(entry["MESSAGE"] for entry in journal(f"STREAMETL_JOB={job.name}", after=job.cursor)),
                      run("systemctl", "status", job_unit(job), COORDINATOR, check=False).stdout,
                      run("etlctl", "doctor", job.name, check=False).stdout, run("etlctl", "status", job.name, check=False).stdout])


@pytest.fixture
def password():
    quoted = PASSWORD.replace("'", "''")
    superuser(f"DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD '{quoted}'; GRANT ALL ON SCHEMA public TO guarded")
    outputs.drop_tables("guarded")
    CREDENTIAL.parent.mkdir(exist_ok=True)
    CREDENTIAL.write_text(PASSWORD + "\n")
    CREDENTIAL.chmod(0o600)
    yield
    stop()
    CREDENTIAL.unlink()
    superuser("DROP OWNED BY guarded; DROP ROLE guarded")


@pytest.mark.parametrize("connection", ["host=127.0.0.1 dbname=streametl password=${credential:streametl.pg} user=guarded",
                                        "host=127.0.0.1 dbname=streametl user=guarded password='${credential:streametl.pg}'",
                                        "postgresql://guarded:${credential:streametl.pg}@127.0.0.1/streametl"])
def test_a_password_may_hold_anything(password, connection):
    job = make_job("guarded", connection)
    job.start()
    wait_until(lambda: "guarded" in superuser("SELECT tableowner FROM pg_tables WHERE tablename = 'guarded'") and
               "x" in superuser("SELECT course FROM guarded"), "the row is there")
    assert [status for status, *_ in judged(job)] == ["ok"]
    assert not [part for part in PASSWORD.split() if len(part) > 1 and part in everything_said(job)]


def test_what_cannot_be_read_of_a_connection_is_not_shown():
    job = make_job("garbled", "host=127.0.0.1 dbname=streametl user=streametl password=geheim 4711$")
    systemctl("start", COORDINATOR)
    wait_until(lambda: "sink.connection of sink postgresql cannot be read" in unit(job_unit(job), "StatusText"), "the job says why it ends")
    text = everything_said(job)
    stop()
    assert text.count("garbled.conf: sink.connection of sink postgresql cannot be read") >= 2
    assert "4711" not in text


def make_table(name, columns, more=""):
    """Somebody else's; returns a job that is to write there."""
    outputs.drop_tables(name)
    superuser(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns}); GRANT ALL ON {name} TO streametl; {more}")
    return make_job(name)


ALL = '"start" timestamptz, course text, lines bigint, turnover double precision'
UNIQUE = 'UNIQUE NULLS NOT DISTINCT ("start", course)'

FAULTS = {
    "column": ('"start" timestamptz, course text, lines bigint, ' + UNIQUE, "", 'table strange has no column "turnover"',
               'ALTER TABLE strange ADD COLUMN "turnover" double precision'),
    "type": ('"start" timestamptz, course text, lines bigint, turnover text, ' + UNIQUE, "",
             'column "turnover" of table strange is text, and is to be double precision, real, numeric',
             'ALTER TABLE strange ALTER COLUMN "turnover" TYPE double precision USING "turnover"::double precision'),
    "type of a key": (ALL.replace("course text", "course char(9)") + ", " + UNIQUE, "",
                      'column "course" of table strange is character, and is to be text, character varying',
                      'ALTER TABLE strange ALTER COLUMN "course" TYPE text USING "course"::text'),
    "no index": (ALL + ", UNIQUE (course)", "CREATE UNIQUE INDEX ON strange (\"start\", course) WHERE lines > 0",
                 'table strange has no unique index on "start", "course"',
                 'CREATE UNIQUE INDEX ON strange ("start", "course") NULLS NOT DISTINCT'),
    "further column": (f"{ALL}, shop text NOT NULL, made timestamptz NOT NULL DEFAULT now(), {UNIQUE}", "",
                       'table strange wants a value for its column "shop"', 'ALTER TABLE strange ALTER COLUMN "shop" DROP NOT NULL'),
    "grant": (f"{ALL}, {UNIQUE}", "REVOKE ALL ON strange FROM streametl; GRANT SELECT ON strange TO streametl",
              "role streametl may not SELECT, INSERT, UPDATE table strange", "GRANT SELECT, INSERT, UPDATE ON strange TO streametl"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_table_lacks_is_seen_and_its_command_mends_it(fault):
    """By doctor before the job has written, and by the sink; then the row goes there."""
    columns, more, text, command = FAULTS[fault]
    job = make_table("strange", columns, more)
    (status, found, cure), = judged(job)
    assert (status, found.startswith(f"sink postgresql: {text}")) == ("problem", True), found
    assert cure == f"sudo -u postgres psql -d streametl -c '{command}'"
    job.start()
    assert text in (error := said(job)) and command in error and "the rows of epoch " in error
    mend(cure)
    wait_until(lambda: outputs.query("SELECT lines FROM strange") == [{"lines": 3}], "the row is there")
    assert [status for status, *_ in judged(job)] == ["ok"]
    stop()


def test_money_is_numeric():
    """Types that are not the sink's own but read what it writes; an index that takes a NULL for no value is one to be told of."""
    job = make_table("money", '"start" timestamp, course varchar(20), lines integer, turnover numeric(12,2), UNIQUE ("start", course)')
    (status, text, _), = judged(job)
    assert status == "warning" and "NULLS NOT DISTINCT" in text
    job.start()
    wait_until(lambda: outputs.query("SELECT course, lines, turnover FROM money") == [{"course": "x", "lines": 3, "turnover": 0.5}],
               "the row is there")
    kafka.produce("money", [{"timestamp": 1700000000, "course": "x", "lines_of_code": 2**31 - 1, "cpu_usage_pct": 0.129}])
    assert "a column of the table is too small" in (error := said(job)) and "out of range" in error and "ALTER COLUMN" in error
    superuser("ALTER TABLE money ALTER lines TYPE bigint")
    wait_until(lambda: outputs.query("SELECT lines, turnover FROM money") == [{"lines": 2**31 + 2, "turnover": 0.31}], "it is large enough")
    stop()


def test_a_schema_of_somebody_else():
    superuser("DROP SCHEMA IF EXISTS closed CASCADE; CREATE SCHEMA closed")
    outputs.drop_tables("absent")
    job = make_job("absent", table="closed.absent")
    (status, text, cure), = judged(job)
    assert (status, text) == ("problem", "sink postgresql: role streametl may not use schema closed")
    assert "'GRANT USAGE, CREATE ON SCHEMA closed TO streametl'" in cure
    superuser("GRANT USAGE ON SCHEMA closed TO streametl")
    (status, text, cure), = judged(job)
    assert text == "sink postgresql: there is no table closed.absent, and role streametl may not make it in schema closed"
    job.start()
    assert "may not make it in schema closed; the rows of epoch" in said(job)
    # Who may write to a table needs not be allowed to make one.
    superuser(f"CREATE TABLE closed.absent ({ALL}, {UNIQUE}); GRANT SELECT, INSERT, UPDATE ON closed.absent TO streametl")
    wait_until(lambda: outputs.query("SELECT lines FROM closed.absent") == [{"lines": 3}], "the row is there")
    stop()


def test_rows_that_wait_want_the_column_they_were_made_with():
    """A column is renamed in the query, does not fit the table, and is put back."""
    job = make_table("renamed", f"{ALL}, {UNIQUE}")
    job.start()
    wait_until(lambda: outputs.query("SELECT lines FROM renamed"), "the first row is there")
    stop()
    make_job("renamed", query=QUERY.replace("turnover", "revenue"), anew=False).start()
    assert 'has no column "revenue"; the rows of epoch' in said(job)
    stop()
    make_job("renamed", anew=False).start()
    error = wait_until(lambda: "made before the job was started" in (error := said(job)) and error, "the sink says what it waits for")
    assert 'whatever its file says now, and wait for: ALTER TABLE renamed ADD COLUMN "revenue" double precision' in error
    superuser('ALTER TABLE renamed ADD COLUMN "revenue" double precision')
    wait_until(lambda: outputs.query("SELECT lines, revenue FROM renamed") == [{"lines": 9, "revenue": 0.5}], "all is delivered")
    stop()
