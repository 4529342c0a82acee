# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""What the reference query says of given records, computed without the suite: windows of 10 seconds by course
and activity, sum(lines_of_code), avg(cpu_usage_pct) and count(*), with Spark's rules for types and NULL and the
suite's for records that cannot be used.

    python3 expected.py TOPIC          prints the rows that the topic's records stand for, as JSON
    python3 expected.py TOPIC TABLE    holds the tables in file TABLE (the console sink's) against them
"""

import collections
import datetime
import json
import math
import re
import sys

WINDOW_USEC = 10_000_000
GROUP_COLUMNS = ["start", "course", "activity"]

LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Row = collections.namedtuple("Row", "total_loc avg_cpu count")


class Fault(Exception):
    """A record that cannot be used; the argument is the reason as the suite names it."""


class Number:
    """A JSON number as it was written: what it means depends on the column."""

    def __init__(self, text):
        self.text = text


def _no_constant(name):
    raise ValueError(name)  # json.loads() would take NaN and Infinity


def _has_lone_surrogate(value):
    if isinstance(value, dict):
        return any(_has_lone_surrogate(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_has_lone_surrogate, value))
    return isinstance(value, str) and bool(LONE_SURROGATE.search(value))


def parse_record(data):
    if not data:
        raise Fault("empty")
    try:
        record = json.loads(
            data.decode("utf-8"), parse_int=Number, parse_float=Number, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise Fault("not_json") from None
    if _has_lone_surrogate(record):
        raise Fault("not_json")
    if not isinstance(record, dict):
        raise Fault("not_object")
    return record


def as_int(value):
    if value is None:
        return None
    if not isinstance(value, Number) or not re.fullmatch(r"-?[0-9]+", value.text):
        raise Fault("wrong_type")
    if not -(2**31) <= int(value.text) < 2**31:
        raise Fault("out_of_range")
    return int(value.text)


def as_double(value):
    if value is None:
        return None
    if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    if not isinstance(value, Number):
        raise Fault("wrong_type")
    if math.isinf(double := float(value.text)):
        raise Fault("out_of_range")
    return double


def as_string(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    raise NotImplementedError("an object or array as a STRING")


def event_time_usec(seconds):
    """Spark's cast of a DOUBLE to TIMESTAMP: what is below a microsecond is cut off."""
    if seconds is None or not math.isfinite(seconds) or abs(seconds) >= 2**63 / 1e6:
        raise Fault("no_event_time")
    return int(seconds * 1e6)


def reference_query(records):
    """records: values of Kafka records, bytes or None. Returns {(window's start in microseconds, course, activity):
    Row} and a Counter of the faults of records that are in no row."""
    lines, cpu, count = (collections.defaultdict(list) for _ in range(3))
    faults = collections.Counter()

    for data in records:
        try:
            record = parse_record(data)
            course, activity = as_string(record.get("course")), as_string(record.get("activity"))
            lines_of_code, cpu_usage = as_int(record.get("lines_of_code")), as_double(record.get("cpu_usage_pct"))
            time_usec = event_time_usec(as_double(record.get("timestamp")))
        except Fault as fault:
            faults[str(fault)] += 1
            continue
        key = (time_usec - time_usec % WINDOW_USEC, course, activity)
        count[key].append(1)
        if lines_of_code is not None:
            lines[key].append(lines_of_code)
        if cpu_usage is not None:
            cpu[key].append(cpu_usage)

    rows = {
        key: Row(
            sum(lines[key]) if lines[key] else None,
            _sum(cpu[key]) / len(cpu[key]) if cpu[key] else None,
            len(count[key]),
        )
        for key in count
    }
    return rows, faults


def _sum(values):
    # fsum() is exact, but refuses what a plain sum makes of infinities of both signs.
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)


def _same(expected, found):
    if isinstance(expected, float) and isinstance(found, (int, float)):
        # A sum of doubles depends on the order, which is nobody's to choose.
        return math.isclose(expected, found, rel_tol=1e-9) or (math.isnan(expected) and math.isnan(found))
    return expected == found


def differences(expected, rows, output="update"):
    """What is wrong with a job's rows, as a list of sentences. expected: of reference_query(). rows: dictionaries
    with start and end (microseconds), course, activity and any of Row's columns, in the order in which they came.
    output: of "update" the last row of a group counts, of "append" there must be only one."""
    problems, last = [], {}

    for row in rows:
        key = tuple(row[column] for column in GROUP_COLUMNS)
        if output == "append" and key in last:
            problems.append(f"{key}: came twice")
        if row["end"] - row["start"] != WINDOW_USEC:
            problems.append(f"{key}: the window ends at {row['end']}")
        last[key] = row
    for key, values in expected.items():
        if key not in last:
            problems.append(f"{key}: missing, {values} expected")
            continue
        for column, value in values._asdict().items():
            if column in last[key] and not _same(value, last[key][column]):
                problems.append(f"{key}: {column} is {last[key][column]!r}, {value!r} expected")
    problems += [f"{key}: nobody expected that" for key in last if key not in expected]
    return problems


def _cell(name, text):
    if text.upper() == "NULL":
        return None
    if name in GROUP_COLUMNS[1:]:
        return text
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", text):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
        return (moment - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
    for number in int, float:
        try:
            return number(text)
        except ValueError:
            pass
    return text


def table_rows(lines):
    """The rows of all tables in a text, as dictionaries: +---+ borders, the names first, | between cells, times
    in UTC. What is not a table is passed over. Cells must not be cut (sink.truncate = false)."""
    names, borders = None, 0

    for line in lines:
        # A line of the journal has a prefix.
        start = re.search(r"\+-[-+]*\+\s*$|\|.*\|\s*$", line)
        if not start:
            names, borders = None, 0
        elif start.group().startswith("+"):
            borders += 1
            if borders == 3:
                names, borders = None, 0
        else:
            cells = [cell.strip() for cell in start.group().strip()[1:-1].split("|")]
            if names is None:
                names = cells
            else:
                yield {name: _cell(name, cell) for name, cell in zip(names, cells, strict=True)}


def main(topic, table=None):
    import kafka  # needs a broker, which the functions above do not

    rows, faults = reference_query(message.value() for message in kafka.consume(topic))
    if table is None:
        for (start, course, activity), row in sorted(rows.items(), key=str):
            print(json.dumps({"start": start, "course": course, "activity": activity} | row._asdict()))
        print(json.dumps({"faults": faults}))
        return 0
    with open(table, encoding="utf-8") as lines:
        problems = differences(rows, table_rows(lines))
    print(*problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
