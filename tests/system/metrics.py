# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""GET /metrics: both formats are as their definitions say, a real Prometheus reads them, and every metric has the value that
was made to come: records that were sent, workers that systemd runs, rows that are in a file."""

import contextlib
import gzip
import http.client
import json
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.parse

import kafka
from support import COORDINATOR, STATE, api, drop_in, main_pid, run, systemctl, wait_until, workers, write_job

JOB = "counted"
JOB_UNIT = f"etl-job@{JOB}.service"
START = 1_700_000_000
SENT = {0: 40, 1: 20}
EXAMPLES = pathlib.Path("/usr/share/doc/streametl/examples")
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
PROMETHEUS = "127.0.0.1:9097"


def fetch(accept, host="127.0.0.1", port=8081, path="/metrics"):
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept": accept} if accept else {})
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type"), response.read().decode()
    finally:
        connection.close()


# -- a strict reader of OpenMetrics 1.0, written from its definition

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SUFFIXES = {"gauge": {""}, "counter": {"_total", "_created"}, "info": {"_info"},
            "histogram": {"_bucket", "_count", "_sum", "_created"}}


def number(text):
    assert re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]Inf|NaN", text), text
    return float(text)


def labels_of(text):
    if not text:
        return {}
    inner = text[1:-1]
    assert re.fullmatch(rf"{LABEL}(,{LABEL})*", inner), inner
    pairs = re.findall(LABEL, inner)
    assert len({name for name, _ in pairs}) == len(pairs), f"a label twice: {inner}"
    return {name: re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), value) for name, value in pairs}


def check_histogram(name, samples):
    """Of one set of labels: cumulative buckets that end with +Inf, which is the count."""
    series = {}
    for (sample, labels), value in samples.items():
        rest = tuple(pair for pair in labels if pair[0] != "le")
        series.setdefault(rest, {}).setdefault(sample.removeprefix(name), []).append((dict(labels).get("le"), value))
    for parts in series.values():
        bounds = [number(bound) for bound, _ in parts["_bucket"]]
        counts = [value for _, value in parts["_bucket"]]
        assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), bounds
        assert counts == sorted(counts) and counts[-1] == parts["_count"][0][1], counts
        assert len(parts["_sum"]) == 1


def read_openmetrics(text):
    """family -> type and (name, labels) -> value; fails at anything that the definition does not allow."""
    assert text.endswith("# EOF\n") and "\n\n" not in text
    families, samples, current = {}, {}, None
    for line in text.splitlines()[:-1]:
        if head := re.fullmatch(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)", line):
            keyword, name, rest = head.groups()
            if name != current:
                assert name not in families, f"the samples of {name} do not stand together"
                families[name] = {"samples": {}}
                current = name
            assert keyword not in families[name] and not families[name]["samples"], line
            families[name][keyword] = rest
            continue
        sample = re.fullmatch(rf"({NAME})(\{{.*\}})? (\S+)", line)
        assert sample, line
        name, labels = sample[1], tuple(sorted(labels_of(sample[2]).items()))
        family = families[current]
        assert name.startswith(current) and name.removeprefix(current) in SUFFIXES[family["TYPE"]], line
        assert (name, labels) not in samples, f"twice: {line}"
        samples[name, labels] = family["samples"][name, labels] = number(sample[3])
        assert family["TYPE"] != "counter" or samples[name, labels] >= 0, line
    for name, family in families.items():
        assert family["HELP"] and family["samples"], name
        assert "UNIT" not in family or name.endswith("_" + family["UNIT"]), name
        if family["TYPE"] == "histogram":
            check_histogram(name, family["samples"])
    return families, samples


def scrape():
    status, content_type, text = fetch(OPENMETRICS)
    assert (status, content_type) == (200, OPENMETRICS)
    return read_openmetrics(text)[1]


class Samples:
    """The samples of one scrape, by name and those labels that are given."""

    def __init__(self):
        self.all = scrape()

    def __call__(self, name, **labels):
        wanted = {key: str(value) for key, value in labels.items()}
        found = [value for (sample, have), value in self.all.items()
                 if sample == f"streametl_{name}" and wanted.items() <= dict(have).items()]
        assert len(found) == 1, f"{name} {labels}: {found}"
        return found[0]

    def names(self):
        return {name.removeprefix("streametl_") for name, _ in self.all}


def documented():
    """The names in streametl-metrics(7), which a unit test holds against the table in the code."""
    page = pathlib.Path("/usr/share/man/man7/streametl-metrics.7")
    text = page.read_text(encoding="utf-8") if page.exists() else gzip.open(f"{page}.gz", "rt").read()
    return set(re.findall(r"^\.It Sy streametl_(\w+)$", text, re.M))


def job_text(folder):
    """A window of a day; what is later than that is late."""
    return f"""
source : {{ type = "kafka"; topic = "{JOB}"; start = "earliest"; event_time = "timestamp"; watermark = "0 s";
           columns = "timestamp DOUBLE, course STRING"; idle_after = "1 second"; }};
query = "SELECT course, count(*) AS n FROM {JOB} GROUP BY window(event_time, '1 hour'), course";
output = "update";
trigger = "200 ms";
sinks = ( {{ type = "file"; name = "rows"; folder = "{folder}"; }} );
dead_letter : {{ type = "kafka"; topic = "{JOB}_dead"; }};
workers : {{ min = 1; max = 3; }};
"""


def status():
    code, answer = api(f"/api/v1/jobs/{JOB}")
    return answer if code == 200 else {"state": None}


def settled():
    """All is read, and every sink has the last epoch."""
    now = status()
    return (now["state"] == "running" and now["backlog"] == 0 and now["epoch"] and
            all(sink["state"] == "ready" for sink in now["sinks"]) and now)


@contextlib.contextmanager
def prometheus(folder):
    """One of its own, which reads the coordinator of this host by the example that is installed."""
    folder.mkdir()
    config = (EXAMPLES / "prometheus.yml").read_text(encoding="utf-8").replace("scrape_interval: 15s", "scrape_interval: 1s")
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    shutil.copy(EXAMPLES / "streametl.rules.yml", folder)
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                                    f"--web.listen-address={PROMETHEUS}"], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def query(expression):
    """Its instant vector: labels -> value."""
    try:
        code, _, text = fetch(None, *PROMETHEUS.split(":"), path=f"/api/v1/query?query={urllib.parse.quote(expression)}")
    except OSError:
        return {}
    if code != 200:
        return {}
    return {tuple(sorted(result["metric"].items())): float(result["value"][1]) for result in json.loads(text)["data"]["result"]}


def write_and_start():
    folder = STATE / "counted-rows"
    folder.mkdir(mode=0o755)
    shutil.chown(folder, "streametl", "streametl")
    for topic, partitions in ((JOB, 2), (f"{JOB}_dead", 1)):
        kafka.create_topic(topic, partitions)
    write_job(JOB, job_text(folder))
    drop_in("etl-job@.service", f"[Service]\nReadWritePaths=-{folder}\n")
    systemctl("start", COORDINATOR)
    wait_until(lambda: status()["state"] == "running" and workers(JOB), "the job and its worker run")
    return folder


def rows_in(folder):
    return [json.loads(line) for file in folder.glob("*.json") for line in file.read_text(encoding="utf-8").splitlines()]


def delivered(folder):
    """How many records the rows in the files stand for: each course is in one window, and its count only grows."""
    counts = {}
    for row in rows_in(folder):
        counts[row["course"]] = max(row["n"], counts.get(row["course"], 0))
    return sum(counts.values())


def produce_all(folder):
    """Good ones, two kinds of dead letters, a late one, one from the future."""
    for partition, count in SENT.items():
        kafka.produce(JOB, [{"timestamp": START + n, "course": f"c{n % 4}"} for n in range(count)], partition)
    kafka.produce(JOB, [b"no json", b"none either", {"course": "no time"}], 0)
    wait_until(lambda: status()["processed"] == 63 and settled(), "the first are delivered")
    for partition in SENT:
        kafka.produce(JOB, [{"timestamp": START + 100_000, "course": "later"}], partition)
    wait_until(lambda: status()["watermark_usec"] == (START + 100_000) * 1_000_000 and settled(), "their window is final")
    kafka.produce(JOB, [{"timestamp": START, "course": "late"}], 1)
    kafka.produce(JOB, [{"timestamp": 4_000_000_000, "course": "future"}], 1)
    wait_until(lambda: delivered(folder) == sum(SENT.values()) + 3 and len(kafka.consume(f"{JOB}_dead")) == 4 and settled(),
               "all is delivered")


def check_work(samples, folder, now):
    """Of the job that has read what was sent."""
    assert {number: samples("records_total", job=JOB, topic=JOB, partition=number) for number in (0, 1)} == {0: 44, 1: 23}
    ends = kafka.end_offsets(JOB)
    for number, end in ends.items():
        assert samples("end_offset", partition=number) == samples("position_offset", partition=number) == end
        assert samples("lag_records", partition=number) == 0
        assert samples("partition_watermark_timestamp_seconds", partition=number) == START + 100_000
    assert samples("arrived_records_total", job=JOB) == sum(ends.values()) == 67
    assert samples("partitions", job=JOB) == 2 and samples("partitions_left_out", job=JOB) == 0
    assert samples("lag_seconds", job=JOB) == 0
    assert samples("watermark_timestamp_seconds", job=JOB) == START + 100_000
    assert samples("dead_letters_total", reason="not_json") == 2 and samples("dead_letters_total", reason="no_event_time") == 1
    assert samples("dead_letters_total", reason="late") == samples("late_records_total", job=JOB) == 1
    assert samples("dead_letters_total", reason="too_large") == 0
    assert samples("future_records_total", job=JOB) == 1
    assert samples("removed_records_total", job=JOB) == 0
    # Rows are in the files, dead letters in their topic.
    assert samples("sink_rows_total", sink="rows") == len(rows_in(folder)) > 0
    assert samples("sink_rows_total", sink="dead_letter") == len(kafka.consume(f"{JOB}_dead")) == 4
    assert samples("sink_info", sink="rows", type="file", kind="results") == 1
    assert samples("sink_info", sink="dead_letter", type="kafka", kind="dead_letters") == 1
    assert samples("sink_delivered_epoch", sink="rows") == samples("epoch", job=JOB) == now["epoch"]
    assert samples("epoch_duration_seconds_count", job=JOB) == now["epoch_duration"]["count"] > 2
    assert samples("end_to_end_latency_seconds_count", job=JOB) == now["latency"]["count"] > 2
    assert 0 < samples("end_to_end_latency_seconds_sum", job=JOB) < 3600
    assert samples("groups", job=JOB) == now["groups"] > 0
    assert samples("state_memory_bytes", job=JOB) == now["state_bytes"] > 0
    assert samples("state_store_bytes", job=JOB) == now["store_bytes"] > 0
    assert samples("state_store_max_bytes", job=JOB) == 4 * 2**30


def check_processes(samples):
    """As systemd and the kernel see them."""
    clock = float(run("date", "+%s.%N").stdout)
    for name, unit_name in (("coordinator", COORDINATOR), ("job", JOB_UNIT), ("worker", f"etl-worker@{JOB}:1.service")):
        pid = main_pid(unit_name)
        resident = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))[1]) * 1024
        assert 0.5 < samples(f"{name}_resident_memory_bytes") / resident < 2, name
        cpu = sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[13:15])) / 100
        assert 0 < samples(f"{name}_cpu_seconds_total") <= cpu + 0.05, name
        if name != "worker":
            age = float(run("ps", "-o", "etimes=", "-p", str(pid)).stdout)
            assert abs(clock - samples(f"{name}_start_time_seconds") - age) < 5, name
    assert samples("worker_records_total", worker=1) == 67
    assert 0 < samples("worker_busy_seconds_total", worker=1) <= samples("busy_seconds_total", job=JOB) + 1e-9
    assert samples("workers_running", job=JOB) == len(workers(JOB)) == samples("workers_wanted", job=JOB) == 1
    assert (samples("workers_min", job=JOB), samples("workers_max", job=JOB)) == (1, 3)
    assert abs(samples("event_time_delay_seconds", job=JOB) - (clock - START - 100_000)) < 60
    assert samples("job_state", state="running") == 1 and samples("job_state", state="waiting") == 0
    assert samples("jobs_enabled") == samples("jobs_running") == 1
    assert samples("problems") == 0 and samples("job_paused", job=JOB) == 0
    assert samples("build_info", version=api("/api/v1/status")[1]["version"]) == 1
    assert samples("scaling_decisions_total", direction="up") == 1 and samples("scaling_decisions_total", direction="down") == 0


def check_stored_by_prometheus(now):
    """What it scraped of the suite at rest is what the API says."""
    wait_until(lambda: query('up{job="streametl"} == 1') and query("streametl_groups"), "Prometheus has read the coordinator")
    answers = {
        f'streametl_epoch{{job="{JOB}"}}': now["epoch"],
        f'sum(streametl_records_total{{job="{JOB}"}})': now["processed"],
        f'streametl_arrived_records_total{{job="{JOB}"}}': now["arrived"],
        f'streametl_workers_running{{job="{JOB}"}}': now["workers_running"],
        f'streametl_watermark_timestamp_seconds{{job="{JOB}"}}': now["watermark_usec"] / 1e6,
        f'streametl_dead_letters_total{{job="{JOB}",reason="not_json"}}': now["bad"]["not_json"],
        f'streametl_sink_rows_total{{job="{JOB}",sink="rows"}}': now["sinks"][0]["rows_total"],
        f'streametl_end_to_end_latency_seconds_bucket{{job="{JOB}",le="+Inf"}}': now["latency"]["count"],
        f'streametl_state_store_bytes{{job="{JOB}"}}': now["store_bytes"],
    }
    for expression, value in answers.items():
        assert list(query(expression).values()) == [value], expression
    # All of the rules are evaluated without an error, and nothing is wrong.
    rules = json.loads(fetch(None, *PROMETHEUS.split(":"), path="/api/v1/rules")[2])["data"]["groups"][0]["rules"]
    assert len(rules) > 10 and not [rule for rule in rules if rule["health"] == "err"]
    assert not query('ALERTS{alertstate="firing", alertname!="StreamETLDeadLetters", alertname!="StreamETLLateRecords"}')


def check_changes(folder):
    """What is not 0 only if something happens."""
    before = Samples()
    systemctl("kill", "--signal=KILL", f"etl-worker@{JOB}:1.service")
    wait_until(lambda: Samples()("worker_failures_total", job=JOB) == 1, "the worker's end is counted")
    wait_until(lambda: status()["workers_running"] == 1, "it is there again")
    assert api(f"/api/v1/jobs/{JOB}/pause", "POST")[0] == 200
    wait_until(lambda: Samples()("job_paused", job=JOB) == 1 and not workers(JOB), "it is paused")
    kafka.produce(JOB, [{"timestamp": START + 100_000, "course": "waits"}] * 7, 0)
    wait_until(lambda: Samples()("lag_records", partition=0) == 7, "what is not read is the lag")
    paused = Samples()
    assert paused("end_offset", partition=0) - paused("position_offset", partition=0) == 7
    assert paused("job_state", state="paused") == 1 and paused("lag_seconds", job=JOB) > 0
    assert paused("scaling_decisions_total", direction="down") == 1 and paused("workers_running", job=JOB) == 0
    assert paused("api_requests_total", listener="unix") > before("api_requests_total", listener="unix")
    assert paused("api_requests_total", listener="http") > before("api_requests_total", listener="http")
    kafka.delete_records(JOB, 0, int(paused("end_offset", partition=0)) - 4)
    shutil.chown(folder, "root", "root")
    folder.chmod(0o700)
    assert api(f"/api/v1/jobs/{JOB}/resume", "POST")[0] == 200
    wait_until(lambda: Samples()("sink_retrying", sink="rows") == 1, "the sink is tried again")
    assert Samples()("sink_retrying", sink="dead_letter") == 0
    wait_until(lambda: Samples()("removed_records_total", job=JOB) == 3, "what Kafka deleted is counted")
    folder.chmod(0o755)
    shutil.chown(folder, "streametl", "streametl")
    wait_until(lambda: Samples()("sink_retrying", sink="rows") == 0 and settled(), "it works again")
    systemctl("kill", "--signal=KILL", JOB_UNIT)
    wait_until(lambda: Samples()("job_restarts_total", job=JOB) == 1 and settled(), "the job's restart is counted")
    wait_until(lambda: Samples()("partition_idle", partition=0) == 1, "nothing comes any more")


def test_every_metric_has_the_value_that_was_made_to_come(tmp_path):
    folder = write_and_start()
    with prometheus(tmp_path / "prometheus"):
        produce_all(folder)
        now = status()
        samples = Samples()
        check_work(samples, folder, now)
        check_processes(samples)
        check_formats()
        check_names(samples)
        check_stored_by_prometheus(now)
        check_changes(folder)


def check_formats():
    """Who does not ask for OpenMetrics gets the older format, with the same samples; promtool finds nothing to say."""
    status_code, content_type, plain = fetch("*/*")
    assert (status_code, content_type) == (200, PLAIN) and fetch(None)[1] == PLAIN
    assert {line.split(" ")[0] for line in plain.splitlines() if line[0] != "#"} == \
        {line.split(" ")[0] for line in fetch(OPENMETRICS)[2].splitlines() if line[0] != "#"}
    checked = run("promtool", "check", "metrics", input=plain)
    assert not checked.stdout + checked.stderr


def check_names(samples):
    """All that is documented is there, and rules and dashboard ask for nothing else."""
    names = {re.sub(r"_(bucket|count|sum)$", "", name) if "seconds_" in name and not name.endswith("_total") else name
             for name in samples.names()}
    assert names == documented()
    for example in ("streametl.rules.yml", "streametl-dashboard.json"):
        asked = set(re.findall(r"streametl_([a-z_]+[a-z])", (EXAMPLES / example).read_text(encoding="utf-8")))
        assert asked and asked <= samples.names(), asked - samples.names()
    assert json.loads((EXAMPLES / "streametl-dashboard.json").read_text(encoding="utf-8"))["panels"]


def test_alerts_are_raised_by_what_they_are_about(tmp_path):
    shutil.copy(EXAMPLES / "streametl.rules.yml", tmp_path)
    shutil.copy(EXAMPLES / "prometheus.yml", tmp_path)
    shutil.copy(pathlib.Path(__file__).parent / "alerts.yml", tmp_path)
    run("promtool", "check", "rules", "streametl.rules.yml", cwd=tmp_path)
    run("promtool", "check", "config", "prometheus.yml", cwd=tmp_path)
    run("promtool", "test", "rules", "alerts.yml", cwd=tmp_path)
    alerts = set(re.findall(r"alert: (\w+)", (tmp_path / "streametl.rules.yml").read_text(encoding="utf-8")))
    assert alerts == set(re.findall(r"StreamETL\w+", (tmp_path / "alerts.yml").read_text(encoding="utf-8")))


def test_without_a_job_there_is_only_the_suite():
    systemctl("start", COORDINATOR)
    samples = Samples()
    assert {name for name in samples.names()} == {"build_info", "coordinator_start_time_seconds", "coordinator_cpu_seconds_total",
                                                  "coordinator_resident_memory_bytes", "api_requests_total", "problems",
                                                  "jobs_enabled", "jobs_running"}
    assert samples("jobs_enabled") == 0
