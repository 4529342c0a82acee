# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""What a job's sinks hold, read with clients that are not the suite's."""

import collections
import datetime
import json
import pathlib
import shutil

import kafka
from expected import Row
from support import RUNTIME_UNITS, run, systemctl

FOLDER = pathlib.Path("/srv/streametl-results")
CONNECTION = "host=/run/postgresql dbname=streametl user=streametl"


def make_folder():
    """For the file sink, where the jobs' units may write."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    shutil.chown(FOLDER, "streametl", "streametl")
    drop_in = RUNTIME_UNITS / "etl-job@.service.d"
    drop_in.mkdir(parents=True, exist_ok=True)
    (drop_in / "results.conf").write_text(f"[Service]\nReadWritePaths={FOLDER}\n")
    systemctl("daemon-reload")


def execute(sql):
    """As the suite's user, whom the server lets in over its socket."""
    return run("runuser", "-u", "streametl", "--", "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
               "--set=ON_ERROR_STOP=1", "--dbname=streametl", f"--command=SET timezone = 'UTC'; {sql}").stdout


def query(sql):
    """The rows as JSON has them."""
    return json.loads(execute(f"SELECT coalesce(json_agg(found), '[]') FROM ({sql}) AS found"))


def drop_tables(*names):
    execute("; ".join(f"DROP TABLE IF EXISTS {name}" for name in [*names, "streametl_epochs"]))


def usec(time):
    delta = datetime.datetime.fromisoformat(time.replace("Z", "+00:00")) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return delta // datetime.timedelta(microseconds=1)


def key_and_row(row):
    """The reference query's row as expected.reference_query() has it."""
    return (usec(row["start"]), row["course"], row["activity"]), Row(row["total_loc"], row["avg_cpu"], row["count"])


def file_rows(job, sink="file"):
    """In the order of the epochs."""
    return [json.loads(line) for path in sorted(FOLDER.glob(f"{job}.{sink}.*.json"))
            for line in path.read_text().splitlines()]


def topic_rows(topic):
    """Of read_committed; the key of each is that of its value."""
    rows = []
    for message in kafka.consume(topic):
        row, key = json.loads(message.value()), json.loads(message.key() or "{}")
        assert key.items() <= row.items(), f"key {key} of {row}"
        rows.append(row)
    return rows


def differences(expected, rows, before=float("inf")):
    """What is missing, too much or wrong in rows that should hold each group once: a list of words, empty if all is
    well. Windows that start at `before` or later do not count."""
    found = collections.defaultdict(list)
    for key, row in map(key_and_row, rows):
        if key[0] < before:
            found[key].append(row)
    problems = [f"lost: {key}" for key in expected.keys() - found.keys()]
    problems += [f"not expected: {key}" for key in found.keys() - expected.keys()]
    for key in found.keys() & expected.keys():
        if len(found[key]) > 1:
            problems.append(f"{len(found[key])} times: {key}")
        if any(not same(expected[key], row) for row in found[key]):
            problems.append(f"{key}: expected {expected[key]}, found {found[key]}")
    return problems


def same(a, b):
    return a.total_loc == b.total_loc and a.count == b.count and abs(a.avg_cpu - b.avg_cpu) < 1e-9 * abs(a.avg_cpu)


def last_by_key(rows):
    """Of rows of update mode: the last one of each group."""
    return list({key_and_row(row)[0]: row for row in rows}.values())
