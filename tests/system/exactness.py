# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""Every record counts once: the tables of the console sink against an independent computation, on real Kafka."""

import collections

import expected
import hostile
import kafka
import pytest
from jobs import (CLOSING_TIME, Job, close_windows, disturb_workers, expectation, produce_reference, stop)
from support import COORDINATOR, run, systemctl, unit, wait_until, write_job

COUNT = 1_000_000
# One worker takes a million a second; at this pace there is time to disturb them.
PACE = "min = 1; max = 4; rate_limit = 60000;"

pytestmark = pytest.mark.timeout(300)


def wait_for_final_windows(job, partitions):
    """All windows are printed but those that close_windows() opened."""
    wait_until(lambda: job.status()["groups"] == partitions, "all windows that are over are final")


def check_final_windows(topic, partitions, acts, seed):
    kafka.create_topic(topic, partitions)
    produce_reference(topic, COUNT, seed)
    close_windows(topic, partitions)
    job = Job(topic, output="append", workers=PACE)
    job.start()
    assert disturb_workers(job, COUNT // 2, seed, *acts) > 3
    job.wait_for_records(COUNT + partitions)
    wait_for_final_windows(job, partitions)
    status = job.status()
    stop()
    rows, faults = expectation(topic)
    assert not faults and sum(row.count for row in rows.values()) == COUNT
    assert not expected.differences(rows, job.rows(), "append")
    # No partition is out of order, so nothing may be late, whoever read it when.
    assert status["late"] == 0 and status["bad"] == {} and status["processed"] == COUNT + partitions


def test_one_partition_while_workers_come_and_go():
    check_final_windows("come_and_go_1", 1, [["start"], ["stop"], ["start"]], seed=1)


def test_four_partitions_while_workers_come_and_go():
    check_final_windows("come_and_go_4", 4, [["start"], ["stop"], ["start"]], seed=2)


def test_workers_killed_in_mid_lease():
    check_final_windows("killed", 4, [["start"], ["kill", "--signal=KILL"], ["start"]], seed=3)


def test_update_mode_with_epochs_at_once():
    """The last row of each group is right, and stopping prints what was not printed yet."""
    kafka.create_topic("updates", 4)
    produce_reference("updates", 200_000, seed=4)
    job = Job("updates", trigger="0 seconds")
    job.start()
    job.wait_for_records(200_000)
    stop()
    rows, _ = expectation("updates")
    assert not expected.differences(rows, job.rows())


def test_several_workers_read_one_partition():
    kafka.create_topic("shared", 1)
    produce_reference("shared", 400_000, seed=5)
    job = Job("shared", workers="min = 4; max = 4; rate_limit = 40000;")
    job.start()
    wait_until(lambda: sum(records > 0 for records in job.worker_records().values()) == 4,
               "four workers have read records of the one partition")
    assert job.status()["backlog"] > 0
    job.wait_for_records(400_000)
    stop()
    rows, _ = expectation("shared")
    assert not expected.differences(rows, job.rows())


def printed(text):
    """As the console sink prints it and table_rows() reads it."""
    if text is None or text == "NULL":
        return None
    return "".join("?" if ord(c) < 0x20 or ord(c) == 0x7F else c for c in text).strip()


def test_hostile_records():
    """Counted by reason; the others exact; nothing stops."""
    kafka.create_topic("hostile", 2, **{"max.message.bytes": "3000000"})
    kafka.produce("hostile", hostile.records(100_000, per_mille=10, seed=6), partition=0)
    kafka.produce("hostile", hostile.records(300, per_mille=100, seed=7, large_bytes=1 << 20), partition=1)
    close_windows("hostile", 2)
    job = Job("hostile", output="append", limits='limits : { max_record_bytes = "2 MiB"; };')
    job.start()
    job.wait_for_records(100_302)
    wait_for_final_windows(job, 2)
    status = job.status()
    stop()
    rows, faults = expectation("hostile")
    assert status["bad"] == dict(faults) and len(faults) >= 6
    assert status["late"] == 0
    rows = {(start, printed(course), printed(activity)): row for (start, course, activity), row in rows.items()}
    assert not expected.differences(rows, job.rows(), "append")


def test_late_records_are_counted_and_kept():
    kafka.create_topic("late", 1)
    produce_reference("late", 1000, seed=8, time_step=1)  # a thousand seconds
    job = Job("late", output="append", watermark="10 seconds")
    job.start()
    job.wait_for_records(1000)
    close_windows("late", 1)
    wait_for_final_windows(job, 1)
    kafka.produce("late", [{"timestamp": CLOSING_TIME - 10_000, "course": "late", "activity": "late"}] * 3)
    wait_until(lambda: job.status()["late"] == 3, "three late records are counted")
    stop()
    assert not any(row["course"] == "late" for row in job.rows())
    assert sum('"course": "late"' in line for line in job.lines()) == 3, "the dead letters show the late records"


def test_rows_without_group_by_keep_their_order():
    kafka.create_topic("filtered", 2)
    for partition in range(2):
        kafka.produce("filtered", [{"timestamp": 1_700_000_000 + n, "course": f"c{partition}", "lines_of_code": n}
                                   for n in range(20_000)], partition)
    job = Job("filtered", query="SELECT course, lines_of_code AS n FROM {topic} WHERE lines_of_code % 2 = 0",
              output="append", workers="min = 3; max = 3; rate_limit = 10000;")
    job.start()
    job.wait_for_records(40_000)
    stop()
    numbers = collections.defaultdict(list)
    for row in job.rows():
        numbers[row["course"]].append(row["n"])
    assert numbers == {f"c{partition}": list(range(0, 20_000, 2)) for partition in range(2)}


def test_complete_mode_and_having():
    kafka.create_topic("complete", 1)
    produce_reference("complete", 1000, seed=9, time_step=0.01)
    job = Job("complete", output="complete",
              query="SELECT course, count(*) AS n FROM {topic} GROUP BY course HAVING count(*) > 0")
    job.start()
    job.wait_for_records(1000)
    wait_until(lambda: len(job.rows()) >= 5, "an epoch is printed")
    produce_reference("complete", 1000, seed=10, time_step=0.01)
    job.wait_for_records(2000)
    stop()
    assert sum(row["n"] for row in job.rows()[-5:]) == 2000, "each epoch shows every group"


def test_no_worker_without_records():
    """The first new record brings a worker, and the last one goes when nothing is left to read."""
    kafka.create_topic("sleepy", 1)
    job = Job("sleepy", workers='min = 0; max = 4; idle_timeout = "1 second"; backlog_timeout = "0 seconds";')
    job.start()
    assert job.workers() == []
    produce_reference("sleepy", 10, seed=11)
    job.wait_for_records(10)
    wait_until(lambda: job.workers() == [], "the last worker is gone")
    kafka.produce("sleepy", [{"timestamp": 1_700_000_000, "course": "c", "activity": "a"}])
    wait_until(lambda: job.status()["processed"] == 11, "a worker came back for one record")


def test_kafka_comes_late():
    """A job whose Kafka does not answer is up, says why it waits, and goes on alone."""
    kafka.create_topic("patient", 1)
    produce_reference("patient", 1000, seed=12)
    systemctl("stop", "kafka.service")
    job = Job("patient")
    systemctl("start", "etl-coordinator.service")
    wait_until(lambda: job.status()["state"] == "waiting", "the job says that it waits")
    assert job.status()["why"].startswith("Kafka at localhost:9092 cannot be reached: ")
    assert "Kafka" in systemctl("show", "etl-job@patient.service", "--property=StatusText")
    systemctl("start", "kafka.service")
    job.wait_for_records(1000)
    stop()
    rows, _ = expectation("patient")
    assert not expected.differences(rows, job.rows())


def test_records_removed_before_they_are_read():
    """They are counted and told of, and the rest is read."""
    kafka.create_topic("removed", 1)
    produce_reference("removed", 400_000, seed=9)
    job = Job("removed", workers="min = 2; max = 2; rate_limit = 2000;")
    job.start()
    wait_until(lambda: (job.status()["processed"] or 0) > 0, "records are read")
    kafka.delete_records("removed", 0, 395_000)
    wait_until(lambda: job.status()["backlog"] == 0, "the rest is read")
    status = job.status()
    assert status["removed"] > 300_000
    assert status["processed"] + status["removed"] == 400_000
    assert any("are lost to this job" in line for line in job.lines())


def test_a_worker_that_hangs_and_wakes_again():
    """What it held is read by others; what it reports afterwards is refused."""
    kafka.create_topic("hung", 2)
    produce_reference("hung", 200_000, seed=13)
    job = Job("hung", workers="min = 2; max = 2; rate_limit = 20000;")
    job.start()
    wait_until(lambda: all(job.worker_records().get(number, 0) > 0 for number in (1, 2)), "both workers have read")
    systemctl("kill", "--signal=STOP", "etl-worker@hung:2.service")
    wait_until(lambda: any("Worker 2 is silent" in line for line in job.lines()), "the job notices")
    systemctl("kill", "--signal=CONT", "etl-worker@hung:2.service")
    job.wait_for_records(200_000)
    stop()
    rows, _ = expectation("hung")
    assert not expected.differences(rows, job.rows())


def test_a_topic_made_anew_is_not_taken_for_the_old_one():
    kafka.create_topic("anew", 1)
    produce_reference("anew", 1000, seed=10)
    job = Job("anew")
    job.start()
    job.wait_for_records(1000)
    stop()
    kafka.delete_topic("anew")
    wait_until(lambda: "anew" not in kafka.topics(), "the topic is gone")
    kafka.create_topic("anew", 1)
    produce_reference("anew", 2000, seed=11)
    systemctl("start", COORDINATOR)
    wait_until(lambda: "deleted and made anew" in (job.status()["why"] or ""), "the job says what is wrong")
    wait_until(lambda: job.status()["state"] == "waiting", "it waits for somebody to decide")
    assert job.status()["processed"] == 1000
    stop()
    run("etlctl", "reset", "--yes", "anew")
    job.start()
    job.wait_for_records(2000)
    assert job.status()["processed"] == 2000
    stop()


def test_a_job_may_end_when_records_are_removed_before_they_are_read():
    kafka.create_topic("loss", 1)
    produce_reference("loss", 1000, seed=12)
    job = Job("loss")
    job.start()
    job.wait_for_records(1000)
    stop()
    produce_reference("loss", 1000, seed=13)
    kafka.delete_records("loss", 0, 1500)
    text = job.text.replace("idle_after", 'on_data_loss = "fail"; idle_after')
    write_job("loss", text)
    systemctl("start", COORDINATOR)
    wait_until(lambda: unit("etl-job@loss.service", "ExecMainStatus") == "65", "the job ends")
    assert any("500 offsets from 1000 on" in line for line in job.lines("PRIORITY=3"))
    stop()
    write_job("loss", job.text)
    job.start()
    job.wait_for_records(1500)
    assert job.status()["removed"] == 500
    stop()
