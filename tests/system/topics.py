# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""A job reads several topics, by their names or by a pattern, and each has a life of its own."""

import json

import expected
import kafka
from jobs import CONSOLE, START_TIME, Job, expectation, produce_reference, stop
from support import COORDINATOR, main_pid, run, systemctl, unit, wait_until, write_job


class TopicsJob(Job):
    """Its topics are what is said; the table is called like the job."""

    def __init__(self, name, topics, **options):
        super().__init__(name, **options)
        self.text = self.text.replace(f'topic = "{name}";', topics)
        write_job(name, self.text)

    def why(self):
        return self.status()["why"] or ""

    def partitions(self):
        answer = json.loads(run("etlctl", "status", self.name, "--json").stdout)
        return {(at["topic"], at["partition"]) for at in answer["partitions"]}

    def wait_until_processed(self, count):
        wait_until(lambda: self.status()["processed"] == count, f"{count} records are processed")


def records(count, course="c"):
    return [{"timestamp": START_TIME + n, "course": course, "activity": "a", "lines_of_code": 1} for n in range(count)]


def ends(*topics):
    return {(topic, partition): end for topic in topics for partition, end in kafka.end_offsets(topic).items()}


def test_two_topics_are_one_table():
    """Aggregated together exactly, bad records known by their topic, positions seen by the tools of Kafka."""
    kafka.create_topic("two_a", 3)
    kafka.create_topic("two_b", 1)
    kafka.create_topic("two_dead", 1)
    produce_reference("two_a", 20_000, seed=51)
    produce_reference("two_b", 20_000, seed=52)
    kafka.produce("two_a", [b"bad in a"], partition=2)
    kafka.produce("two_b", [b"bad in b"], partition=0)
    job = TopicsJob("two", 'topics = ( "two_a", "two_b" );',
                    sinks=CONSOLE + 'dead_letter : { type = "kafka"; topic = "two_dead"; };')
    job.start()
    job.wait_for_records(40_002)
    wait_until(lambda: kafka.committed("streametl.two", "two_a", "two_b") == ends("two_a", "two_b"),
               "the group's offsets are the ends while the job runs")
    kafka.produce("two_b", records(5))
    job.wait_for_records(40_007)
    stop()
    assert kafka.committed("streametl.two", "two_a", "two_b") == ends("two_a", "two_b")
    rows, faults = expectation("two_a", "two_b")
    assert dict(faults) == {"not_json": 2} and sum(row.count for row in rows.values()) == 40_005
    assert not expected.differences(rows, job.rows())
    letters = {letter.value(): dict(letter.headers()) for letter in kafka.consume("two_dead")}
    places = {value: (headers["streametl.topic"], headers["streametl.partition"]) for value, headers in letters.items()}
    assert places == {b"bad in a": (b"two_a", b"2"), b"bad in b": (b"two_b", b"0")}


def test_a_pattern_takes_up_what_appears_while_it_runs():
    """Topics and partitions from their first record, and none that matches in part."""
    for topic in "pattern_a", "no_pattern_a", "pattern_1":
        kafka.create_topic(topic, 1)
        kafka.produce(topic, records(10))
    job = TopicsJob("pattern", 'topic_pattern = "pattern_[a-z]|pattern_[a-z]+";', start="latest")
    job.start()
    kafka.create_topic("pattern_bcd", 2)
    kafka.produce("pattern_bcd", records(100), partition=1)
    kafka.grow_topic("pattern_a", 2)
    kafka.produce("pattern_a", records(50), partition=1)
    kafka.produce("pattern_a", records(7), partition=0)
    kafka.produce("no_pattern_a", records(1))
    kafka.produce("pattern_1", records(1))
    job.wait_until_processed(157)
    wait_until(lambda: sum(row["count"] for row in last_rows(job)) == 157, "they are in the results")
    stop()
    # A topic that came before but is asked for only now is read as any that comes later.
    write_job("pattern", job.text.replace('"pattern_[a-z]|', '"no_pattern_a|pattern_[a-z]|'))
    job.start()
    job.wait_until_processed(157 + 11)
    assert job.partitions() == {
        ("pattern_a", 0), ("pattern_a", 1), ("pattern_bcd", 0), ("pattern_bcd", 1), ("no_pattern_a", 0)}


def last_rows(job):
    """The newest row of each group."""
    return {(row["start"], row["course"], row["activity"]): row for row in job.rows()}.values()


def test_topics_come_and_go_and_the_others_go_on():
    kafka.create_topic("going_a", 2)
    kafka.create_topic("going_b", 2)
    kafka.produce("going_a", records(100))
    kafka.produce("going_b", records(100))
    job = TopicsJob("going", 'topics = ( "going_a", "going_b", "going_c" );', start="latest", workers="min = 2; max = 2;")
    job.start()
    wait_until(lambda: "Topic going_c does not exist; the other topics are read" in job.why(), "what is missing is told")
    kafka.produce("going_a", records(10))
    kafka.produce("going_b", records(10))
    job.wait_until_processed(20)
    kafka.create_topic("going_c", 1)
    kafka.produce("going_c", records(10))
    job.wait_until_processed(30)
    wait_until(lambda: job.why() == "", "nothing is wrong any more")

    kafka.delete_topic("going_b")
    wait_until(lambda: "Topic going_b does not exist; the other topics are read" in job.why(), "the deletion is told")
    wait_until(lambda: "Topic going_b" in unit("etl-job@going.service", "StatusText"), "the unit's status says so")
    kafka.produce("going_a", records(10))
    kafka.produce("going_c", records(10))
    job.wait_until_processed(50)

    kafka.create_topic("going_b", 2)
    kafka.produce("going_b", records(500))
    wait_until(lambda: "Topic going_b was deleted and made anew" in job.why(), "the other topic is told from the first")
    kafka.produce("going_a", records(10))
    job.wait_until_processed(60)
    assert job.status()["state"] == "running" and job.status()["backlog"] == 0
    stop()
    told = [" ".join(line.split()[1:4]) for line in job.lines() if line.startswith("Topic ") and "cannot be asked" not in line]
    assert told == ["going_c does not", "going_c is read", "going_b does not", "going_b was deleted"], told

    # Without it the job goes on where it was in the others.
    write_job("going", job.text.replace('"going_b", ', ""))
    kafka.produce("going_c", records(10))
    job.start()
    job.wait_until_processed(70)
    assert job.why() == ""
    assert {topic for topic, _ in job.partitions()} == {"going_a", "going_c"}


def test_a_topic_that_comes_while_the_job_is_down_is_read_from_its_beginning():
    """Although the job starts at the ends: it had asked for the topic before there was one."""
    job = Job("awaited", start="latest")
    systemctl("start", COORDINATOR)
    wait_until(lambda: "Topic awaited does not exist" in (job.status()["why"] or ""), "what is missing is told")
    stop()
    kafka.create_topic("awaited", 1)
    kafka.produce("awaited", records(10))
    job.start()
    job.wait_for_records(10)
    stop()


def test_a_topic_that_is_gone_does_not_hold_the_windows_open():
    """Nor one that is not wanted any more."""
    for topic in "open_a", "open_b", "open_c":
        kafka.create_topic(topic, 1)
        kafka.produce(topic, records(10))
    topics = 'topics = ( "open_a", "open_b", "open_c" );'
    job = TopicsJob("open", topics, output="append", watermark="0 seconds")
    job.start()
    job.wait_for_records(30)
    stop()
    kafka.produce("open_b", records(10)) # unread, and then gone
    kafka.delete_topic("open_b")
    write_job("open", job.text.replace(', "open_c"', ""))
    job.start()
    wait_until(lambda: "Topic open_b does not exist" in job.why(), "it is told")
    kafka.produce("open_a", [{"timestamp": START_TIME + 1000, "course": "c", "activity": "a", "lines_of_code": 1}])
    wait_until(lambda: sum(row["count"] for row in job.rows()) == 30, "the windows are final")


def test_a_job_begins_at_a_time():
    """By Kafka's time of the records; a partition without any as new is read from its end."""
    kafka.create_topic("since", 2)
    time_msec = 1_769_860_800_000 # 2026-01-31T12:00:00Z
    kafka.produce("since", records(100, "old"), partition=0, time_msec=time_msec - 1)
    kafka.produce("since", records(20, "new"), partition=0, time_msec=time_msec)
    kafka.produce("since", records(50, "old"), partition=1, time_msec=time_msec - 1000)
    job = Job("since", start="2026-01-31T12:00:00Z")
    job.start()
    wait_until(lambda: job.status()["processed"] == 20, "the new ones are read")
    kafka.produce("since", records(5, "newer"), partition=1, time_msec=time_msec - 1000)
    wait_until(lambda: job.status()["processed"] == 25, "what comes is read")
    stop()
    courses = {row["course"] for row in job.rows()}
    assert courses == {"new", "newer"}


def test_an_outage_of_kafka_ends_no_job():
    """Nor what was being told to it when it went away, positions among it."""
    kafka.create_topic("outage", 2)
    produce_reference("outage", 4_000, seed=53)
    job = TopicsJob("outage", 'topic = "outage";', workers="min = 1; max = 1; rate_limit = 500;", trigger="100 ms")
    job.start()
    wait_until(lambda: 0 < (job.status()["processed"] or 0) < 1_500, "records are read")
    pid = main_pid("etl-job@outage.service")
    systemctl("kill", "--signal=KILL", "kafka.service")
    wait_until(lambda: any("does not take the positions" in line for line in job.lines()),
               "a commit of positions was given up")
    wait_until(lambda: any("Kafka at localhost:9092 cannot be reached: " in line for line in job.lines()), "the outage is told")
    wait_until(lambda: job.why().startswith("Kafka at localhost:9092 cannot be reached: "), "the job says why it waits")
    told = [line for line in job.lines() if line.startswith("librdkafka: ")]
    assert len(told) == len({line.split(" (after")[0].split(": ", 2)[2] for line in told}) < 10, told
    systemctl("start", "kafka.service")
    wait_until(lambda: kafka.committed("streametl.outage", "outage") == ends("outage"), "the last positions are told", 120)
    assert main_pid("etl-job@outage.service") == pid
    assert job.status()["processed"] == 4_000 and job.why() == ""
    stop()
    rows, _ = expectation("outage")
    assert not expected.differences(rows, job.rows())
