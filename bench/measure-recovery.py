#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""How long a job that starts takes until it has its state back, and until it works: for states of some sizes,
against a program that only walks the same file. Runs in a lab, as root; see bench/recovery."""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from confluent_kafka import Producer

import measure
from measure import JOBS, STATE, run, unit_property, wait_until

HERE = pathlib.Path(__file__).resolve().parent
JOB = """
source : {{ type = "kafka"; topic = "{name}"; start = "earliest"; columns = "timestamp DOUBLE, course STRING, lines_of_code INT";
           event_time = "timestamp"; watermark = "1 hour"; }};
query = "SELECT course, count(*) AS n, sum(lines_of_code) AS lines FROM {name}
         GROUP BY window(event_time, '1 day'), course HAVING count(*) > 1";
output = "update"; trigger = "1 second";
sink : {{ type = "console"; max_rows = 1; }};
workers : {{ min = 1; max = 1; }};
"""


def build_floor(folder):
    program = f"{folder}/store-floor"
    tree = HERE.parent
    run("cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", f"-I{tree}/lib", f"-I{tree}/daemons/job", "-o", program,
        f"{HERE}/store-floor.c", f"{tree}/daemons/job/store-check.c", f"{tree}/lib/base/buffer.c", "-llmdb", "-lxxhash")
    return program


def make_records(topic, count):
    """Each is of a group of its own."""
    producer = Producer({"bootstrap.servers": measure.BROKERS, "linger.ms": 50})
    for number in range(count):
        data = b'{"timestamp": %d, "course": "course number %d of many", "lines_of_code": %d}' % (measure.START_TIME, number, number % 100)
        while True:
            try:
                producer.produce(topic, data)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def status(name):
    return next(job for job in json.loads(run("etlctl", "--json", "status"))["jobs"] if job["name"] == name)


def start(name):
    run("systemctl", "start", "etl-coordinator.service")
    wait_until(lambda: unit_property(f"etl-job@{name}.service", "ActiveState") == "active", "the job", 300)


def stop():
    run("systemctl", "stop", "etl-coordinator.service")


def measure_start(name):
    """Milliseconds from the process to the state, to READY, and the process's memory at its peak."""
    unit = f"etl-job@{name}.service"
    start(name)
    started, ready = (int(unit_property(unit, key)) for key in ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"))
    pid = unit_property(unit, "MainPID")
    lines = run("journalctl", "--output=json", f"_PID={pid}", "--boot").splitlines()
    restored = next(int(entry["__MONOTONIC_TIMESTAMP"]) for entry in map(json.loads, lines)
                    if "Goes on after epoch" in str(entry["MESSAGE"]))
    peak = measure.peak_rss_kib(pid) / 1024
    stop()
    return {"restored": (restored - started) / 1e3, "ready": (ready - started) / 1e3, "peak": peak}


def measure_groups(groups, floor, repeats):
    name = f"recovery_{groups}"
    measure.make_topic(name, 1)
    make_records(name, groups)
    (JOBS / f"{name}.conf").write_text(JOB.format(name=name))
    try:
        start(name)
        wait_until(lambda: status(name)["groups"] == groups and status(name)["backlog"] == 0, f"{groups} groups", 300)
        stop()
        file = STATE / name / "data.mdb"
        results = []
        for _ in range(repeats):  # turn by turn
            walk = json.loads(run(floor, str(STATE / name)))
            results.append(measure_start(name) | {"walk": walk["walk"] * 1e3, "check": walk["check"] * 1e3})
        median = {key: statistics.median(result[key] for result in results) for key in results[0]}
        print(f"{groups:9,} groups, {file.stat().st_size / 1e6:6.1f} MB, medians of {repeats}: walking the file {median['walk']:.1f} ms, "
              f"checking it {median['check']:.1f} ms, the job has its state after {median['restored']:.0f} ms and is ready after "
              f"{median['ready']:.0f} ms, peak RSS {median['peak']:.0f} MiB", flush=True)
    finally:
        stop()
        (JOBS / f"{name}.conf").unlink()
        subprocess.run(["rm", "-rf", str(STATE / name)], check=True)


def main():
    parser = argparse.ArgumentParser(prog="bench/recovery", description=__doc__)
    parser.add_argument("--groups", type=int, nargs="+", default=[100, 1_000_000])
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    if list(JOBS.glob("*.conf")):
        sys.exit(f"measure-recovery.py: {JOBS} is not empty: this wants a lab of its own")
    with tempfile.TemporaryDirectory() as folder:
        floor = build_floor(folder)
        for groups in options.groups:
            measure_groups(groups, floor, options.repeats)


if __name__ == "__main__":
    main()
