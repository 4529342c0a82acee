# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka --postgres
"""Two processes with the same state, as after a server was cloned: when both are about to deliver the same epoch, one
does, and the rows are there once."""

import contextlib
import pathlib
import shutil
import subprocess

import kafka
import outputs
import pytest
from durability import job_unit
from jobs import Job
from support import CEILING_SECONDS, STATE, drop_in, journal, main_pid, run, systemctl, wait_until

FENCED = "fenced"
COPY = pathlib.Path("/var/lib/streametl.copy")
SECOND = "second-owner.service"


@contextlib.contextmanager
def stopped_at(pid, function, calls_before=0):
    """The process stands still where it calls a function of a library the next time but some; yields what waits for
    that. It goes on at the end."""
    output = pathlib.Path("/root/gdb.output")
    with output.open("w") as file:
        gdb = subprocess.Popen(["gdb", "-nx", "-quiet", f"--pid={pid}"], stdin=subprocess.PIPE, stdout=file, stderr=file, text=True)

    def wait_for(text):
        wait_until(lambda: text in output.read_text(), f"gdb says {text!r} ({output})")

    gdb.stdin.write(f"set pagination off\nset confirm off\nbreak {function}\nignore 1 {calls_before}\necho ready\\n\ncontinue\n")
    gdb.stdin.flush()
    wait_for("ready")
    try:
        yield lambda: wait_for("hit Breakpoint 1")
    finally:
        gdb.communicate("delete\ndetach\nquit\n", timeout=CEILING_SECONDS)


def start_second_owner():
    """With a copy of the state, of the moment at which the first one stands still."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir()
    run("cp", "-a", f"{STATE}/{FENCED}", f"{COPY}/{FENCED}")
    run("chown", "-R", "streametl:", str(COPY))
    run("systemd-run", "--quiet", f"--unit={SECOND}", "--property=User=streametl", "--property=RuntimeDirectory=second-owner",
        "/usr/libexec/streametl/etl-job", f"--state={COPY}/{FENCED}", "--socket=/run/second-owner/job.sock",
        "--control=/run/second-owner/control.sock", FENCED)


SINKS = {
    "kafka": (f'{{ type = "kafka"; topic = "{FENCED}_out"; }}', "rd_kafka_send_offsets_to_transaction", 0),
    # The first call of an epoch reads the marker, the second writes it.
    "postgresql": (f'{{ type = "postgresql"; connection = "{outputs.CONNECTION}"; table = "{FENCED}"; }}', "PQexecParams", 1),
}


def delivered(sink):
    """The rows' courses, in the order of delivery."""
    if sink == "kafka":
        return [row["course"] for row in outputs.topic_rows(f"{FENCED}_out")]
    if outputs.query(f"SELECT to_regclass('{FENCED}') AS name")[0]["name"] is None:
        return []
    return [row["course"] for row in outputs.query(f"SELECT course FROM {FENCED} ORDER BY ctid")]


@pytest.mark.parametrize("sink", SINKS)
def test_of_two_owners_of_a_state_one_delivers(sink):
    text, function, calls_before = SINKS[sink]
    kafka.delete_topics(FENCED, f"{FENCED}_out")
    kafka.create_topic(FENCED)
    kafka.create_topic(f"{FENCED}_out")
    outputs.drop_tables(FENCED)
    drop_in("etl-job@.service", "[Service]\nWatchdogSec=0\n")
    job = Job(FENCED, query="SELECT course FROM {topic}", output="append", trigger="200 ms", sinks=f"sink : {text};",
              workers="min = 1; max = 1;")
    job.start()
    kafka.produce(FENCED, [{"timestamp": 1, "course": "before"}])
    wait_until(lambda: delivered(sink) == ["before"], "the first row is delivered")
    first = main_pid(job_unit(job))
    try:
        with stopped_at(first, function, calls_before) as wait_for_stop:
            kafka.produce(FENCED, [{"timestamp": 2, "course": "both"}])
            wait_for_stop()
            start_second_owner()
            wait_until(lambda: delivered(sink) == ["before", "both"], "the second owner delivers the epoch")
        wait_until(lambda: main_pid(job_unit(job)) not in (0, first) or
                   any("somebody else" in entry["MESSAGE"] for entry in journal(f"_PID={first}", after=job.cursor)),
                   "the first one finds that it is not alone")
    finally:
        systemctl("stop", SECOND, check=False)
    kafka.produce(FENCED, [{"timestamp": 3, "course": "after"}])
    wait_until(lambda: "after" in delivered(sink), "the first one goes on")
    assert delivered(sink) == ["before", "both", "after"]
