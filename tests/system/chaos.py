# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka --postgres
"""Everything is killed at random while records come; then every record must have been counted once or be a dead
letter, in Kafka, in PostgreSQL and in files.

    python3 chaos.py --seconds 300 --runs 20 --seed 1
"""

import argparse
import collections
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time

import expected
import kafka
import outputs
import pytest
import support
from delivery import all_sinks
from faults import Faults
from jobs import CLOSING_TIME, PRODUCER, START_TIME, Job, close_windows, stop
from support import RUNTIME_UNITS, run, systemctl, wait_until

PARTITIONS = 4
RATE = 1500
FAULT_MEAN_SECONDS = 3
EVIDENCE = pathlib.Path("/root/chaos")

Result = collections.namedtuple("Result", "records late bad problems recoveries")


def start_producer(topic, seed):
    """A sender that outlives Kafka's death, and sends each record once."""
    return subprocess.Popen(
        [PRODUCER, f"--topic={topic}", f"--rate={RATE}", f"--seed={seed}", "--quiet",
         f"--start-time={START_TIME}", "--time-step=0.01", "--property=enable.idempotence=true",
         "--property=message.timeout.ms=0"], stderr=subprocess.DEVNULL)


def produce_bad(topic, chance):
    values = [chance.choice([b"{", b"[]", b"\xff\xfe", b'{"timestamp": "x"}', b'{"course": "none"}']) for _ in range(5)]
    kafka.produce(topic, values, chance.randrange(PARTITIONS), keys=[b"bad"] * len(values))


def dead_letters(topic):
    """(partition, offset) -> reason; each place must be there once."""
    places = collections.defaultdict(list)
    for message in kafka.consume(f"{topic}_dead"):
        headers = dict(message.headers())
        place = int(headers["streametl.partition"]), int(headers["streametl.offset"])
        places[place].append((headers["streametl.reason"].decode(), message.value()))
    return places


def check(topic):
    """Holds all outputs against what the topic's records stand for."""
    letters = dead_letters(topic)
    problems = [f"dead letter {place} {len(found)} times" for place, found in letters.items() if len(found) > 1]
    good, faults, late = [], 0, 0
    for message in kafka.consume(topic):
        found = letters.pop((message.partition(), message.offset()), None)
        _, fault = expected.reference_query([message.value()])
        if fault:
            faults += 1
            if not found or found[0] != (next(iter(fault)), message.value()):
                problems.append(f"dead letter of {message.partition()}@{message.offset()}: expected {dict(fault)}, found {found}")
        elif found:
            late += 1
            if found[0] != ("late", message.value()):
                problems.append(f"good record {message.partition()}@{message.offset()} is a dead letter: {found}")
        else:
            good.append(message.value())
    problems += [f"dead letter of nothing: {place}" for place in letters]
    rows, _ = expected.reference_query(good)
    rows = {key: row for key, row in rows.items() if key[0] < CLOSING_TIME * 1_000_000}
    for name, found in (("Kafka", outputs.topic_rows(f"{topic}_out")),
                        ("PostgreSQL", outputs.query(f"SELECT * FROM {topic}")),
                        ("files", outputs.file_rows(topic))):
        problems += [f"{name}: {problem}" for problem in outputs.differences(rows, found, CLOSING_TIME * 1_000_000)]
    return len(good) + faults + late, late, faults, problems


def let_zombies_live():
    """With the watchdog a frozen worker would be killed; without it, it comes back and must be refused."""
    drop_in = RUNTIME_UNITS / "etl-worker@.service.d"
    drop_in.mkdir(parents=True, exist_ok=True)
    (drop_in / "zombies.conf").write_text("[Service]\nWatchdogSec=0\n")
    systemctl("daemon-reload")


def make_places(topic):
    kafka.create_topic(topic, PARTITIONS)
    kafka.create_topic(f"{topic}_out", 2)
    kafka.create_topic(f"{topic}_dead", 1)
    outputs.make_folder()
    outputs.drop_tables(topic)


def make_job(topic, workers, **options):
    return Job(topic, output="append", trigger="500 ms", workers=workers,
               sinks=f'{all_sinks(topic)} dead_letter : {{ type = "kafka"; topic = "{topic}_dead"; }};', **options)


def chaos(topic, seconds, seed):
    chance = random.Random(seed)
    make_places(topic)
    let_zombies_live()
    job = make_job(topic, 'min = 1; max = 4; rate_limit = 2000; idle_timeout = "3 seconds";')
    job.start()
    producer = start_producer(topic, seed)
    faults, recoveries = Faults(job, chance), collections.defaultdict(list)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.expovariate(1 / FAULT_MEAN_SECONDS))
        produce_bad(topic, chance)
        kind, recovery = faults.strike()
        recoveries[kind].append(recovery)
    producer.terminate()
    producer.wait()
    close_windows(topic, PARTITIONS)
    wait_until(lambda: job.status()["backlog"] == 0 and job.status()["groups"] == PARTITIONS,
               "everything is worked off", seconds=180)
    stop()
    return Result(*check(topic), recoveries)


def print_result(number, seed, result):
    lost = sum("lost" in problem for problem in result.problems)
    doubled = sum("times" in problem for problem in result.problems)
    print(f"run {number} (seed {seed}): {result.records} records, {result.late} late, {result.bad} bad, "
          f"{sum(map(len, result.recoveries.values()))} faults; lost {lost}, duplicated {doubled}, "
          f"wrong {len(result.problems) - lost - doubled}", flush=True)
    for problem in result.problems[:20]:
        print(f"    {problem}")


def print_recoveries(recoveries):
    print(f"{'fault':22} {'n':>4} {'median s':>9} {'max s':>7}")
    for kind, times in sorted(recoveries.items()):
        print(f"{kind:22} {len(times):4} {statistics.median(times):9.2f} {max(times):7.2f}")


def keep_evidence(topic):
    EVIDENCE.mkdir(exist_ok=True)
    (EVIDENCE / f"{topic}.journal").write_text(run("journalctl", "--no-pager", "--output=short-precise", "--lines=50000").stdout)
    run("cp", "-a", f"/var/lib/streametl/{topic}", str(outputs.FOLDER), str(EVIDENCE), check=False)
    (EVIDENCE / f"{topic}.json").write_text(json.dumps(outputs.query(f"SELECT * FROM {topic}")))
    print(f"the evidence is in {EVIDENCE}")


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_whatever_is_killed():
    result = chaos("chaos", 90, seed=1)
    print_result(1, 1, result)
    print_recoveries(result.recoveries)
    if result.problems:
        keep_evidence("chaos")
    assert not result.problems
    assert sum(map(len, result.recoveries.values())) >= 5


def test_late_records_are_in_a_window_or_a_dead_letter():
    """Partitions far out of order, read by several workers at once, whose leases know watermarks of different age."""
    topic, count, chance = "disorder", 60_000, random.Random(7)
    make_places(topic)
    for partition in range(PARTITIONS):
        times = (START_TIME + n * 0.05 - chance.choice([0, 0, 0, chance.uniform(0, 120)]) for n in range(count // PARTITIONS))
        kafka.produce(topic, ({"timestamp": time, "course": "c", "activity": str(partition), "lines_of_code": 1,
                               "cpu_usage_pct": 0.5} for time in times), partition)
    job = make_job(topic, "min = 4; max = 4; rate_limit = 2000;", watermark="5 seconds")
    job.start()
    job.wait_for_records(count)
    close_windows(topic, PARTITIONS)
    wait_until(lambda: job.status()["groups"] == PARTITIONS, "all windows that are over are final")
    stop()
    records, late, bad, problems = check(topic)
    assert not problems
    assert records == count + PARTITIONS and bad == 0 and count / 100 < late < count / 4


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    recoveries = collections.defaultdict(list)
    for number in range(options.runs):
        seed, topic = options.seed + number, f"chaos_{options.seed + number}"
        support.reset_suite()
        result = chaos(topic, options.seconds, seed)
        print_result(number + 1, seed, result)
        for kind, times in result.recoveries.items():
            recoveries[kind] += times
        if result.problems:
            keep_evidence(topic)
            return 1
        for name in (topic, f"{topic}_out", f"{topic}_dead"):
            kafka.delete_topic(name)
    print_recoveries(recoveries)
    support.reset_suite()
    return 0


if __name__ == "__main__":
    sys.exit(main())
