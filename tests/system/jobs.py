# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""Jobs of the reference's form on the lab's Kafka, and what came of them."""

import contextlib
import json
import pathlib
import random
import re

import expected
import kafka
from support import COORDINATOR, journal_cursor, run, systemctl, unit, wait_until, workers, write_job

PRODUCER = "/usr/libexec/streametl/etl-producer"
START_TIME = 1_700_000_000
CLOSING_TIME = START_TIME + 10_000_000

COLUMNS = """timestamp DOUBLE, student_id STRING, student_name STRING, course STRING, activity STRING,
               tool_used STRING, lines_of_code INT, last_error STRING, cpu_usage_pct DOUBLE"""
QUERY = """SELECT window.start, window.end, course, activity, sum(lines_of_code) AS total_loc,
                avg(cpu_usage_pct) AS avg_cpu, count(*) AS count
         FROM {topic} GROUP BY window(event_time, '10 seconds'), course, activity"""


CONSOLE = 'sink : { type = "console"; max_rows = 0; truncate = false; };'


def job_text(topic, query=QUERY, output="update", trigger="1 second", workers="min = 1; max = 4;", watermark="1 minute",
             start="earliest", limits="", sinks=CONSOLE):
    return f"""
source : {{ type = "kafka"; topic = "{topic}"; start = "{start}"; columns = "{COLUMNS}";
           event_time = "timestamp"; watermark = "{watermark}"; idle_after = "2 seconds"; }};
query = "{query.format(topic=topic)}";
output = "{output}";
trigger = "{trigger}";
{sinks}
workers : {{ {workers} }};
{limits}
"""


class Job:
    """A job whose file is written when it is started; named as its topic."""

    def __init__(self, topic, **options):
        self.name = topic
        self.cursor = journal_cursor()
        self.text = job_text(topic, **options)
        write_job(topic, self.text)

    def start(self):
        systemctl("start", COORDINATOR)
        wait_until(lambda: self.status()["state"] == "running", f"job {self.name} runs")

    def status(self):
        answer = json.loads(run("etlctl", "status", "--json").stdout)
        return next(job for job in answer["jobs"] if job["name"] == self.name)

    def wait_for_records(self, count):
        wait_until(lambda: (self.status()["processed"] or 0) >= count and self.status()["backlog"] == 0,
                   f"{count} records are worked off")

    def lines(self, *matches):
        """What the job has put into the journal."""
        return run("journalctl", "--no-pager", "--output=cat", f"--after-cursor={self.cursor}",
                   f"_SYSTEMD_UNIT=etl-job@{self.name}.service", *matches).stdout.splitlines()

    def rows(self):
        """What the console sink has printed. Messages of the job may stand between its lines. Of an epoch that was
        printed again, after the job was killed while it was at it, the last printing counts."""
        epochs, current = {}, []
        for line in self.lines("_TRANSPORT=stdout"):
            if head := re.match(r"Epoch (\d+)  ", line):
                current = epochs[int(head[1])] = []
            current.append(line)
        return [row for lines in epochs.values() for row in expected.table_rows(lines)]

    def end_until_somebody_acts(self):
        """Waits until the job has failed, which systemd and the coordinator leave at that, and returns the reason that
        `etlctl status` shows."""
        shown = wait_until(lambda: (shown := unit(f"etl-job@{self.name}.service", "ActiveState", "ExecMainStatus", "NRestarts"))
                           ["ActiveState"] == "failed" and shown, f"job {self.name} has failed")
        assert shown["ExecMainStatus"] == "65" and shown["NRestarts"] == "0"
        why = wait_until(lambda: self.status()["state"] == "failed" and self.status()["why"], "the coordinator knows why")
        wait_until(lambda: f"job {self.name} has failed: {why}" in json.loads(run("etlctl", "status", "--json").stdout)["problems"],
                   "the coordinator says so")
        wait_until(lambda: unit(f"etl-job@{self.name}.socket", "ActiveState") == "inactive", "who connects does not start it")
        return why

    def workers(self):
        return workers(self.name)

    def worker_records(self):
        """What each worker that is connected has done."""
        answer = json.loads(run("etlctl", "workers", self.name, "--json").stdout)
        return {worker["number"]: worker["records"] or 0 for worker in answer["workers"]}


def stop():
    """Drains: what was merged is printed, and in the journal, which reads it at its own pace: it forgets a stream when
    it has come to its end."""
    systemctl("stop", COORDINATOR)
    wait_until(lambda: not any("UNIT=etl-job@" in text for text in journal_streams()), "what jobs printed is in the journal")


def journal_streams():
    """What the journal knows of each standard output that it reads."""
    for file in pathlib.Path("/run/systemd/journal/streams").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield file.read_text(encoding="utf-8")


def produce_reference(topic, count, seed=1, time_step=0.001):
    """Records of the reference, in the order of their event times, which only depend on the arguments."""
    run(PRODUCER, f"--topic={topic}", "--rate=0", f"--count={count}", f"--seed={seed}", "--quiet",
        f"--start-time={START_TIME}", f"--time-step={time_step}")


def close_windows(topic, partitions):
    """A record in each partition that is far later than all others: their windows are final when it is read."""
    for partition in range(partitions):
        kafka.produce(topic, [{"timestamp": CLOSING_TIME, "course": "end", "activity": str(partition)}], partition)


def expectation(*topics):
    """Of the topics' records but those of close_windows()."""
    rows, faults = expected.reference_query(message.value() for topic in topics for message in kafka.consume(topic))
    return {key: row for key, row in rows.items() if key[0] < CLOSING_TIME * 1_000_000}, faults


def disturb_workers(job, count, seed, *acts):
    """Until so many records are worked off: at random, one act on a random worker at a time. Returns how many acts
    there were."""
    chance = random.Random(seed)
    acted = 0
    while job.status()["processed"] < count:
        unit = f"etl-worker@{job.name}:{chance.randint(1, 4)}.service"
        systemctl(*chance.choice(acts), unit, check=False)
        acted += 1
    return acted
