# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""Records as a topic may hold them beside good ones: broken, strange but valid, and empty. Each strange record
has one fault at most, so that what a job makes of it can be told from expected.py."""

import json
import random

COURSES = ["Operating Systems", "Data Structures", "Web Engineering", "Artificial Intelligence", "Linear Algebra"]
ACTIVITIES = ["coding", "debugging", "reading_docs", "committing_code", "running_tests"]


def good_record(chance, time):
    """Of the reference's form, as a dictionary."""
    activity = chance.choice(ACTIVITIES)
    return {
        "timestamp": time,
        "student_id": f"CS-{chance.randint(2021, 2025)}{chance.randint(0, 999):03}",
        "student_name": "Ayesha Malik",
        "course": chance.choice(COURSES),
        "activity": activity,
        "tool_used": "GDB",
        "lines_of_code": chance.randint(5, 150) if activity == "coding" else 0,
        "last_error": "None",
        "cpu_usage_pct": round(chance.uniform(10.5, 95.0), 2),
    }


def _dump(record, **options):
    return json.dumps(record, **options).encode()


def _changed(**changes):
    return lambda record: _dump(record | changes)


def _without(key):
    return lambda record: _dump({k: v for k, v in record.items() if k != key})


def _replaced(key, text):
    """The value of key written as text, which json.dumps() would not write."""
    return lambda record: _dump(record | {key: "@@"}).replace(b'"@@"', text)


def _escaped(record):
    text = json.dumps(record)
    return "".join(f"\\u{ord(c):04x}" if c.isalpha() and c in "cou" else c for c in text).encode()


# What a record is turned into, by what a job should see in it.
KINDS = {
    # not JSON
    "truncated": lambda record: _dump(record)[:-9],
    "text": lambda record: b"Traceback (most recent call last):",
    "python": lambda record: str(record).encode(),
    "trailing comma": lambda record: _dump(record)[:-1] + b",}",
    "two objects": lambda record: _dump(record) * 2,
    "bad UTF-8": _replaced("student_name", b'"\xc3("'),
    "UTF-16": lambda record: json.dumps(record).encode("utf-16"),
    "byte order mark": lambda record: b"\xef\xbb\xbf" + _dump(record),
    "lone surrogate": _replaced("student_name", b'"\\ud83d"'),
    "control character": _replaced("student_name", b'"a\x01b"'),
    "bare NaN": _replaced("cpu_usage_pct", b"NaN"),
    "leading zero": _replaced("lines_of_code", b"007"),
    "nested too deeply": _replaced("student_name", b"[" * 20000 + b"]" * 20000),
    # no object
    "array": lambda record: b"[" + _dump(record) + b"]",
    "null": lambda record: b"null",
    "string": lambda record: b'"' + b"x" * 20 + b'"',
    # no event time
    "null event time": _changed(timestamp=None),
    "missing event time": _without("timestamp"),
    "event time NaN": _changed(timestamp="NaN"),
    # values that their columns do not take
    "event time as text": _changed(timestamp="yesterday"),
    "lines as text": _changed(lines_of_code="12"),
    "lines with fraction": _changed(lines_of_code=12.5),
    "lines as boolean": _changed(lines_of_code=True),
    "cpu as object": _changed(cpu_usage_pct={"user": 1.0}),
    "lines past 32 bits": _changed(lines_of_code=3_000_000_000),
    "lines past 64 bits": _changed(lines_of_code=99_999_999_999_999_999_999),
    "cpu past a double": _replaced("cpu_usage_pct", b"1e400"),
    # good, if strange
    "missing course": _without("course"),
    "null activity": _changed(activity=None),
    "missing lines": _without("lines_of_code"),
    "null cpu": _changed(cpu_usage_pct=None),
    "cpu NaN": _changed(cpu_usage_pct="NaN", course="NaN"),
    "cpu as integer": _changed(cpu_usage_pct=50),
    "cpu with exponent": _replaced("cpu_usage_pct", b"5.0E+1"),
    "course as number": _changed(course=101),
    "course as boolean": _changed(course=True),
    "unused value of another type": _changed(student_name={"first": "Ayesha", "last": ["Malik"]}),
    "unused number past 64 bits": _changed(student_id=99_999_999_999_999_999_999),
    "extra fields": _changed(extra={"a": [1, 2.5, None, {"b": "}"}], "c": {}}, timestamp2=1),
    "nested deeply": _replaced("student_name", b"[" * 500 + b"]" * 500),
    "duplicate keys": lambda record: _dump({"lines_of_code": 7, "course": "Latin"})[:-1] + b", " + _dump(record)[1:],
    "escapes": _escaped,
    "escaped quotes": _changed(course='"\\/\b\f\n\r\t"'),
    "non-ASCII": lambda record: _dump(record | {"course": "عربى \U0001f600 ß"}, ensure_ascii=False),
    "escaped non-ASCII": _changed(course="عربى \U0001f600 ß"),
    "NUL in text": _changed(course="a\0b"),
    "empty course": _changed(course=""),
    "white space": lambda record: b"\r\n\t " + _dump(record, indent=3) + b" \n",
    "other order": lambda record: _dump(dict(reversed(record.items()))),
    "long course": _changed(course="x" * 300),
    # nothing
    "tombstone": lambda record: None,
    "empty": lambda record: b"",
}


def records(count, per_mille=100, seed=1, start_time=1_700_000_000, time_step=0.01, large_bytes=0):
    """Yields count values, bytes or None; about per_mille of 1000 are of KINDS, or, if large_bytes is given, padded
    to that size. The same arguments give the same values."""
    chance = random.Random(seed)
    kinds = list(KINDS.values())
    if large_bytes:
        kinds.append(lambda record: _dump(record | {"padding": "x" * large_bytes}))
    for number in range(count):
        record = good_record(chance, round(start_time + number * time_step, 6))
        yield chance.choice(kinds)(record) if chance.randrange(1000) < per_mille else _dump(record)
