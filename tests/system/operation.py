# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab:
"""What an administrator does to the suite while it works, and what may happen to it: the daemons themselves, on
the embedded broker."""

import http.client
import json
import os
import re
import signal
import struct

import pytest

from support import (
    COORDINATOR,
    JOBS,
    drop_in,
    is_active,
    journal,
    journal_cursor,
    main_pid,
    run,
    systemctl,
    unit,
    wait_until,
    workers,
    write_job,
)

PRODUCER = "/usr/libexec/streametl/etl-producer"
TOPIC = "cs_student_logs"
JOB = "loads"
JOB_UNIT = f"etl-job@{JOB}.service"
# Slow enough to be caught at work. (The embedded broker keeps only 5 MB of a partition: some 20,000 records.)
SLOW = "min = 0; max = 4; rate_limit = 500; backlog_timeout = \"100 ms\"; idle_timeout = \"2 seconds\";"
STEADY = "min = 2; max = 2;"
# Ids of messages: streametl-journal(7).
UNITS_DENIED = "653b36af22fd44ba8d5bf021c3f4aef4"
CALLER_REFUSED = "6cef962cc97e4bfdb56a97f364431af7"
UNITS_ALLOWED = "4b6245dbfb2948a6b1b5113fa9499559"


def job_text(workers=SLOW, more=""):
    return f"""{more}
source : {{ type = "kafka"; topic = "{TOPIC}"; start = "earliest"; event_time = "timestamp";
           columns = "timestamp DOUBLE, course STRING"; }};
query = "SELECT course, count(*) AS n FROM {TOPIC} GROUP BY window(event_time, '1 day'), course";
output = "update";
trigger = "1 second";
sink : {{ type = "console"; max_rows = 0; truncate = false; }};
workers : {{ {workers} }};
"""


def start(**options):
    write_job(JOB, job_text(**options))
    systemctl("start", "etl-broker.service")
    systemctl("start", COORDINATOR)
    wait_until(lambda: state() == "running", "the job runs")


def ask(*arguments):
    return json.loads(run("etlctl", "--json", *arguments).stdout)


def job_status(name=JOB):
    return next((job for job in ask("status")["jobs"] if job["name"] == name), None)


def state(name=JOB):
    """What the API says of the job; nothing while the coordinator is starting again."""
    result = run("etlctl", "--json", "status", check=False)
    if result.returncode != 0:
        return None
    return next((job["state"] for job in json.loads(result.stdout)["jobs"] if job["name"] == name), None)


def problems():
    return "; ".join(ask("status")["problems"])


def produce(count, seed=1):
    run(PRODUCER, f"--topic={TOPIC}", "--rate=0", f"--count={count}", f"--seed={seed}", "--quiet",
        "--start-time=1700000000", "--time-step=0.0001")


def printed_counts(after):
    """course -> the last count that the console sink printed."""
    counts = {}
    for entry in journal(f"_SYSTEMD_UNIT={JOB_UNIT}", "_TRANSPORT=stdout", after=after):
        row = re.fullmatch(r"\s*(\S.*?)\s+(\d+)\s*", entry["MESSAGE"].replace("|", " "))
        if row and not entry["MESSAGE"].startswith("Epoch"):
            counts[row[1]] = int(row[2])
    return counts


def running(kind):
    return systemctl("list-units", "--plain", "--no-legend", "--state=active,activating,deactivating,reloading",
                     f"etl-coordinator*.{kind}", f"etl-job@*.{kind}", f"etl-worker@*.{kind}")


def nothing_runs():
    """After a stop, which waits for the services. A socket is closed when its service is down, a moment later."""
    assert not running("service")
    wait_until(lambda: not running("socket"), "the sockets are closed")
    return True


def test_stop_gives_out_what_was_read_and_returns_last():
    cursor = journal_cursor()
    start(workers="min = 1; max = 1; rate_limit = 1000;")
    produce(10_000)
    wait_until(lambda: (job_status()["processed"] or 0) > 2000, "records are read")
    names = [*workers(JOB), JOB_UNIT, COORDINATOR]
    systemctl("stop", COORDINATOR)
    assert nothing_runs()
    when = [int(unit(name, "InactiveEnterTimestampMonotonic")) for name in names]
    assert when == sorted(when)
    assert [unit(name, "Result") for name in names] == ["success"] * len(names)
    assert sum(printed_counts(cursor).values()) > 2000


def test_a_decision_in_mid_drain_starts_nothing():
    start()
    for seed in range(1, 6):
        produce(3000, seed)
        wait_until(lambda: workers(JOB) or job_status()["workers_wanted"], "workers are wanted")
        systemctl("stop", COORDINATOR)
        assert nothing_runs()
        assert not systemctl("list-jobs", "--no-legend", "etl-*")
        systemctl("start", COORDINATOR)
        wait_until(lambda: state() == "running", "the job runs again")


def test_a_killed_coordinator_finds_all_again():
    start()
    produce(10_000)
    wait_until(lambda: len(workers(JOB)) >= 2, "workers are being added")
    before = {name: main_pid(name) for name in [JOB_UNIT, *workers(JOB)]}
    os.kill(main_pid(COORDINATOR), signal.SIGKILL)
    wait_until(lambda: state() == "running", "the coordinator is back and knows the job")
    assert main_pid(JOB_UNIT) == before[JOB_UNIT]
    wait_until(lambda: len(workers(JOB)) == 4, "it goes on adding workers")
    assert all(main_pid(name) in (pid, 0) for name, pid in before.items())
    wait_until(lambda: job_status()["backlog"] == 0 and not workers(JOB), "all is read and the workers have gone")
    assert job_status()["processed"] == 10_000


def test_a_killed_worker_is_replaced_and_nothing_counted_twice():
    cursor = journal_cursor()
    start()
    produce(10_000)
    name = wait_until(lambda: workers(JOB), "a worker runs")[0]
    wait_until(lambda: (job_status()["processed"] or 0) > 0, "records are read")
    systemctl("kill", "--signal=KILL", name)
    wait_until(lambda: job_status()["backlog"] == 0, "all is read")
    systemctl("stop", COORDINATOR)
    assert sum(printed_counts(cursor).values()) == 10_000


def test_a_killed_job_comes_back_with_its_workers():
    start(workers=STEADY)
    wait_until(lambda: len(workers(JOB)) == 2, "the workers run")
    before = main_pid(JOB_UNIT)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: main_pid(JOB_UNIT) not in (0, before), "a new job daemon")
    produce(1000)
    wait_until(lambda: job_status()["processed"] == 1000 and len(workers(JOB)) == 2, "it works")


def test_all_are_killed_and_come_back():
    start(workers=STEADY)
    wait_until(lambda: len(workers(JOB)) == 2, "the workers run")
    for name in [COORDINATOR, JOB_UNIT, *workers(JOB)]:
        os.kill(main_pid(name), signal.SIGKILL)
    wait_until(lambda: state() == "running" and len(workers(JOB)) == 2, "all run again")
    produce(1000)
    wait_until(lambda: job_status()["processed"] == 1000, "it works")


def test_a_worker_that_crashes_at_start_is_not_started_in_a_tight_loop():
    drop_in("etl-worker@.service", "[Service]\nType=exec\nExecStart=\nExecStart=sh -c 'sleep 0.01; exit 3'\n")
    cursor = journal_cursor()
    start(workers="min = 1; max = 1;")
    wait_until(lambda: any(worker["failures"] >= 5 for worker in ask("workers", JOB)["workers"]), "five failures")
    ends = [int(entry["__MONOTONIC_TIMESTAMP"])
            for entry in journal("_PID=1", f"UNIT=etl-worker@{JOB}:1.service", after=cursor)
            if entry.get("EXIT_STATUS") == "3"]
    pauses = [later - earlier for earlier, later in zip(ends, ends[1:])]
    # 200 ms that double with each failure, at least nearly.
    for number, pause in enumerate(pauses[:4]):
        assert pause > 0.75 * 200_000 * 2**number, pauses
    assert journal(f"_SYSTEMD_UNIT={COORDINATOR}", f"STREAMETL_JOB={JOB}", "PRIORITY=4", after=cursor) \
        or journal(f"_SYSTEMD_UNIT={COORDINATOR}", "PRIORITY=3", after=cursor), "the failures are not reported"


def test_a_worker_that_works_is_started_again_at_once_however_often_it_is_killed():
    cursor = journal_cursor()
    start(workers="min = 1; max = 1;")
    name = f"etl-worker@{JOB}:1.service"
    for kills in range(1, 5):
        produce(1000)
        pid = wait_until(lambda: next((worker["pid"] for worker in ask("workers", JOB)["workers"]
                                       if worker["pid"] and worker["pid"] == main_pid(name) and worker["records"]), None), "it works")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: ask("workers", JOB)["workers"][0]["failures"] == kills, "its end is noticed")
    told = [entry["MESSAGE"] for entry in journal(f"_SYSTEMD_UNIT={COORDINATOR}", after=cursor) if "started again" in entry["MESSAGE"]]
    assert len(told) == 4 and all("after 200ms" in line for line in told), told


def test_a_job_stopped_by_hand_stays_down():
    start(workers=STEADY)
    systemctl("stop", JOB_UNIT)
    wait_until(lambda: state() == "stopped" and not workers(JOB), "the job is stopped, its workers gone")
    os.kill(main_pid(COORDINATOR), signal.SIGKILL)
    wait_until(lambda: state() == "stopped", "a new coordinator knows it")
    systemctl("reload", COORDINATOR)
    assert not is_active(JOB_UNIT)
    systemctl("start", JOB_UNIT)
    wait_until(lambda: state() == "running" and len(workers(JOB)) == 2, "it runs again when started by hand")


def test_a_masked_job_stays_down_until_unmasked():
    systemctl("mask", "--runtime", JOB_UNIT)
    try:
        write_job(JOB, job_text(workers=STEADY))
        systemctl("start", "etl-broker.service", COORDINATOR)
        wait_until(lambda: state() == "stopped" and f"job {JOB} is masked" in problems(), "it is said to be masked")
        assert not is_active(JOB_UNIT) and not workers(JOB)
    finally:
        systemctl("unmask", "--runtime", JOB_UNIT)
    wait_until(lambda: state() == "running" and len(workers(JOB)) == 2, "it starts by itself")


def test_an_open_tab_does_not_undo_a_stop():
    start()
    tab = http.client.HTTPConnection("127.0.0.1", 8081, timeout=10)
    tab.request("GET", "/api/v1/status")
    assert tab.getresponse().read()
    systemctl("stop", COORDINATOR)
    with pytest.raises((http.client.HTTPException, OSError)):
        tab.request("GET", "/api/v1/status")
        tab.getresponse().read()
    tab.close()
    assert nothing_runs()
    with pytest.raises(ConnectionRefusedError):
        tab.request("GET", "/api/v1/status")


def test_a_restart_of_dbus_is_survived():
    start()
    before = [main_pid(name) for name in (COORDINATOR, JOB_UNIT)]
    systemctl("restart", "dbus.service")
    produce(5000)
    wait_until(lambda: job_status()["processed"] == 5000, "workers were started and have read all")
    assert [main_pid(name) for name in (COORDINATOR, JOB_UNIT)] == before


def test_without_polkit_it_says_so_and_recovers():
    cursor = journal_cursor()
    systemctl("mask", "--runtime", "--now", "polkit.service")
    try:
        write_job(JOB, job_text())
        systemctl("start", "etl-broker.service")
        systemctl("start", COORDINATOR)
        wait_until(lambda: "polkit" in problems(), "the missing polkit is a problem")
        wait_until(lambda: "polkit" in unit(COORDINATOR, "StatusText"), "systemctl status says so, too")
        assert journal(f"MESSAGE_ID={UNITS_DENIED}", after=cursor)
    finally:
        systemctl("unmask", "--runtime", "polkit.service")
    wait_until(lambda: state() == "running" and "polkit" not in problems(), "it runs when polkit is back")
    assert journal(f"MESSAGE_ID={UNITS_ALLOWED}", after=cursor)


def test_a_taken_port_is_a_problem_that_is_named():
    run("systemd-run", "--quiet", "--unit=squatter", "python3", "-m", "http.server", "--bind", "127.0.0.1", "8081")
    try:
        wait_until(lambda: run("curl", "--silent", "--head", "http://127.0.0.1:8081/", check=False).returncode == 0,
                   "something else on the page's port")
        start()
        assert "no web page" in problems()
        produce(1000)
        wait_until(lambda: job_status()["processed"] == 1000, "the pipeline works")
    finally:
        systemctl("stop", "squatter")


def test_a_broken_file_fails_the_reload_and_changes_nothing():
    start()
    write_job(JOB, job_text().replace("SELECT course", "SELECT corse"))
    write_job("other", job_text())
    before = main_pid(JOB_UNIT)
    cursor = journal_cursor()
    assert run("systemctl", "reload", COORDINATOR, check=False).returncode != 0
    assert (main_pid(JOB_UNIT), is_active("etl-job@other.service")) == (before, False)
    wrong = [entry["MESSAGE"] for entry in journal(f"UNIT={COORDINATOR}", "+", f"_SYSTEMD_UNIT={COORDINATOR}", after=cursor)
             if f"{JOBS}/{JOB}.conf:" in str(entry["MESSAGE"])]
    assert any("corse" in message for message in wrong), wrong
    produce(1000)
    wait_until(lambda: job_status()["processed"] == 1000, "the old configuration works on")


def reload_with(text):
    write_job(JOB, text)
    systemctl("reload", COORDINATOR)


def test_what_a_reload_cannot_take_is_told_until_it_is_taken():
    """Such a reload succeeds, since the file is right: so that the job goes on as before is a problem of the suite."""
    start()
    other = job_text().replace("AS n", "AS m")
    reload_with(other)
    wait_until(lambda: f"job {JOB} runs with its old configuration: the query or the columns" in problems(), "the problem is told")
    assert f"etlctl restart {JOB}" in job_status()["reload_refused"]
    assert "! It runs with its old configuration" in run("etlctl", "status", JOB).stdout
    found = json.loads(run("etlctl", "doctor", "--json", check=False).stdout)["findings"]
    assert [finding["mend"] for finding in found if "old configuration" in finding["text"]] == [f"etlctl restart {JOB}"]
    reload_with(job_text())
    wait_until(lambda: not problems() and job_status()["reload_refused"] is None, "it is put back")
    sink = 'sink : { type = "kafka"; topic = "t"; properties = ( "sasl.password=${credential:streametl.nope}" ); };'
    reload_with(re.sub(r"sink : .*", sink, job_text()))
    wait_until(lambda: 'there is no credential "streametl.nope"' in problems(), "the credential is missed")
    reload_with(other)
    wait_until(lambda: "the query or the columns" in problems(), "the problem is told again")
    run("etlctl", "restart", JOB)
    wait_until(lambda: state() == "running" and not problems(), "what is new is taken")


def test_records_that_are_nearly_all_bad_are_a_problem():
    """Until the columns are mended. The job runs: but nothing comes of it."""
    write_job(JOB, job_text(STEADY).replace("timestamp DOUBLE", "timestamp INT"))
    systemctl("start", "etl-broker.service", COORDINATOR)
    wait_until(lambda: state() == "running", "the job runs")
    produce(90)
    wait_until(lambda: job_status()["bad"].get("wrong_type") == 90, "the records are bad")
    assert not problems()
    produce(10, seed=2)
    wait_until(lambda: "100 of the last 100 are bad" in problems(), "the problem is told")
    assert f"etlctl dead-letters {JOB}" in problems() and state() == "running"
    write_job(JOB, job_text(STEADY))
    run("etlctl", "restart", JOB)
    wait_until(lambda: state() == "running" and not problems(), "the columns are mended")


def test_reload_starts_new_jobs_and_drains_removed_and_disabled_ones():
    cursor = journal_cursor()
    start()
    write_job("second", job_text())
    write_job("third", job_text())
    systemctl("reload", COORDINATOR)
    wait_until(lambda: state("second") == state("third") == "running", "the new jobs run")
    produce(5000)
    wait_until(lambda: job_status("second")["processed"] == 5000 and job_status("third")["processed"] == 5000,
               "they work")
    (JOBS / "second.conf").unlink()
    systemctl("reload", "etl-job@second.service")  # as the coordinator's reload does, if it is faster than the stop
    assert job_status("second")["reload_refused"] is None and state("second") == "running"
    write_job("third", job_text(more="enabled = false;"))
    systemctl("reload", COORDINATOR)
    wait_until(lambda: job_status("second") is None and state("third") == "disabled", "one is gone, one disabled")
    assert not is_active("etl-job@second.service") and not is_active("etl-job@third.service")
    assert unit("etl-job@second.service", "Result") == unit("etl-job@third.service", "Result") == "success"
    assert state() == "running"
    lines = [entry["MESSAGE"] for entry in journal(after=cursor) if isinstance(entry["MESSAGE"], str)]
    assert not [line for line in lines if "did not stop" in line or "Reload failed" in line or "No such file" in line]


def test_a_broken_configuration_at_start_is_status_78_and_not_tried_again():
    write_job(JOB, "query = 5;")
    assert run("systemctl", "start", COORDINATOR, check=False).returncode != 0
    shown = unit(COORDINATOR, "ActiveState", "ExecMainStatus", "NRestarts")
    assert shown == {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"}
    invocation = unit(COORDINATOR, "InvocationID")
    result = run("etlctl", "status", check=False)
    assert result.returncode == 3 and f"the coordinator has failed: {JOBS / JOB}.conf:1:9: " in result.stderr, result.stderr
    assert '"systemctl status etl-coordinator"' in result.stderr and '"etlctl check"' in result.stderr
    assert unit(COORDINATOR, "InvocationID", "ActiveState") == {"InvocationID": invocation, "ActiveState": "failed"}


def test_pause_and_resume():
    start()
    run("etlctl", "pause", JOB)
    produce(3000)
    wait_until(lambda: job_status()["backlog"] == 3000, "the records wait")
    assert state() == "paused" and not workers(JOB)
    run("etlctl", "resume", JOB)
    wait_until(lambda: job_status()["processed"] == 3000, "they are read")


# Says something at a socket, and expects that it is closed without an answer.
SPEAK = """import socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(60)
connection.connect(sys.argv[1])
connection.sendall(bytes.fromhex(sys.argv[2]))
try:
    sys.exit(connection.recv(1) != b"")
except ConnectionResetError:
    pass
"""


def frame(kind, payload):
    """As lib/wire/frame.h has it."""
    return struct.pack("=II", len(payload), kind) + payload


def check_is_refused(path, data, *prefix):
    """The job hears it, tells of it, and is none the worse."""
    cursor, pid, processed = journal_cursor(), main_pid(JOB_UNIT), job_status()["processed"]
    run(*prefix, "python3", "-c", SPEAK, path, data.hex())
    wait_until(lambda: journal(f"MESSAGE_ID={CALLER_REFUSED}", f"STREAMETL_JOB={JOB}", after=cursor), "the job tells of it")
    produce(1000)
    wait_until(lambda: job_status()["processed"] == processed + 1000, "the job goes on")
    assert main_pid(JOB_UNIT) == pid and len(workers()) == 2


def test_what_callers_may_say_is_a_matter_of_the_socket():
    hello, reset, worker_hello = frame(100, b'{"version": 1}'), frame(106, b"{}"), frame(1, struct.pack("=III", 3, 3, 1))
    start(workers=STEADY)
    wait_until(lambda: len(workers()) == 2, "both workers run")
    produce(1000)
    wait_until(lambda: job_status()["processed"] == 1000, "all is read")
    check_is_refused(f"/run/streametl/job/{JOB}.sock", hello + reset, "nsenter", f"--target={main_pid(workers()[0])}", "--mount",
                     "setpriv", "--reuid=streametl", "--regid=streametl", "--clear-groups")
    check_is_refused(f"/run/streametl/control/{JOB}.sock", worker_hello)
    check_is_refused(f"/run/streametl/control/{JOB}.sock", reset)


def test_a_topic_made_anew_is_not_passed_over_without_a_word():
    start()
    produce(1000)
    wait_until(lambda: job_status()["processed"] == 1000 and job_status()["backlog"] == 0, "all is read")
    systemctl("restart", "etl-broker.service")
    wait_until(lambda: "made anew" in (job_status()["why"] or ""), "the job says what is wrong")
    wait_until(lambda: "made anew" in unit(JOB_UNIT, "StatusText"), "so does its unit")
