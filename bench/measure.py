#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""Drains the same backlog with a program that only counts the messages (the floor) and with one worker that
runs the reference query, once with the console and once with Kafka as its sink, and prints all and their ratios; then what the suite uses while nothing arrives. Runs in
a lab, as root; see bench/run."""

import argparse
import contextlib
import glob
import json
import os
import pathlib
import socket
import statistics
import struct
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

JOB = """
source : {{ type = "kafka"; topic = "{topic}"; format = "json"; start = "{start}";
           columns = "timestamp DOUBLE, student_id STRING, student_name STRING, course STRING, activity STRING,
                      tool_used STRING, lines_of_code INT, last_error STRING, cpu_usage_pct DOUBLE";
           event_time = "timestamp"; watermark = "1 minute"; }};
query = "SELECT window.start, window.end, course, activity, sum(lines_of_code) AS total_loc,
                avg(cpu_usage_pct) AS avg_cpu
         FROM {topic} GROUP BY window(event_time, '10 seconds'), course, activity";
output = "update"; trigger = "1 second";
sink : {{ {sink} }};
workers : {{ {workers} }};
"""

RESULTS_TOPIC = "bench_results"
SINKS = {
    "console": 'type = "console"; max_rows = 1;',
    "kafka": f'type = "kafka"; topic = "{RESULTS_TOPIC}";',
}


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


def end_offsets(topic, partitions):
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "bench"})
    return sum(consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
               for number in range(partitions))


class JobLoads:
    """The load reports of a job's daemon (lib/wire/control.h), as the coordinator gets them."""

    HELLO, LOAD = 100, 101

    def __init__(self, job):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(f"/run/streametl/control/{job}.sock")
        self.send(self.HELLO, {"version": 1})

    def send(self, kind, message):
        data = json.dumps(message).encode()
        self.socket.sendall(struct.pack("=II", len(data), kind) + data)

    def read(self, size):
        data = b""
        while len(data) < size:
            if not (more := self.socket.recv(size - len(data))):
                sys.exit("measure.py: the job has ended")
            data += more
        return data

    def __iter__(self):
        while True:
            size, kind = struct.unpack("=II", self.read(8))
            data = self.read(size)
            if kind == self.LOAD:
                yield json.loads(data)


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
def running_job(name, topic, workers, start="earliest", sink="console"):
    """The suite with this job alone. Jobs that are installed are moved aside meanwhile."""
    aside = [path.rename(path.with_suffix(".bench-aside")) for path in JOBS.glob("*.conf")]
    path = JOBS / f"{name}.conf"
    path.write_text(JOB.format(topic=topic, start=start, sink=SINKS[sink], workers=f"min = {workers}; max = {max(workers, 1)};"))
    try:
        run("systemctl", "restart", "etl-coordinator.service")
        wait_until(lambda: unit_property(f"etl-job@{name}.service", "ActiveState") == "active", "the job")
        yield
    finally:
        run("systemctl", "stop", "etl-coordinator.service")
        path.unlink()
        for moved in aside:
            moved.rename(moved.with_suffix(".conf"))
        run("rm", "-rf", str(STATE / name))


def started_at(unit):
    """When its process was made, on the monotonic clock."""
    return int(unit_property(unit, "ExecMainStartTimestampMonotonic")) / 1e6


def measure_worker(job, topic, sink, records):
    with Broker() as broker, running_job(job, topic, workers=1, sink=sink):
        unit = f"etl-worker@{job}:1.service"
        wait_until(lambda: unit_property(unit, "ActiveState") == "active", "a worker")
        started, first_report = started_at(unit), None
        for load in JobLoads(job):
            now = time.monotonic()
            if first_report is None and load["processed"] > 0:
                first_report = now
            if load["processed"] >= records:
                break
        worker, job_pid = (int(unit_property(u, "MainPID")) for u in (unit, f"etl-job@{job}.service"))
        result = {
            "per_sec": records / (now - started),
            "first_report_msec": (first_report - started) * 1e3,
            "worker_cpu": cpu_seconds(worker) / records * 1e6,
            "job_cpu": cpu_seconds(job_pid) / records * 1e6,
            "worker_rss_kib": peak_rss_kib(worker),
            "job_rss_kib": peak_rss_kib(job_pid),
        }
    result["broker_cpu"] = broker.cpu_seconds / records * 1e6
    return result


def measure_idle(topic, seconds):
    """The share of a core, and the memory, of a suite whose job has nothing to read and no worker."""
    with running_job("bench_idle", topic, workers=0, start="latest"):
        units = ["etl-coordinator.service", "etl-job@bench_idle.service"]
        wait_until(lambda: all(unit_property(unit, "ActiveState") == "active" for unit in units), "the job")
        pids = [int(unit_property(unit, "MainPID")) for unit in units]
        before = sum(map(cpu_seconds, pids))
        time.sleep(seconds)
        core = (sum(map(cpu_seconds, pids)) - before) / seconds
        print(f"idle for {seconds} s: {core:.2%} of a core, peak RSS {sum(map(peak_rss_kib, pids)) / 1024:.0f} MiB"
              " (coordinator and job)")
        return {"core": core, "rss_kib": sum(map(peak_rss_kib, pids))}


# Results


def medians(results):
    return {key: statistics.median(r[key] for r in results)
            for key, value in results[0].items() if not isinstance(value, str)}


def show(name, result):
    cpu = ", ".join(f"{key.removesuffix('_cpu')} {value:.2f}" for key, value in result.items() if key.endswith("_cpu"))
    rss = ", ".join(f"{key.removesuffix('_rss_kib')} {value / 1024:.0f}"
                    for key, value in result.items() if key.endswith("_rss_kib"))
    first = f"   first report after {result['first_report_msec']:.0f} ms" if "first_report_msec" in result else ""
    print(f"  {name:<8} {result['per_sec'] / 1e6:6.2f} M records/s   CPU s per million: {cpu}   peak RSS MiB: {rss}{first}",
          flush=True)


def measure(partitions, floor_program, options):
    topic = f"bench_{partitions}"
    make_topic(topic, partitions)
    loaded = load_topic(topic, options)
    if (end := end_offsets(topic, partitions)) != options.records:
        sys.exit(f"measure.py: {topic} holds {end} records, not {options.records}")
    print(f"{options.records:,} records, {partitions} partition(s), loaded at {loaded / 1e6:.2f} M/s", flush=True)

    measure_floor(floor_program, topic, partitions, options.records)  # warms the broker's JVM up
    # Turn by turn, so that a change of the machine's mood meets both.
    floors, workers = [], {sink: [] for sink in SINKS} if options.worker else {}
    for number in range(options.repeats):
        floors.append(measure_floor(floor_program, topic, partitions, options.records))
        show(f"floor {number}", floors[-1])
        for sink, results in workers.items():
            results.append(measure_worker(f"bench_{partitions}_{sink}_{number}", topic, sink, options.records))
            show(f"{sink} {number}", results[-1])

    summary = {"partitions": partitions, "records": options.records, "loaded_per_sec": loaded, "floor": medians(floors)}
    show("floor", summary["floor"])
    for sink, results in workers.items():
        summary[sink] = medians(results)
        show(sink, summary[sink])
        print(f"  the worker, sink {sink}, reaches {summary[sink]['per_sec'] / summary['floor']['per_sec']:.0%} of the floor")
    if workers:
        print(f"  with the Kafka sink it reaches {summary['kafka']['per_sec'] / summary['console']['per_sec']:.0%} of the console's")
    return summary


def main():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--partitions", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--event-seconds", type=int, default=1000, help="event time that the records span")
    parser.add_argument("--idle-seconds", type=int, default=20)
    parser.add_argument("--no-worker", dest="worker", action="store_false", help="measure the floor alone")
    parser.add_argument("--json", action="store_true", help="print the medians as JSON in the end")
    options = parser.parse_args()

    make_topic(RESULTS_TOPIC, 1)
    print(f"{os.cpu_count()} processors, medians of {options.repeats}")
    with tempfile.TemporaryDirectory() as folder:
        floor_program = build_floor(folder)
        summaries = [measure(partitions, floor_program, options) for partitions in options.partitions]
        idle = measure_idle(f"bench_{options.partitions[0]}", options.idle_seconds) if options.worker else None
    if options.json:
        print(json.dumps({"drains": summaries, "idle": idle}, indent=2))


if __name__ == "__main__":
    main()
