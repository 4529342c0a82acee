# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""What tests/host/reboot.sh does in the lab before and after it is rebooted: a job that was enabled goes on by itself,
and every record is counted once.

    python3 reboot.py before|after
"""

import sys

import kafka
import outputs
from jobs import Job, close_windows, expectation, produce_reference, stop
from support import COORDINATOR, is_active, systemctl, wait_until

TOPIC, PARTITIONS, COUNT = "rebooted", 4, 100_000


def make_job():
    return Job(TOPIC, output="append", trigger="500 ms", workers="min = 2; max = 2; rate_limit = 4000;",
               sinks=f'sink : {{ type = "kafka"; topic = "{TOPIC}_out"; }};')


def before():
    kafka.create_topic(TOPIC, PARTITIONS)
    kafka.create_topic(f"{TOPIC}_out")
    produce_reference(TOPIC, COUNT, seed=61)
    close_windows(TOPIC, PARTITIONS)
    job = make_job()
    systemctl("enable", COORDINATOR)
    job.start()
    wait_until(lambda: (job.status()["epoch"] or 0) >= 4, "the job works")
    assert job.status()["processed"] < COUNT


def after():
    wait_until(lambda: is_active(COORDINATOR), "the suite was started with the machine")
    job = make_job()
    job.wait_for_records(COUNT + PARTITIONS)
    wait_until(lambda: job.status()["groups"] == PARTITIONS, "all windows that are over are final")
    stop()
    expected, _ = expectation(TOPIC)
    problems = outputs.differences(expected, outputs.topic_rows(f"{TOPIC}_out"))
    assert not problems, problems[:10]


if __name__ == "__main__":
    {"before": before, "after": after}[sys.argv[1]]()
