# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka --postgres
"""PostgreSQL as an admin has it: with passwords."""

import json
import pathlib

import kafka
import outputs
import pytest
from durability import job_unit
from jobs import Job, stop
from support import COORDINATOR, journal, run, systemctl, unit, wait_until

PASSWORD = r"geheim 1$ host=evil 'q' \ @/?%41"
CREDENTIAL = pathlib.Path("/etc/credstore/streametl.pg")
QUERY = """SELECT window.start, course, sum(lines_of_code) AS lines, avg(cpu_usage_pct) AS turnover FROM {topic}
           GROUP BY window(event_time, '10 seconds'), course"""


def superuser(sql):
    return run("runuser", "-u", "postgres", "--", "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
               "--dbname=streametl", f"--command={sql}").stdout


def sink(table, connection=outputs.CONNECTION):
    return f'sink : {{ type = "postgresql"; connection = "{connection}"; table = "{table}"; }};'


def make_job(name, connection=outputs.CONNECTION, query=QUERY):
    """With one record, in a topic that is made anew."""
    kafka.delete_topics(name)
    kafka.create_topic(name, 1)
    kafka.produce(name, [{"timestamp": 1700000000, "course": "x", "lines_of_code": 3, "cpu_usage_pct": 0.5}])
    return Job(name, query=query, sinks=sink(name, connection), trigger="200 ms")


def judged(job):
    """What doctor says of the job's sinks: (status, text, command)."""
    answer = json.loads(run("etlctl", "doctor", "--json", job.name, check=False).stdout)
    return [(finding["status"], finding["text"], finding["mend"]) for finding in answer["findings"] if finding["check"] == "sink"]


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
