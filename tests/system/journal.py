# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""What the journal and systemd's own tools say of the suite: every message that can be had at a low price is had, and
has its id, the fields that streametl-journal(7) promises, and its explanation."""

import gzip
import pathlib
import re
import shutil

import kafka
import pytest
from support import (
    COORDINATOR,
    api,
    drop_in,
    journal,
    journal_cursor,
    run,
    systemctl,
    unit,
    wait_until,
    workers,
    write_job,
)

JOB = "told"
JOB_UNIT = f"etl-job@{JOB}.service"
CALM = "calm"
CALM_UNIT = f"etl-job@{CALM}.service"
PRODUCER = "/usr/libexec/streametl/etl-producer"
FOLDER = pathlib.Path("/var/lib/streametl/told-rows")
# BROKER_* is below, UNITS_* and CALLER_REFUSED in operation.py, TOPIC_* in topics.py; the others would take a worker that speaks late, a broker
# that refuses a range of a topic, a damaged file of /run, another version, a producer whose records are refused, a full
# disk, a sink of another job, a drain that takes too long.
NOT_HERE = {"BROKER_BACK", "BROKER_UNREACHABLE", "CALLER_REFUSED", "DRAIN_CUT", "JOB_UNREACHABLE", "LEASE_FAILED", "PLAN_REFUSED", "RECORD_NOT_SENT",
            "REPORT_REFUSED", "SINK_REFUSED", "STATE_BACK", "STATE_HELD", "TOPIC_BACK", "TOPIC_GONE", "UNITS_ALLOWED",
            "UNITS_DENIED", "UNIT_TROUBLE", "WILL_FORGOTTEN"}


def manual():
    """name -> (id, fields that are always there), as streametl-journal(7) says."""
    page = pathlib.Path("/usr/share/man/man7/streametl-journal.7")
    text = page.read_text(encoding="utf-8") if page.exists() else gzip.open(f"{page}.gz", "rt").read()
    messages = {}
    for name, number, rest in re.findall(r"^\.It Sy (\w+)\n([0-9a-f]{32})\.\n((?:[^.].*\n)+)", text, re.M):
        head = rest.replace("\n", " ").split(". ")[0]
        messages[name] = number, re.findall(r"(?<!\()(STREAMETL_\w+)", head)
    return messages


def job_text(topic=JOB, more="", source="", sinks='{ type = "console"; max_rows = 0; }'):
    return f"""{more}
source : {{ type = "kafka"; topic = "{topic}"; start = "earliest"; event_time = "timestamp"; watermark = "0 s";
           columns = "timestamp DOUBLE, course STRING"; {source} }};
query = "SELECT course, count(*) AS n FROM {topic} GROUP BY window(event_time, '1 hour'), course";
output = "update";
trigger = "200 ms";
sinks = ( {sinks} );
workers : {{ min = 1; max = 1; }};
"""


def status(job=JOB):
    code, answer = api(f"/api/v1/jobs/{job}")
    return answer if code == 200 else {"state": None}


def start(job=JOB):
    systemctl("start", COORDINATOR)
    wait_until(lambda: status(job)["state"] == "running" and workers(job), "the job and its worker run")


class Told:
    """The messages since it was made, by the names of the manual."""

    def __init__(self):
        self.cursor = journal_cursor()
        self.messages = manual()

    def entries(self, name, **fields):
        matches = [f"STREAMETL_{key.upper()}={value}" for key, value in fields.items()]
        return journal(f"MESSAGE_ID={self.messages[name][0]}", *matches, after=self.cursor)

    def wait(self, name, **fields):
        return wait_until(lambda: self.entries(name, **fields), f"{name} {fields} is told")[0]

    def names(self):
        """Of everything that was told."""
        numbers = {number: name for name, (number, _) in self.messages.items()}
        return {numbers[entry["MESSAGE_ID"]] for entry in journal(after=self.cursor) if entry.get("MESSAGE_ID") in numbers}


def provoke_sinks_and_records(told):
    kafka.grow_topic(JOB, 2)
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(FOLDER, "root", "root")
    kafka.produce(JOB, [{"timestamp": 1_700_000_000, "course": "a"}, b"no json", {"timestamp": 1_700_000_000, "course": "b"}], 0)
    told.wait("SINK_DOWN", job=JOB, sink="rows")
    told.wait("DEAD_LETTER", job=JOB, reason="not_json", topic=JOB, partition=0, offset=1)
    shutil.chown(FOLDER, "streametl", "streametl")
    told.wait("SINK_BACK", job=JOB, sink="rows")


def provoke_deaths(told):
    worker = f"etl-worker@{JOB}:1.service"
    systemctl("kill", "--signal=KILL", worker)
    told.wait("WORKER_FAILED", job=JOB, worker=1)
    told.wait("WORKER_LOST", job=JOB, worker=1)
    wait_until(lambda: len(told.entries("WORKER_JOINED", job=JOB)) >= 2, "it is there again")
    systemctl("kill", "--signal=STOP", worker)
    told.wait("WORKER_SILENT", job=JOB, worker=1)
    systemctl("kill", "--signal=CONT", worker)
    told.wait("LINK_BROKE", job=JOB, worker=1)
    systemctl("kill", "--signal=KILL", JOB_UNIT)
    told.wait("STATE_RESTORED", job=JOB)
    wait_until(lambda: status()["state"] == "running", "the job runs again")


def provoke_the_admin(told):
    assert api(f"/api/v1/jobs/{JOB}/pause", "POST")[0] == 200
    assert api(f"/api/v1/jobs/{JOB}/resume", "POST")[0] == 200
    assert told.wait("API_CHANGE", job=JOB, peer_uid=0)["MESSAGE"].endswith("pause")
    told.wait("WORKERS_WANTED", job=JOB, workers=1, workers_before=0)
    systemctl("stop", JOB_UNIT)
    told.wait("JOB_STOPPED", job=JOB)
    told.wait("JOB_DRAINED", job=JOB)
    systemctl("start", JOB_UNIT)
    told.wait("JOB_UNSTOPPED", job=JOB)
    wait_until(lambda: workers(JOB), "there is a worker again")
    told.wait("PARTITIONS_ADDED", job=JOB, topic=JOB, partitions=2)
    systemctl("reload", COORDINATOR)
    told.wait("CONFIG_TAKEN")
    told.wait("CONFIG_TAKEN", job=JOB)
    write_job(JOB, "query = 5;")
    for name, message in ((COORDINATOR, "RELOAD_REFUSED"), (JOB_UNIT, "CONFIG_REFUSED")):
        systemctl("kill", "--signal=HUP", "--kill-whom=main", name)
        told.wait(message)


def provoke_failures(told):
    """The first job has a broken file now, then one that its state does not fit, and is mended; the second ends."""
    systemctl("stop", JOB_UNIT)
    write_job(JOB, job_text(sinks=SINKS).replace("1 hour", "2 hours"))
    systemctl("start", "--no-block", JOB_UNIT)
    told.wait("STATE_REFUSED", job=JOB)
    systemctl("stop", JOB_UNIT)
    write_job(JOB, job_text(sinks=SINKS))
    systemctl("start", JOB_UNIT)
    write_job("strict", job_text(source='on_bad_record = "fail";'))
    systemctl("reload", COORDINATOR)
    told.wait("BAD_RECORD", job="strict", partition=0)
    told.wait("JOB_FAILED", job="strict")


def provoke_kafka(told):
    assert api(f"/api/v1/jobs/{JOB}/pause", "POST")[0] == 200
    wait_until(lambda: not workers(JOB), "nothing is read")
    kafka.produce(JOB, [{"timestamp": 1_700_000_000, "course": "gone"}] * 5, 0)
    kafka.delete_records(JOB, 0, 6)
    assert api(f"/api/v1/jobs/{JOB}/resume", "POST")[0] == 200
    told.wait("RECORDS_REMOVED", job=JOB, partition=0, offset=3)
    kafka.delete_topic(JOB)
    wait_until(lambda: JOB not in kafka.topics(), "the topic is gone")
    kafka.create_topic(JOB, 2)
    told.wait("TOPIC_ANEW", job=JOB, topic=JOB)


def provoke_the_host(told):
    systemctl("restart", "dbus.service")
    told.wait("SYSTEMD_LOST")
    told.wait("SYSTEMD_BACK")
    systemctl("stop", COORDINATOR)
    told.wait("COORDINATOR_STOPS")
    run("systemd-run", "--quiet", "--unit=squatter", "python3", "-m", "http.server", "--bind", "127.0.0.1", "8081")
    try:
        wait_until(lambda: run("curl", "--silent", "--head", "http://127.0.0.1:8081/", check=False).returncode == 0, "the port is taken")
        systemctl("start", COORDINATOR)
        told.wait("NO_WEB_PAGE")
    finally:
        systemctl("stop", "squatter")
    systemctl("stop", COORDINATOR)
    write_job(JOB, "query = 5;")
    assert run("systemctl", "start", COORDINATOR, check=False).returncode != 0
    told.wait("CONFIG_BROKEN")


SINKS = f'{{ type = "console"; max_rows = 0; }}, {{ type = "file"; name = "rows"; folder = "{FOLDER}"; }}'


@pytest.mark.timeout(480)
def test_messages_have_ids_fields_and_explanations():
    told = Told()
    kafka.create_topic(JOB)
    # Paths outside of its state are not the sandbox's to write.
    drop_in("etl-job@.service", f"[Service]\nReadWritePaths=-{FOLDER}\n")
    write_job(JOB, job_text(sinks=SINKS))
    FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.chown(FOLDER, "streametl", "streametl")  # so the job is not waiting for its sink yet
    start()
    told.wait("JOB_STARTED", job=JOB, topic=JOB, partitions=1)
    for provoke in (provoke_sinks_and_records, provoke_deaths, provoke_the_admin, provoke_failures, provoke_kafka, provoke_the_host):
        provoke(told)

    assert set(told.messages) - told.names() <= NOT_HERE
    explained = run("journalctl", "--no-pager", "--catalog", f"--after-cursor={told.cursor}").stdout
    assert not re.findall(r"@STREAMETL_\w+@", explained)
    for name in told.names():
        number, fields = told.messages[name]
        for entry in told.entries(name):
            assert not set(fields) - set(entry), f"{name} lacks {set(fields) - set(entry)}: {entry['MESSAGE']}"
        subject = run("journalctl", "--dump-catalog", number).stdout.splitlines()[1].removeprefix("Subject: ")
        assert f"Subject: {subject}" in explained, name


def in_slice():
    """What systemd-cgls shows of the suite's slice: the units."""
    return set(re.findall(r"(etl-[\w@:.-]+\.service)", run("systemd-cgls", "--no-pager", "--unit", "streametl.slice").stdout))


def number(text):
    return int(text.replace(",", ""))


def test_one_slice_and_a_status_line_for_each_unit_that_tell_the_truth():
    kafka.create_topic(CALM, 2)
    kafka.create_topic("cs_student_logs")
    write_job(CALM, job_text(CALM))
    systemctl("start", "etl-producer@1.service")
    start(CALM)
    kafka.produce(CALM, [{"timestamp": 1_700_000_000 + n, "course": "a"} for n in range(1234)])
    wait_until(lambda: status(CALM)["processed"] == 1234 and status(CALM)["backlog"] == 0, "all is read")
    names = {COORDINATOR, CALM_UNIT, f"etl-worker@{CALM}:1.service", "etl-producer@1.service"}
    assert in_slice() == names
    for name in names:
        wait_until(lambda name=name: re.search(r'^ +Status: "\S.*"$', run("systemctl", "status", name).stdout, re.M),
                   f"{name} has a status line")

    # At rest, which each line comes to within its second.
    def says(name, line):
        wait_until(lambda: re.fullmatch(line(), unit(name, "StatusText")), f"{name} says: {line()}")

    def worker():
        return api("/api/v1/workers")[1]["workers"][0]

    says(COORDINATOR, lambda: f"1 job, {status(CALM)['workers_running']} worker, 0 rec/s, lag {status(CALM)['backlog']}")
    says(CALM_UNIT, lambda: f"0 rec/s, lag {status(CALM)['backlog']}, {status(CALM)['workers_running']} worker, "
                            f"epoch {status(CALM)['epoch']:,}")
    says(f"etl-worker@{CALM}:1.service", lambda: rf"0 rec/s, \d+ % busy; {worker()['records']:,} records read")
    assert worker()["records"] == 1234
    sent = wait_until(lambda: re.match(r"([1-9][\d,]*) records delivered to cs_student_logs, \d+ in the last second",
                                       unit("etl-producer@1.service", "StatusText")), "the producer says what it sent")
    assert number(sent[1]) <= sum(kafka.end_offsets("cs_student_logs").values())

    # And in trouble.
    told = Told()
    systemctl("stop", "kafka.service")
    try:
        wait_until(lambda: "Kafka" in unit(CALM_UNIT, "StatusText"), "the job waits for Kafka")
        wait_until(lambda: f"job {CALM} waits" in unit(COORDINATOR, "StatusText"), "the coordinator names it")
        assert status(CALM)["why"] in unit(CALM_UNIT, "StatusText")
        wait_until(lambda: "Kafka" in unit("etl-producer@1.service", "StatusText"), "the producer says why it does not send")
        told.wait("BROKER_UNREACHABLE", job=CALM)
    finally:
        systemctl("start", "kafka.service")
    told.wait("BROKER_BACK", job=CALM)


def test_the_development_broker_says_what_it_is():
    drop_in("etl-broker.service", "[Service]\nExecStart=\nExecStart=/usr/libexec/streametl/etl-broker --listen=localhost:9192\n")
    systemctl("start", "etl-broker.service")
    assert re.fullmatch(r"Everything in memory; clients are sent on to 127\.0\.0\.1:\d+", unit("etl-broker.service", "StatusText"))
    assert in_slice() == {"etl-broker.service"}
