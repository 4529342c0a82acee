# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""A machine that is full, whose clock jumps, whose journal goes away: nothing is lost, and what is wrong is said."""

import contextlib
import os
import pathlib
import shutil
import signal
import struct
import time

import expected
import kafka
import outputs
import pytest
from durability import job_unit
from jobs import Job, close_windows, expectation, produce_reference, stop
from support import COORDINATOR, STATE, drop_in, journal, main_pid, run, systemctl, unit, wait_until, workers

COUNT = 100_000
FEW = 20_000


@contextlib.contextmanager
def small_disk(folder):
    """A file system of 24 MiB at the folder; yields a file that fills it."""
    folder.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder))
    try:
        shutil.chown(folder, "streametl", "streametl")
        yield folder / ".filler"
    finally:
        stop()
        run("umount", str(folder))


def fill(filler):
    with open(filler, "wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))
            file.flush()


def check_full_disk(topic, folder, sinks, says, rows):
    kafka.create_topic(topic, 1)
    produce_reference(topic, COUNT, seed=41)
    job = Job(topic, trigger="500 ms", workers="min = 1; max = 1; rate_limit = 20000;", sinks=sinks)
    with small_disk(folder) as filler:
        job.start()
        wait_until(lambda: (job.status()["epoch"] or 0) >= 2, "the job works")
        fill(filler)
        wait_until(lambda: says in unit(job_unit(job), "StatusText"), "the job says that the disk is full")
        assert "No space left on device" in unit(job_unit(job), "StatusText")
        filler.unlink()
        job.wait_for_records(COUNT)
        stop()
        wanted, _ = expectation(topic)
        found = rows(job)
    return wanted, found


def test_a_full_disk_under_the_state():
    wanted, found = check_full_disk("full_state", STATE / "full_state", 'sink : { type = "console"; max_rows = 0; truncate = false; };',
                                    "The state is not written", lambda job: job.rows())
    assert not expected.differences(wanted, found)


def test_a_full_disk_under_the_files():
    outputs.make_folder()
    wanted, found = check_full_disk("full_files", outputs.FOLDER, f'sink : {{ type = "file"; folder = "{outputs.FOLDER}"; }};',
                                    "Sink file", lambda job: outputs.file_rows(job.name))
    assert not outputs.differences(wanted, outputs.last_by_key(found))


def other_clock(folder):
    """Gives the suite's processes a clock that set_clock() sets; the machine's is not touched."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    set_clock(folder, 0)
    run("cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", str(folder / "other-clock.so"),
        str(pathlib.Path(__file__).parent / "other-clock.c"), "-ldl")
    for name in COORDINATOR, "etl-job@.service", "etl-worker@.service":
        drop_in(name, f"[Service]\nEnvironment=LD_PRELOAD={folder}/other-clock.so OTHER_CLOCK={folder}/offset\n")


def set_clock(folder, seconds):
    """In place: the processes have the file mapped."""
    with open(folder / "offset", "r+b" if (folder / "offset").exists() else "wb") as file:
        file.write(struct.pack("=q", seconds))


def test_the_clock_is_set_by_an_hour():
    folder = pathlib.Path("/srv/streametl-clock")
    other_clock(folder)
    kafka.create_topic("clock", 4)
    produce_reference("clock", COUNT, seed=42)
    close_windows("clock", 4)
    kafka.create_topic("clock_dead", 1)
    job = Job("clock", output="append", trigger="500 ms", workers="min = 1; max = 4; rate_limit = 5000;",
              sinks="""sink : { type = "console"; max_rows = 0; truncate = false; };
                       dead_letter : { type = "kafka"; topic = "clock_dead"; };""")
    job.start()
    now = time.time()
    for seconds in 3600, -3600, 0:
        epoch = job.status()["epoch"] or 0
        set_clock(folder, seconds)
        kafka.produce("clock", [b"bad"], 0)
        wait_until(lambda: (job.status()["epoch"] or 0) >= epoch + 2, "the job goes on")
    job.wait_for_records(COUNT + 4 + 3)
    wait_until(lambda: job.status()["groups"] == 4, "all windows that are over are final")
    status = job.status()
    set_clock(folder, -7200)
    kafka.produce("clock", [b"bad"], 0)
    job.wait_for_records(COUNT + 4 + 4)
    stop()
    wanted, _ = expectation("clock")
    assert not expected.differences(wanted, job.rows(), "append")
    assert status["late"] == 0 and status["processed"] == COUNT + 7
    # The processes believed the clock that they were given.
    last = dict(kafka.consume("clock_dead")[-1].headers())["streametl.failed_at"].decode()
    assert outputs.usec(last) / 1e6 < now - 3600


@pytest.mark.parametrize("act", ["restart", "kill"])
def test_the_journal_goes_away_and_comes_back(act):
    topic = f"journal_{act}"
    kafka.create_topic(topic, 1)
    produce_reference(topic, COUNT, seed=43)
    job = Job(topic, trigger="500 ms", workers="min = 1; max = 1; rate_limit = 20000;")
    job.start()
    wait_until(lambda: (job.status()["epoch"] or 0) >= 2, "the job works")
    if act == "restart":
        systemctl("restart", "systemd-journald.service")
    else:
        os.kill(main_pid("systemd-journald.service"), signal.SIGKILL)
    job.wait_for_records(COUNT)
    pid = main_pid(job_unit(job))
    stop()
    assert unit(job_unit(job), "NRestarts") == "0" and pid
    wait_until(lambda: any("Drained" in line for line in job.lines()), "the job is heard again")


def test_too_few_file_descriptors_are_named():
    kafka.create_topic("files", 1)
    produce_reference("files", 1000, seed=44)
    drop_in("etl-job@.service", "[Service]\nLimitNOFILE=12\n")
    job = Job("files")
    systemctl("start", COORDINATOR)
    entries = wait_until(lambda: [entry for entry in journal(f"_SYSTEMD_UNIT={job_unit(job)}", after=job.cursor)
                                  if "Too many open files" in entry["MESSAGE"]], "the job says what it lacks")
    assert entries
    shutil.rmtree("/run/systemd/system/etl-job@.service.d")
    systemctl("daemon-reload")
    systemctl("restart", job_unit(job))
    job.wait_for_records(1000)
    stop()


def test_a_worker_that_takes_too_much_memory_is_killed_and_replaced():
    if "memory" not in pathlib.Path("/sys/fs/cgroup/cgroup.controllers").read_text().split():
        pytest.skip("this machine has no memory controller to limit a worker with")
    kafka.create_topic("memory", 1)
    produce_reference("memory", COUNT, seed=45)
    drop_in("etl-worker@.service", "[Service]\nMemoryMax=8M\nMemorySwapMax=0\n")
    job = Job("memory")
    job.start()
    wait_until(lambda: any("is gone" in line for line in job.lines()), "a worker is killed")
    shutil.rmtree("/run/systemd/system/etl-worker@.service.d")
    systemctl("daemon-reload")
    for name in workers("memory"):
        systemctl("stop", name)
    job.wait_for_records(COUNT)
    stop()
    wanted, _ = expectation("memory")
    assert not expected.differences(wanted, job.rows())


@pytest.mark.parametrize("frozen", ["worker", "job"])
def test_the_watchdog_ends_what_is_frozen(frozen):
    topic = f"watchdog_{frozen}"
    kafka.create_topic(topic, 1)
    produce_reference(topic, FEW, seed=46)
    drop_in(f"etl-{frozen}@.service", "[Service]\nWatchdogSec=2\n")
    job = Job(topic, trigger="500 ms", workers="min = 1; max = 1; rate_limit = 4000;")
    job.start()
    wait_until(lambda: (job.status()["epoch"] or 0) >= 2, "the job works")
    name = job_unit(job) if frozen == "job" else job.workers()[0]
    os.kill(main_pid(name), signal.SIGSTOP)
    wait_until(lambda: any("watchdog" in entry.get("UNIT_RESULT", "") for entry in journal(f"UNIT={name}", after=job.cursor)),
               "the watchdog has ended it")
    job.wait_for_records(FEW)
    stop()
    wanted, _ = expectation(topic)
    assert not expected.differences(wanted, job.rows())


def test_a_worker_with_too_few_file_descriptors_says_so():
    kafka.create_topic("worker_files", 1)
    produce_reference("worker_files", 1000, seed=47)
    drop_in("etl-worker@.service", "[Service]\nLimitNOFILE=8\n")
    job = Job("worker_files")
    job.start()
    wait_until(lambda: any("Too many open files" in entry["MESSAGE"]
                           for entry in journal("_SYSTEMD_UNIT=etl-worker@worker_files:1.service", after=job.cursor)),
               "the worker says what it lacks")
    shutil.rmtree("/run/systemd/system/etl-worker@.service.d")
    systemctl("daemon-reload")
    job.wait_for_records(1000)
    stop()


def test_dbus_goes_away_and_comes_back():
    kafka.create_topic("dbus", 2)
    produce_reference("dbus", FEW, seed=48)
    job = Job("dbus", trigger="500 ms", workers="min = 1; max = 2; rate_limit = 2000;")
    job.start()
    wait_until(lambda: (job.status()["epoch"] or 0) >= 2, "the job works")
    pids = {name: main_pid(name) for name in (COORDINATOR, job_unit(job))}
    systemctl("restart", "dbus.service")
    for name in workers("dbus"):
        systemctl("kill", "--signal=KILL", name)
    job.wait_for_records(FEW)
    assert {name: main_pid(name) for name in pids} == pids
    stop()
    wanted, _ = expectation("dbus")
    assert not expected.differences(wanted, job.rows())


def test_without_its_polkit_rule_the_coordinator_says_so():
    rule = pathlib.Path("/usr/share/polkit-1/rules.d/streametl.rules")
    aside = rule.with_suffix(".aside")
    kafka.create_topic("rule", 1)
    produce_reference("rule", 1000, seed=49)
    rule.rename(aside)
    try:
        job = Job("rule")
        systemctl("start", COORDINATOR)
        wait_until(lambda: "polkit" in (text := unit(COORDINATOR, "StatusText")) and text, "systemctl status says what is missing")
    finally:
        aside.rename(rule)
    job.wait_for_records(1000)
    stop()
