# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""What a job has counted stays counted, and is counted once, whoever is killed or stopped: on real Kafka."""

import collections
import contextlib
import fcntl
import os
import pathlib
import signal

import expected
import kafka
import pytest
from jobs import QUERY, Job, close_windows, expectation, job_text, produce_reference, stop
from support import COORDINATOR, STATE, journal, journal_cursor, main_pid, run, systemctl, unit, wait_until, write_job

COUNT = 400_000
PACE = "min = 2; max = 4; rate_limit = 30000;"

pytestmark = pytest.mark.timeout(300)


def job_unit(job):
    return f"etl-job@{job.name}.service"


def kill(name):
    pid = main_pid(name)
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def disturb_between_epochs(job, disturb, times=4):
    """Calls disturb(job) so often, each time when the job has closed another epoch: what was done before it must
    still count, what was done after it must be done again. Returns how many records were merged when it did so last."""
    epoch = 0
    for _ in range(times):
        wait_until(lambda: (job.status()["epoch"] or 0) > epoch, "the job closes an epoch")
        status = job.status()
        epoch, merged = status["epoch"], status["processed"]
        disturb(job)
    return merged


def check_final_windows(topic, partitions, seed, disturb, times=4):
    """Has the job work off a topic while it is disturbed: its final windows must be exact."""
    kafka.create_topic(topic, partitions)
    produce_reference(topic, COUNT, seed)
    close_windows(topic, partitions)
    job = Job(topic, output="append", trigger="500 ms", workers=PACE)
    job.start()
    assert disturb_between_epochs(job, disturb, times) < COUNT
    job.wait_for_records(COUNT + partitions)
    wait_until(lambda: job.status()["groups"] == partitions, "all windows that are over are final")
    status = job.status()
    stop()
    rows, faults = expectation(topic)
    assert not faults and sum(row.count for row in rows.values()) == COUNT
    assert not expected.differences(rows, job.rows(), "append")
    assert status["late"] == 0 and status["bad"] == {} and status["processed"] == COUNT + partitions


@pytest.mark.parametrize("partitions", [1, 4])
def test_the_job_is_killed(partitions):
    check_final_windows(f"job_killed_{partitions}", partitions, 21, lambda job: kill(job_unit(job)))


def test_job_workers_and_coordinator_are_killed():
    def kill_all(job):
        for name in [job_unit(job), COORDINATOR, *job.workers()]:
            kill(name)
        wait_until(lambda: unit(COORDINATOR, "SubState") == "running", "the coordinator is back")

    check_final_windows("all_killed", 4, 22, kill_all)


def test_the_suite_is_stopped_and_started():
    def restart(job):
        stop()
        job.start()

    check_final_windows("restarted", 4, 23, restart)


def test_the_package_is_upgraded():
    files = sorted(map(str, pathlib.Path("/run/packages").glob("*.deb")))
    if not files:
        pytest.skip("this lab was made without packages")

    def upgrade(job):
        before = main_pid(job_unit(job))
        run("dpkg", "--install", *files)
        assert main_pid(job_unit(job)) not in (0, before)

    check_final_windows("upgraded", 4, 24, upgrade, times=1)


def test_rows_without_group_by_come_once_and_in_order():
    kafka.create_topic("rows", 2)
    for partition in range(2):
        kafka.produce("rows", [{"timestamp": 1_700_000_000 + n, "course": f"c{partition}", "lines_of_code": n}
                               for n in range(60_000)], partition)
    job = Job("rows", query="SELECT course, lines_of_code AS n FROM {topic} WHERE lines_of_code % 2 = 0",
              output="append", trigger="500 ms", workers="min = 3; max = 3; rate_limit = 10000;")
    job.start()
    assert disturb_between_epochs(job, lambda job: kill(job_unit(job))) < 120_000
    job.wait_for_records(120_000)
    stop()
    numbers = collections.defaultdict(list)
    for row in job.rows():
        numbers[row["course"]].append(row["n"])
    assert numbers == {f"c{partition}": list(range(0, 60_000, 2)) for partition in range(2)}


def test_what_comes_while_a_new_job_is_down_is_read():
    """Where "latest" was is kept before anything is read."""
    kafka.create_topic("latest", 1)
    produce_reference("latest", 1000, seed=24)
    job = Job("latest", start="latest", trigger="1 hour")
    job.start()
    stop()
    produce_reference("latest", 500, seed=25)
    job.start()
    job.wait_for_records(500)
    stop()
    assert sum(row["count"] for row in job.rows()) == 500


def refusal(job, after):
    """What the job says about its state when it is started."""
    systemctl("start", COORDINATOR)
    entry = wait_until(lambda: journal(f"_SYSTEMD_UNIT={job_unit(job)}", "PRIORITY=3", after=after), "the job says why")
    systemctl("stop", COORDINATOR)
    return entry[0]["MESSAGE"]


def job_with_state(topic, **options):
    kafka.create_topic(topic, 1)
    produce_reference(topic, 1000, seed=26)
    job = Job(topic, **options)
    job.start()
    job.wait_for_records(1000)
    stop()
    return job


def test_a_query_that_does_not_fit_the_state_is_refused_and_one_that_does_is_taken():
    job = job_with_state("changed", watermark="1 hour")
    write_job("changed", job_text("changed", query=QUERY.replace("10 seconds", "20 seconds"), watermark="1 hour"))
    systemctl("start", COORDINATOR)
    text = job.end_until_somebody_acts()
    stop()
    assert "the window changed" in text and "etlctl reset changed" in text and "'10 seconds'" in text
    # The state is as it was: with the old query, and another HAVING, the job goes on.
    query = QUERY + " HAVING count(*) > 0"
    write_job("changed", job_text("changed", query=query, watermark="1 hour"))
    produce_reference("changed", 500, seed=26)
    job.start()
    job.wait_for_records(1500)
    stop()
    rows, _ = expectation("changed")
    assert not expected.differences(rows, job.rows())


def test_a_damaged_state_is_refused_and_can_be_dropped():
    """Whatever is damaged, no signal ends the job: see also test-store."""
    job = job_with_state("damaged", watermark="1 hour")
    file = STATE / "damaged" / "data.mdb"
    data, page = file.read_bytes(), 4096
    assert b"Linear Algebra" in data
    last = max((0, 1), key=lambda root: int.from_bytes(data[root * page + 144:root * page + 152], "little"))
    root = int.from_bytes(data[last * page + 128:last * page + 136], "little") * page
    damages = {
        "a value": data.replace(b"Linear Algebra", b"Linear algebra"),
        "the page of the tables": data[:root] + bytes(range(256)) * (page // 256) + data[root + page:],
        "the end": data[:root],
        "everything": b"",
    }
    for what, damaged in damages.items():
        file.write_bytes(damaged)
        after = journal_cursor()
        systemctl("start", COORDINATOR)
        text = job.end_until_somebody_acts()
        assert "damaged" in text and "etlctl reset damaged && etlctl start damaged" in text, what
        stop()
        assert not journal(f"UNIT={job_unit(job)}", "EXIT_CODE=killed", after=after), what
        assert len(journal(f"_SYSTEMD_UNIT={job_unit(job)}", "PRIORITY=3", after=after)) == 1, what
    systemctl("start", COORDINATOR)
    job.end_until_somebody_acts()
    # The suite's user may put what it likes into the folder: root works there as that user.
    victim, lock = pathlib.Path("/root/victim"), STATE / "damaged" / "lock.mdb"
    lock.unlink(missing_ok=True)
    lock.symlink_to(victim)
    run("etlctl", "reset", "--yes", "damaged")
    assert not victim.exists() and {file.owner() for file in file.parent.iterdir()} == {"streametl"}
    run("etlctl", "start", "damaged")
    job.start()
    job.wait_for_records(1000)
    stop()
    file.write_bytes(data)
    produce_reference("damaged", 500, seed=26)
    job.start()
    job.wait_for_records(1500)
    stop()


def test_a_state_that_another_process_holds_is_refused():
    job = job_with_state("held", watermark="1 hour")
    with open(STATE / "held" / "lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "running twice" in refusal(job, journal_cursor())


def test_a_full_state_waits_and_loses_nothing():
    topic = "full"
    kafka.create_topic(topic, 1)
    kafka.produce(topic, [{"timestamp": 1_700_000_000, "course": f"course {n}", "activity": "x" * 200}
                          for n in range(100_000)], 0)
    small = 'limits : { max_state = "16 MiB"; };'
    query = "SELECT count(*) AS n FROM {topic} GROUP BY course, activity HAVING course = 'course 99999'"
    job = Job(topic, limits=small, query=query, watermark="1 hour")
    systemctl("start", COORDINATOR)
    wait_until(lambda: "max_state" in (unit(job_unit(job), "StatusText") or ""), "the job says that its state is full")
    stop()
    write_job(topic, job_text(topic, query=query, watermark="1 hour"))
    job.start()
    job.wait_for_records(100_000)
    assert job.status()["groups"] == 100_000
    stop()
    assert [row["n"] for row in job.rows()] == [1]
