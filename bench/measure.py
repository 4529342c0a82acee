#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""Drains the same backlog with a program that only counts the messages (the floor) and with one worker that
runs the reference query, and prints both and their ratio. Runs in a lab, as root; see bench/run."""

import argparse
import contextlib
import glob
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

HERE = pathlib.Path(__file__).resolve().parent
BROKERS = "localhost:9092"
PROGRAMS = "/usr/libexec/streametl"
JOBS = pathlib.Path("/etc/streametl.d")
STATE = pathlib.Path("/var/lib/streametl")
TICKS = os.sysconf("SC_CLK_TCK")
START_TIME = 1_700_000_000

# The trigger is short so that the committed positions, by which the end of the drain is seen, follow closely.
JOB = """
source : {{ type = "kafka"; topic = "{topic}"; format = "json"; start = "earliest";
           columns = "timestamp DOUBLE, student_id STRING, student_name STRING, course STRING, activity STRING,
                      tool_used STRING, lines_of_code INT, last_error STRING, cpu_usage_pct DOUBLE";
           event_time = "timestamp"; watermark = "1 minute"; }};
query = "SELECT window.start, window.end, course, activity, sum(lines_of_code) AS total_loc,
                avg(cpu_usage_pct) AS avg_cpu
         FROM {topic} GROUP BY window(event_time, '10 seconds'), course, activity";
output = "update"; trigger = "200 ms";
sink : {{ type = "console"; max_rows = 1; }};
workers : {{ min = 1; max = 1; }};
"""


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout.strip()


def wait_until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            sys.exit(f"measure.py: {what}: not within {seconds} s")
        time.sleep(0.02)
    return value


# Processes


def unit_property(unit, name):
    return run("systemctl", "show", "--value", f"--property={name}", unit)


def cpu_seconds(pid):
    # The command's name, in brackets, may hold spaces.
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_rss_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise ValueError(f"no VmHWM of {pid}")


class Broker:
    """CPU time that Kafka spends while something is measured."""

    def __init__(self):
        self.pid = int(unit_property("kafka.service", "MainPID"))

    def __enter__(self):
        self.before = cpu_seconds(self.pid)
        return self

    def __exit__(self, *_):
        self.cpu_seconds = cpu_seconds(self.pid) - self.before


# The topic


def make_topic(name, partitions):
    admin = AdminClient({"bootstrap.servers": BROKERS})
    if name in admin.list_topics(timeout=10).topics:
        admin.delete_topics([name])[name].result()
        wait_until(lambda: name not in admin.list_topics(timeout=10).topics, f"topic {name} deleted")
    new = NewTopic(name, partitions, 1, config={"retention.ms": "-1"})  # the events are years old
    admin.create_topics([new])[name].result()
    wait_until(lambda: name in admin.list_topics(timeout=10).topics, f"topic {name} created")


def load_topic(name, options):
    started = time.monotonic()
    run(f"{PROGRAMS}/etl-producer", "--quiet", "--rate=0", f"--brokers={BROKERS}", f"--topic={name}",
        f"--count={options.records}", f"--seed={options.seed}", f"--start-time={START_TIME}",
        f"--time-step={options.event_seconds / options.records}")
    return options.records / (time.monotonic() - started)


class Positions:
    """End offsets of a topic, and what a job has committed of it."""

    def __init__(self, topic, partitions, group):
        self.consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": group, "enable.auto.commit": False})
        self.partitions = [TopicPartition(topic, number) for number in range(partitions)]

    def end(self):
        return sum(self.consumer.get_watermark_offsets(p, timeout=10)[1] for p in self.partitions)

    def committed(self):
        return sum(max(p.offset, 0) for p in self.consumer.committed(self.partitions, timeout=10))


# The two that are compared


def build_floor(folder):
    program = f"{folder}/floor"
    tree = HERE.parent
    run("cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", f"-I{tree}/lib", "-o", program, f"{HERE}/floor.c",
        f"{tree}/lib/kafka/kafka.c", f"{tree}/lib/base/log.c", f"{tree}/lib/base/units.c", "-lrdkafka", "-lsystemd")
    return program


def floor_allocators():
    """With several partitions glibc's allocator may cost half of the speed: the floor is the better of the two."""
    yield "glibc", {}
    for library in glob.glob("/usr/lib/*/libtcmalloc_minimal.so.4"):
        yield "tcmalloc", {"LD_PRELOAD": library}


def measure_floor(program, topic, partitions, records):
    best = None
    for allocator, environment in floor_allocators():
        with Broker() as broker:
            output = run(program, BROKERS, topic, str(partitions), str(records), env=os.environ | environment)
        floor = json.loads(output)
        result = {
            "allocator": allocator,
            "per_sec": records / floor["seconds"],
            "floor_cpu": floor["cpu_seconds"] / records * 1e6,
            "broker_cpu": broker.cpu_seconds / records * 1e6,
            "floor_rss_kib": floor["peak_rss_kib"],
        }
        best = max(best or result, result, key=lambda r: r["per_sec"])
    return best


@contextlib.contextmanager
def running_job(name, topic):
    """The suite with this job alone. Jobs that are installed are moved aside meanwhile."""
    aside = [path.rename(path.with_suffix(".bench-aside")) for path in JOBS.glob("*.conf")]
    path = JOBS / f"{name}.conf"
    path.write_text(JOB.format(topic=topic))
    try:
        run("systemctl", "restart", "etl-coordinator.service")
        yield
    finally:
        run("systemctl", "stop", "etl-coordinator.service")
        path.unlink()
        for moved in aside:
            moved.rename(moved.with_suffix(".conf"))
        run("rm", "-rf", str(STATE / name))


def worker_unit(job):
    units = run("systemctl", "list-units", "--plain", "--no-legend", "--state=active", f"etl-worker@{job}:*")
    return units.split()[0] if units else None


def measure_worker(job, topic, partitions, records):
    positions = Positions(topic, partitions, f"streametl.{job}")
    with Broker() as broker, running_job(job, topic):
        unit = wait_until(lambda: worker_unit(job), "a worker")
        wait_until(lambda: positions.committed() >= records, "the backlog drained", 600)
        seconds = time.monotonic() - int(unit_property(unit, "ActiveEnterTimestampMonotonic")) / 1e6
        worker = int(unit_property(unit, "MainPID"))
        job_pid = int(unit_property(f"etl-job@{job}.service", "MainPID"))
        result = {
            "per_sec": records / seconds,
            "worker_cpu": cpu_seconds(worker) / records * 1e6,
            "job_cpu": cpu_seconds(job_pid) / records * 1e6,
            "worker_rss_kib": peak_rss_kib(worker),
            "job_rss_kib": peak_rss_kib(job_pid),
        }
    result["broker_cpu"] = broker.cpu_seconds / records * 1e6
    return result


# Results


def medians(results):
    return {key: statistics.median(r[key] for r in results)
            for key, value in results[0].items() if not isinstance(value, str)}


def show(name, result):
    cpu = ", ".join(f"{key.removesuffix('_cpu')} {value:.2f}" for key, value in result.items() if key.endswith("_cpu"))
    rss = ", ".join(f"{key.removesuffix('_rss_kib')} {value / 1024:.0f}"
                    for key, value in result.items() if key.endswith("_rss_kib"))
    print(f"  {name:<7} {result['per_sec'] / 1e6:6.2f} M records/s   CPU s per million: {cpu}   peak RSS MiB: {rss}",
          flush=True)


def measure(partitions, floor_program, options):
    topic = f"bench_{partitions}"
    make_topic(topic, partitions)
    loaded = load_topic(topic, options)
    if (end := Positions(topic, partitions, "bench").end()) != options.records:
        sys.exit(f"measure.py: {topic} holds {end} records, not {options.records}")
    print(f"{options.records:,} records, {partitions} partition(s), loaded at {loaded / 1e6:.2f} M/s", flush=True)

    measure_floor(floor_program, topic, partitions, options.records)  # warms the broker's JVM up
    # Turn by turn, so that a change of the machine's mood meets both.
    floors, workers = [], []
    for number in range(options.repeats):
        floors.append(measure_floor(floor_program, topic, partitions, options.records))
        show(f"floor {number}", floors[-1])
        if options.worker:
            workers.append(measure_worker(f"bench_{partitions}_{number}", topic, partitions, options.records))
            show(f"worker {number}", workers[-1])

    summary = {"partitions": partitions, "records": options.records, "loaded_per_sec": loaded, "floor": medians(floors)}
    show("floor", summary["floor"])
    if workers:
        summary["worker"] = medians(workers)
        summary["ratio"] = summary["worker"]["per_sec"] / summary["floor"]["per_sec"]
        show("worker", summary["worker"])
        print(f"  the worker reaches {summary['ratio']:.0%} of the floor")
    return summary


def main():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--partitions", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--event-seconds", type=int, default=1000, help="event time that the records span")
    parser.add_argument("--no-worker", dest="worker", action="store_false", help="measure the floor alone")
    parser.add_argument("--json", action="store_true", help="print the medians as JSON in the end")
    options = parser.parse_args()

    print(f"{os.cpu_count()} processors, medians of {options.repeats}")
    with tempfile.TemporaryDirectory() as folder:
        floor_program = build_floor(folder)
        summaries = [measure(partitions, floor_program, options) for partitions in options.partitions]
    if options.json:
        print(json.dumps(summaries, indent=2))


if __name__ == "__main__":
    main()
