# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka --postgres
"""etlctl doctor: what is broken on purpose is found, the command that it names is run, and it is content. And that it
is right about what is whole."""

import glob
import json
import os
import pathlib
import shutil
import time

import kafka
import outputs
import pytest
from jobs import Job, stop
from support import CONFIG, COORDINATOR, RUNTIME_UNITS, STATE, drop_in, run, systemctl, wait_until, write_job

TOPIC = "patient"
FOLDER = pathlib.Path("/srv/doctor")
RULE = pathlib.Path("/usr/share/polkit-1/rules.d/streametl.rules")
SINKS = f"""sinks = ( {{ type = "console"; }},
          {{ type = "postgresql"; connection = "dbname=streametl user=streametl"; table = "doctor"; }},
          {{ type = "kafka"; topic = "patient_out"; }},
          {{ type = "file"; folder = "{FOLDER}"; }} );"""
QUERY = "SELECT window.start, course, count(*) AS n FROM patient GROUP BY window(event_time, '10 seconds'), course"


def doctor(*arguments):
    """Its exit status, and what it found."""
    result = run("etlctl", "doctor", "--json", *arguments, check=False)
    return result.returncode, json.loads(result.stdout)["findings"]


def wrong():
    """What is a problem, as (check, text, command)."""
    return [(finding["check"], finding["text"], finding["mend"]) for finding in doctor()[1] if finding["status"] == "problem"]


def wait_until_content(*wanted):
    """No problem is left, or none of these; those that are, are in the failure."""
    left = []

    def content():
        left[:] = [problem for problem in wrong()
                   if not wanted or any(problem[0] == check and words in problem[1] for check, words in wanted)]
        return not left

    try:
        wait_until(content, "all is well")
    except AssertionError as error:
        raise AssertionError(f"{error}: {left}") from None


def find(*wanted):
    """The findings of these checks with these words, all in one examination, waited for; returns their commands."""
    def found():
        problems = wrong()
        commands = [[command for name, text, command in problems if name == check and words in text] for check, words in wanted]
        return [command[0] for command in commands] if all(commands) else None

    return wait_until(found, f"{wanted} among {wrong()}")


def mend(command):
    """Runs it as the admin would, with Kafka's script in place of its package and without sudo's."""
    for name, text in (("kafka-topics.sh", f"exec java -cp '{glob.glob('/opt/kafka/*')[0]}/*' org.apache.kafka.tools.TopicCommand \"$@\""),
                       ("sudo", 'user=$2; shift 2; exec runuser -u "$user" -- "$@"')):
        tool = pathlib.Path("/usr/local/bin") / name
        tool.write_text(f"#!/bin/sh\n{text}\n")
        tool.chmod(0o755)
    run("bash", "-c", command, check=False)


def check_cure(*wanted):
    """What was broken is found, and the commands that are named mend it."""
    for command in find(*wanted):
        mend(command)
    wait_until_content(*wanted)


@pytest.fixture
def patient():
    """A job in good health, with a sink of each kind, which hold nothing of the one before."""
    if TOPIC not in kafka.topics():
        kafka.create_topic(TOPIC, 2)
    kafka.delete_topics("patient_out", "patient_else")
    kafka.create_topic("patient_out", 2)
    outputs.drop_tables("doctor")
    FOLDER.mkdir(exist_ok=True)
    shutil.chown(FOLDER, "streametl", "streametl")
    drop_in(f"etl-job@{TOPIC}.service", f"[Service]\nReadWritePaths={FOLDER}\n")
    kafka.produce(TOPIC, [{"timestamp": time.time(), "course": "x"}])
    job = Job(TOPIC, query=QUERY, sinks=SINKS, workers="min = 1; max = 1;", trigger="200 ms")
    job.start()
    wait_until_content()
    yield job
    shutil.rmtree(FOLDER, ignore_errors=True)


def test_the_healthy_are_not_treated(patient):
    status, findings = doctor()
    assert status == 0, wrong()
    good = {(finding["check"], finding["text"]) for finding in findings if finding["status"] == "ok"}
    checks = {check for check, _ in good}
    assert checks >= {"configuration", "user", "permissions", "units", "versions", "polkit", "coordinator", "broker", "topic",
                      "records", "sink", "state", "disk", "journal"}
    assert ("topic", f"topic {TOPIC} has 2 partitions") in good
    assert any("speaking as Kafka 4.1" in text for check, text in good if check == "broker")
    assert {text.split(":")[0] for check, text in good if check == "sink"} == {
        "sink console", "sink postgresql", "sink kafka", "sink file"}
    text = run("etlctl", "doctor").stdout
    assert "OK       topic" in text and text.splitlines()[-1].startswith("0 problems")


def test_a_suite_that_runs_in_part(patient):
    systemctl("stop", f"etl-job@{TOPIC}.service", "etl-coordinator-http.socket")
    systemctl("mask", "--runtime", "--now", "polkit.service")
    program = pathlib.Path("/usr/libexec/streametl/etl-coordinator")
    shutil.copy2(program, program.with_suffix(".new"))
    program.with_suffix(".new").rename(program)
    RULE.rename(RULE.with_suffix(".away"))
    try:
        found = find(("polkit", "streametl.rules is not there"), ("coordinator", f"job {TOPIC} was stopped by hand"))
        assert "reinstall streametl" in found[0]
    finally:
        RULE.with_suffix(".away").rename(RULE)
    check_cure(("units", f"etl-job@{TOPIC}.service does not run"), ("units", "etl-coordinator-http.socket does not run"),
               ("polkit", "polkit.service is masked"), ("versions", f"{COORDINATOR} runs a file that was replaced"))
    wait_until_content()


def test_a_coordinator_that_does_not_run(patient):
    stop()
    mode = CONFIG.stat().st_mode & 0o777
    systemctl("mask", "--runtime", COORDINATOR)
    CONFIG.chmod(0o600)
    shutil.chown(STATE / TOPIC, "root", "root")
    os.chmod("/run/streametl/job", 0o000)
    os.chmod("/run/streametl/control", 0o755)
    write_job("broken", "query = 5;")
    command, *_ = find(("configuration", "/etc/streametl.d/broken.conf:1:9"), ("coordinator", "does not answer"),
                           ("configuration", "/etc/streametl.conf: Permission denied"))
    assert "broken.conf && etlctl check" in command
    pathlib.Path("/etc/streametl.d/broken.conf").unlink()
    check_cure(("units", f"{COORDINATOR} is masked"), ("permissions", f"{CONFIG} cannot be read"),
               ("permissions", f"{STATE / TOPIC} is to be a folder"), ("permissions", "/run/streametl/job is to be a folder"),
               ("permissions", "/run/streametl/control is to be open to the group streametl-control and to nobody else"))
    CONFIG.chmod(mode)
    drop_in(COORDINATOR, "[Service]\nExecStart=\nExecStart=false\nRestart=no\n")
    systemctl("start", COORDINATOR, check=False)
    find(("units", f"{COORDINATOR} has failed"))
    shutil.rmtree(RUNTIME_UNITS / f"{COORDINATOR}.d")
    systemctl("daemon-reload")
    check_cure(("units", f"{COORDINATOR} has failed"))
    wait_until_content()
    result = run("setpriv", "--reuid=nobody", "--clear-groups", "etlctl", "doctor", check=False)
    assert result.returncode == 0 and "only root can look at everything" in result.stdout, result.stdout


@pytest.mark.parametrize("how", ["| head -n 2; kill -9 $$", "| head -n 2; exit 1", "| head -c 100", "| tail -n 1 | head -c 5", ">&2"])
def test_an_examination_that_is_cut_off_is_no_good_news(patient, how):
    program = pathlib.Path("/usr/libexec/streametl/etl-job")
    kept = program.with_name("etl-job.kept")
    program.rename(kept)
    try:
        program.write_text(f'#!/bin/sh\n{kept} "$@" {how}\n')
        program.chmod(0o755)
        status, findings = doctor()
        texts = [finding["text"] for finding in findings if finding["check"] == "probe" and finding["status"] == "problem"]
        assert len(texts) == 1 and f"job {TOPIC} could not be looked at to the end" in texts[0] and status == 1
    finally:
        kept.rename(program)


def test_what_jobs_meet_outside(patient):
    stop()
    kafka.delete_topic("patient_out")
    shutil.rmtree(FOLDER)
    write_job(TOPIC, patient.text.replace("dbname=streametl", "dbname=doctor_none").replace('"patient"', '"patient_else"')
              .replace("FROM patient", "FROM patient_else"))
    check_cure(("sink", "sink kafka: there is no topic patient_out"), ("sink", 'database "doctor_none" does not exist'),
               ("sink", f"{FOLDER} cannot be written"), ("topic", "there is no topic patient_else"))
    kafka.delete_topic("patient_else")
    run("runuser", "-u", "postgres", "--", "dropdb", "doctor_none")
    write_job(TOPIC, patient.text)
    shutil.rmtree(RUNTIME_UNITS / f"etl-job@{TOPIC}.service.d")
    systemctl("daemon-reload")
    systemctl("stop", "postgresql@17-main.service")
    CONFIG.rename(CONFIG.with_suffix(".away"))
    CONFIG.write_text('kafka : { bootstrap_servers = "localhost:9"; };\n')
    try:
        broker, server = find(("broker", "localhost:9 does not answer: "), ("sink", "sink postgresql: connection to server"))
        assert "kcat -L -b localhost:9" in broker and server.startswith("systemctl start postgresql")
    finally:
        CONFIG.with_suffix(".away").rename(CONFIG)
        systemctl("start", "postgresql@17-main.service")
        wait_until(lambda: run("pg_isready", check=False).returncode == 0, "PostgreSQL is there")
    try:
        check_cure(("sink", f"{FOLDER} cannot be written from the job's sandbox"))
    finally:
        shutil.rmtree(f"/etc/systemd/system/etl-job@{TOPIC}.service.d", ignore_errors=True)
        systemctl("daemon-reload")


def test_records_state_clock_and_journal(patient):
    wait_until(lambda: (STATE / TOPIC / "data.mdb").exists(), "there is a state")
    stop()
    (STATE / TOPIC / "data.mdb").write_bytes(b"nonsense" * 1000)
    kafka.produce(TOPIC, [b"no json"] + [{"timestamp": "x"}] * 19, 0)
    kafka.produce(TOPIC, [{"timestamp": "x"}] * 20, 1)
    drop_in(f"etl-job@{TOPIC}.service", f"[Service]\nReadWritePaths={FOLDER}\nLogRateLimitBurst=10\n")
    found = find(("records", f"0 of the newest 40 records of {TOPIC} fit the columns; most others: "),
                 ("journal", "may write only 10 lines"), ("state", "cannot be read"))
    assert "source.columns" in found[0] and found[0].endswith(f"etlctl restart {TOPIC}") and "systemctl revert" in found[1]
    mend(found[2])
    for partition in (0, 1):
        kafka.produce(TOPIC, [{"timestamp": time.time(), "course": "x"}] * 18, partition)
    producer = kafka.Producer(kafka.CLIENT)
    producer.produce(TOPIC, json.dumps({"timestamp": time.time(), "course": "x"}), timestamp=int(time.time() * 1000) + 3_000_000)
    assert producer.flush(60) == 0
    findings = doctor()[1]
    assert [finding["status"] for finding in findings if finding["check"] == "state"][0] == "ok"
    assert [(finding["status"], finding["text"].split(" fit")[0]) for finding in findings if finding["check"] == "records"] == [
        ("warning", f"37 of the newest 40 records of {TOPIC}")]
    assert any(finding["check"] == "clock" and "ahead of this clock" in finding["text"] and "timedatectl" in finding["mend"]
               for finding in findings)
    for partition in (0, 1):
        kafka.produce(TOPIC, [{"timestamp": time.time(), "course": "x"}] * 18 + [b"no json"] + [{"timestamp": time.time(), "course": "x"}], partition)
    found = [finding for finding in doctor()[1] if finding["check"] == "records"]
    assert [finding["text"].split("; ")[1] for finding in found] == ["most others: not_json"]
    assert f"etlctl dead-letters {TOPIC}" in found[0]["mend"] and "columns" not in found[0]["mend"]
    kafka.delete_topic(TOPIC)
    wait_until(lambda: TOPIC not in kafka.topics(), "the topic has gone")
