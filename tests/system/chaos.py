# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka --postgres
"""Everything is killed at random while records come; then every record must have been counted once or be a dead
letter, in Kafka, in PostgreSQL and in files.

    python3 chaos.py --seconds 300 --runs 20 --seed 1
"""

import argparse
import collections
import contextlib
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time
import traceback

import expected
import faults
import kafka
import outputs
import pytest
import support
from delivery import all_sinks
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
    good, bad, late = [], 0, 0
    for message in kafka.consume(topic):
        found = letters.pop((message.partition(), message.offset()), None)
        _, fault = expected.reference_query([message.value()])
        if fault:
            bad += 1
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
    return len(good) + bad + late, late, bad, problems


def let_zombies_live():
    """With the watchdog a frozen worker would be killed; without it, it comes back and must be refused."""
    drop_in = RUNTIME_UNITS / "etl-worker@.service.d"
    drop_in.mkdir(parents=True, exist_ok=True)
    (drop_in / "zombies.conf").write_text("[Service]\nWatchdogSec=0\n")
    systemctl("daemon-reload")


def made_topics(topic):
    return topic, f"{topic}_out", f"{topic}_dead"


def make_places(topic):
    for name, partitions in zip(made_topics(topic), (PARTITIONS, 2, 1)):
        kafka.create_topic(name, partitions)
    outputs.make_folder()
    outputs.drop_tables(topic)


def make_job(topic, workers, **options):
    return Job(topic, output="append", trigger="500 ms", workers=workers,
               sinks=f'{all_sinks(topic)} dead_letter : {{ type = "kafka"; topic = "{topic}_dead"; }};', **options)


def disturb(job, topic, seconds, seed):
    """Faults at the times of a Poisson process; those whose time comes while an earlier one is recovered from follow it
    at once. Returns the recoveries, a list of seconds for each kind of fault."""
    chance = random.Random(seed)
    striker, recoveries = faults.Faults(job, chance), collections.defaultdict(list)
    due = time.monotonic()
    end = due + seconds
    while True:
        due += chance.expovariate(1 / FAULT_MEAN_SECONDS)
        time.sleep(max(0, due - time.monotonic()))
        if time.monotonic() >= end:
            return recoveries
        produce_bad(topic, chance)
        kind, recovery = striker.strike()
        recoveries[kind].append(recovery)


def chaos(topic, seconds, seed):
    make_places(topic)
    let_zombies_live()
    job = make_job(topic, 'min = 1; max = 4; rate_limit = 2000; idle_timeout = "3 seconds";')
    job.start()
    producer = start_producer(topic, seed)
    try:
        recoveries = disturb(job, topic, seconds, seed)
    finally:
        producer.terminate()
        producer.wait()
    close_windows(topic, PARTITIONS)
    wait_until(lambda: job.status()["backlog"] == 0 and job.status()["groups"] == PARTITIONS,
               "everything is worked off", seconds=180)
    stop()
    return Result(*check(topic), recoveries)


def one_run(topic, seconds, seed):
    """A run that ends in an error is one with a problem. What is wrong is kept before anything is put away."""
    cursor = support.journal_cursor()
    try:
        result = chaos(topic, seconds, seed)
    except Exception as error:  # whatever it is, the other runs go on and this one is told of
        traceback.print_exc()
        result = Result(0, 0, 0, [f"broke off: {error}"], {})
    if result.problems:
        keep_evidence(topic, cursor)
    return result


def kinds_of_problems(problems):
    lost = sum("lost:" in problem or problem.endswith("found None") for problem in problems)
    doubled = sum(" times" in problem for problem in problems)
    return lost, doubled, len(problems) - lost - doubled


def count_faults(result):
    return sum(map(len, result.recoveries.values()))


COLUMNS = f"{'seed':>6} {'records':>9} {'late':>6} {'bad':>6} {'faults':>6} {'lost':>5} {'doubled':>7} {'wrong':>5}"


def result_line(name, results):
    numbers = [sum(getattr(result, key) for result in results) for key in ("records", "late", "bad")]
    lost, doubled, wrong = map(sum, zip(*(kinds_of_problems(result.problems) for result in results)))
    return (f"{name:>6} {numbers[0]:9} {numbers[1]:6} {numbers[2]:6} {sum(map(count_faults, results)):6} "
            f"{lost:5} {doubled:7} {wrong:5}")


def print_problems(result):
    for problem in result.problems[:20]:
        print(f"       {problem}", flush=True)


def print_recoveries(results, seconds):
    """seconds: how long each run was disturbed."""
    print(f"a fault every {seconds * len(results) / max(1, sum(map(count_faults, results))):.1f} s")
    recoveries = collections.defaultdict(list)
    for result in results:
        for kind, times in result.recoveries.items():
            recoveries[kind] += times
    print(f"{'seconds to recover from':24} {'n':>5} {'median':>7} {'max':>7}")
    for kind, times in sorted(recoveries.items()):
        print(f"{kind:24} {len(times):5} {statistics.median(times):7.2f} {max(times):7.2f}")


def keep_evidence(topic, cursor):
    """The journal of the run, the job's state, its files and its rows; the topics stay in Kafka."""
    folder = EVIDENCE / topic
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "journal").open("w") as file:
        subprocess.run(["journalctl", "--no-pager", "--output=short-precise", f"--after-cursor={cursor}"], stdout=file, check=False)
    run("cp", "-a", f"/var/lib/streametl/{topic}", str(outputs.FOLDER), str(folder), check=False)
    with contextlib.suppress(AssertionError):  # it may not have got as far as a table
        (folder / "rows.json").write_text(json.dumps(outputs.query(f"SELECT * FROM {topic}")))
    print(f"the evidence is in {folder}", flush=True)


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_whatever_is_killed():
    result = one_run("chaos", 90, seed=1)
    print(COLUMNS, result_line(1, [result]), sep="\n")
    print_problems(result)
    print_recoveries([result], 90)
    assert not result.problems
    assert count_faults(result) >= 5


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
    results = []
    print(COLUMNS, flush=True)
    for seed in range(options.seed, options.seed + options.runs):
        topic = f"chaos_{seed}"
        support.reset_suite()
        faults.mend_kafka()
        faults.mend_postgresql()
        kafka.delete_topics(*made_topics(topic))
        results.append(one_run(topic, options.seconds, seed))
        print(result_line(seed, results[-1:]), flush=True)
        print_problems(results[-1])
        if not results[-1].problems:
            kafka.delete_topics(*made_topics(topic))
    support.reset_suite()
    print(result_line("all", results))
    print_recoveries(results, options.seconds)
    return any(result.problems for result in results)


if __name__ == "__main__":
    sys.exit(main())
