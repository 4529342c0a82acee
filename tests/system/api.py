# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""The coordinator's HTTP API: every answer is held against its own description, and what it is protected from."""

import contextlib
import http.client
import json
import pathlib
import random
import re
import socket
import urllib.parse

import pytest
from jsonschema import Draft202012Validator
from kafka import create_topic, delete_topics, produce
from openapi_spec_validator import validate as validate_description
from support import (
    API_SOCKET,
    CONFIG,
    COORDINATOR,
    journal,
    journal_cursor,
    main_pid,
    systemctl,
    unit,
    wait_until,
    workers,
    write_job,
)

DESCRIPTION = json.loads(pathlib.Path("/usr/share/streametl/openapi.json").read_text(encoding="utf-8"))
TCP = ("127.0.0.1", 8081)
V1 = "/api/v1"
JOB = "asked"
TOPIC = "asked"
START = 1_700_000_000

asked = set()  # operations that were


class Connection(http.client.HTTPConnection):
    """To the unix socket, or over TCP."""

    def __init__(self, address):
        super().__init__("localhost")
        self.address = address

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET)
        self.sock.settimeout(20)
        self.sock.connect(self.address)


def operation(path, method):
    """Of the description: the path's pattern and what it says of the method."""
    path = path.split("?")[0]
    for pattern, operations in DESCRIPTION["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            return pattern, operations.get(method.lower())
    return None, None


def check_schema(schema, value):
    Draft202012Validator({"components": DESCRIPTION["components"], **schema}).validate(value)


def check_named(name, value):
    check_schema({"$ref": f"#/components/schemas/{name}"}, value)


def check_answer(path, method, status, content_type, text):
    """As the description says; returns the decoded answer."""
    pattern, described = operation(path, method)
    response = described and (described["responses"].get(str(status)) or described["responses"]["default"])
    content = response["content"] if response else {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert content_type.split(";")[0] in [name.split(";")[0] for name in content], (path, status, content_type)
    if status < 300:
        asked.add((method, pattern))
    if "json" not in content_type:
        return text.decode()
    value = json.loads(text)
    check_schema(content[content_type]["schema"], value)
    if status >= 400:
        assert value["status"] == status and value["detail"]
    return value


def ask(path, method="GET", body=None, address=API_SOCKET, headers=()):
    """Status and answer, which is checked against the description."""
    connection = Connection(address)
    try:
        with contextlib.suppress(BrokenPipeError):  # what is refused by its head is answered before its body is there
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=dict(headers))
        response = connection.getresponse()
        text = response.read()
        return response.status, check_answer(path, method, response.status, response.headers["Content-Type"], text)
    finally:
        connection.close()


def get(path, **options):
    status, answer = ask(V1 + path, **options)
    assert status == 200, answer
    return answer


def of_job(path="", **options):
    return get(f"/jobs/{JOB}{path}", **options)


def change(path, body=None, method="POST", status=200):
    got, answer = ask(f"{V1}/jobs/{JOB}/{path}", method, body)
    assert got == status, answer
    return answer


def results(where=(), **query):
    pairs = [("where", f"{column}={value}") for column, value in where] + list(query.items())
    return of_job("/results?" + urllib.parse.urlencode(pairs))


def events(times, name="a"):
    return [{"t": START + time, "k": name, "n": 1} for time in times]


def job_text(trigger="200 ms", watermark="10 seconds", query=None):
    query = query or (f"SELECT window.start, k, count(*) AS c, sum(n) AS total FROM {TOPIC} "
                      "GROUP BY window(event_time, '10 seconds'), k")
    return f"""
source : {{ type = "kafka"; topic = "{TOPIC}"; start = "earliest"; event_time = "t"; watermark = "{watermark}";
           idle_after = "100 ms"; columns = "t DOUBLE, k STRING, n INT";
           properties = ( "sasl.password=not to be shown" ); }};
query = "{query}";
trigger = "{trigger}";
sink : {{ type = "console"; max_rows = 1; }};
workers : {{ min = 1; max = 4; idle_timeout = "1 second"; }};
"""


@pytest.fixture(autouse=True)
def kafka_is_bare(bare_suite):
    delete_topics(TOPIC)
    create_topic(TOPIC, 2)


def start(**options):
    write_job(JOB, job_text(**options))
    systemctl("start", COORDINATOR)
    wait_until(lambda: is_running() and of_job()["workers_running"], "the job runs")


def is_running():
    return of_job()["state"] == "running"


def is_read(records):
    job = of_job()
    return job["processed"] == records and job["backlog"] == 0


def are_given_out(records):
    """Their epoch is closed."""
    answer = results()
    return sum(row[2] for row in answer["rows"]) == records and answer


def test_the_description_is_valid():
    validate_description(DESCRIPTION)


def test_every_answer_is_as_described():
    start()
    produce(TOPIC, events(range(60), "a") + events(range(0, 60, 2), "b") + [b"no json", b'{"t": "x"}', b"\xff\xfe"])
    wait_until(lambda: is_read(93), "all is read")
    wait_until(lambda: of_job()["watermark_usec"] == (START + 49) * 10**6, "there is a watermark")
    read = 93
    while not of_job()["late"]:  # until the worker knows the watermark, too
        produce(TOPIC, events([5], "late"))
        read += 1
        wait_until(lambda: is_read(read), "it is read")
    wait_until(lambda: of_job()["sinks"][0]["epoch_delivered"] and of_job()["latency"]["count"], "something is delivered")

    for pattern, operations in DESCRIPTION["paths"].items():
        if "get" in operations and not pattern.endswith("/events"):
            path = pattern.replace("{job}", JOB)
            status, answer = ask(path)
            assert status == 200, (path, answer)
            connection = Connection(API_SOCKET)
            connection.request("HEAD", path)
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b""), path
            connection.close()

    check_suite()
    check_job(read)
    check_dead_letters()
    check_config()
    check_changes(read)
    with stream() as first:
        assert next(first)[0] == "status"
    asked.add(("GET", f"{V1}/events"))
    described = {(method.upper(), pattern) for pattern, operations in DESCRIPTION["paths"].items() for method in operations}
    assert asked >= described, described - asked


def check_suite():
    status = get("/status")
    assert (status["pid"], status["jobs_running"], status["problems"]) == (main_pid(COORDINATOR), 1, [])
    assert status["jobs"][0]["name"] == get("/jobs")["jobs"][0]["name"] == JOB
    history = wait_until(lambda: len(get("/history")["points"]) > 3 and get("/history"), "some seconds of history")
    times = [point[0] for point in history["points"]]
    assert times == sorted(times) and len(history["fields"]) == len(history["points"][0])
    assert [point[0] for point in get(f"/history?since={times[-2]}")["points"]][:1] == times[-1:]
    assert max(point[5] for point in of_job("/history")["points"]) >= 1, "no worker was seen to run"


def check_job(read):
    job = of_job()
    assert (job["unit"], job["pid"]) == (f"etl-job@{JOB}.service", main_pid(f"etl-job@{JOB}.service"))
    assert job["bad"] == {"not_json": 2, "wrong_type": 1} and job["store_bytes"] > 0 and job["lag_usec"] == 0
    sink = job["sinks"][0]
    assert (sink["name"], sink["kind"], sink["state"], sink["exactly_once"]) == ("console", "results", "ready", False)
    assert sink["rows_total"] > 0 and sink["epoch_delivered_at_usec"] > job["watermark_usec"]
    assert 0 < job["latency"]["sum_seconds"] / job["latency"]["count"] < 60, job["latency"]
    counts = [count for _, count in job["epoch_duration"]["buckets"]]
    assert counts == sorted(counts) and counts[-1] == job["epoch_duration"]["count"] > 0
    partitions = of_job("/partitions")["partitions"]
    assert sum(partition["records"] for partition in partitions) == sum(partition["position"] for partition in partitions) == read
    leases = {(lease["partition"], lease["start"]) for partition in partitions for lease in partition["leases"]}
    worker = of_job("/workers")["workers"][0]
    assert leases == {(lease["partition"], lease["start"]) for lease in worker["leases"]} and leases
    assert (worker["unit"], worker["pid"]) == (f"etl-worker@{JOB}:1.service", main_pid(f"etl-worker@{JOB}:1.service"))
    assert worker["records"] == read and worker["unit"] in worker["journal"]
    query = of_job("/query")
    assert "GROUP BY" in query["query"] and any(TOPIC in line for line in query["plan"])
    assert [column["role"] for column in query["columns"]] == ["key", "key", "value", "value"]


def check_dead_letters():
    answer = of_job("/dead-letters")
    assert answer["counts"] == {"not_json": 2, "wrong_type": 1, "late": 1}
    letters = {letter["reason"]: letter for letter in answer["dead_letters"]}
    assert [letter["id"] for letter in answer["dead_letters"]] == [1, 2, 3, 4] and answer["next_since"] == 4
    assert letters["wrong_type"]["column"] == "t" and json.loads(letters["wrong_type"]["value"]) == {"t": "x"}
    assert {letter["value_encoding"] for letter in answer["dead_letters"]} == {"utf-8", "base64"}
    late = letters["late"]
    assert (late["event_time_usec"], late["window_end_usec"]) == ((START + 5) * 10**6, (START + 10) * 10**6)
    assert late["late_by_usec"] == (START + 49) * 10**6 - late["window_end_usec"]
    assert of_job("/dead-letters?since=3")["dead_letters"] == answer["dead_letters"][3:]
    assert of_job("/dead-letters?limit=1") == {**answer, "dead_letters": answer["dead_letters"][3:]}
    page = of_job("/dead-letters?since=0&limit=3")
    assert (page["dead_letters"], page["next_since"]) == (answer["dead_letters"][:3], 3)


def check_config():
    settings = {setting["key"]: setting for setting in of_job("/config")["settings"]}
    assert settings["source.properties"]["value"][-1] == "sasl.password=***"
    assert (settings["workers.max"]["value"], settings["workers.max"]["default"]) == (4, True)
    assert (settings["trigger"]["value"], settings["trigger"]["default"]) == ("200ms", False)
    assert settings["sinks[0].type"]["value"] == "console" and "sinks[0].folder" not in settings
    assert "not to be shown" not in json.dumps(of_job("/config"))
    suite = {setting["key"]: setting["value"] for setting in get("/config")["settings"]}
    assert suite["http.show_records"] is False


def check_changes(read):
    cursor = journal_cursor()
    assert change("pause")["paused"] and change("pause")["paused"] and not change("resume")["paused"]
    job = change("workers", {"min": 2, "max": 2}, "PUT")
    assert (job["workers_min"], job["workers_max"], job["limits_overridden"]) == (2, 2, True)
    wait_until(lambda: len(workers(JOB)) == 2, "two workers run")
    systemctl("restart", COORDINATOR)
    wait_until(lambda: is_running() and len(workers(JOB)) == 2, "the coordinator that comes knows that")
    job = change("workers", {"min": None, "max": None}, "PUT")
    assert (job["workers_min"], job["workers_max"], job["limits_overridden"]) == (1, 4, False)
    change("drain", status=202)
    wait_until(lambda: of_job()["state"] == "stopped", "the job is drained")
    change("drain", status=202)
    assert unit(f"etl-job@{JOB}.service", "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert ask(f"{V1}/jobs/{JOB}/reset", "POST", {"confirm": JOB})[0] == 409
    assert ask(f"{V1}/jobs/{JOB}/results")[0] == 409
    change("start", status=202)
    wait_until(is_running, "the job runs again")
    before, epoch = main_pid(f"etl-job@{JOB}.service"), of_job()["epoch"]
    change("restart", status=202)
    wait_until(lambda: main_pid(f"etl-job@{JOB}.service") not in (0, before) and is_running(), "it is another process")
    change("reset", {"confirm": "somebody"}, status=400)
    change("reset", {"confirm": JOB}, status=202)
    wait_until(lambda: of_job()["epoch"] and of_job()["epoch"] > epoch and is_read(read), "all is read anew, in later epochs")
    epoch = of_job()["epoch"]
    change("restart", status=202)
    wait_until(lambda: of_job()["uptime_usec"] and is_running() and of_job()["epoch"] is not None, "it runs again")
    assert of_job()["epoch"] >= epoch
    status, answer = ask(f"{V1}/reload", "POST")
    assert (status, answer["jobs"][0]["name"]) == (200, JOB)
    entries = journal(f"_SYSTEMD_UNIT={COORDINATOR}", "MESSAGE_ID=c2b4b5cfabfd4d849b710fcbbd298dd5", after=cursor)
    assert {entry["STREAMETL_PEER_UID"] for entry in entries} == {"0"} and len(entries) >= 10
    assert any("pause" in entry["MESSAGE"] and entry["STREAMETL_JOB"] == JOB for entry in entries)


def test_results_by_key_are_those_of_the_last_epoch():
    start(trigger="1 hour", watermark="1 hour")
    produce(TOPIC, events(range(30), "a") + events(range(30), "Linear Algebra") + [{"t": START, "n": 5}])
    wait_until(lambda: is_read(61) and of_job()["groups"] == 7, "all is merged")
    answer = results()
    assert (answer["epoch"], answer["rows"], answer["total"]) == (0, [], 0), "merged, and of no epoch yet"

    write_job(JOB, job_text(watermark="1 hour"))
    assert ask(f"{V1}/reload", "POST")[0] == 200
    answer = wait_until(lambda: are_given_out(61), "an epoch is closed")
    wait_until(lambda: of_job()["epoch"] == answer["epoch"], "the job has told of it")
    assert answer["epoch_at_usec"] == of_job()["epoch_at_usec"]
    assert [column["name"] for column in answer["columns"]] == ["start", "k", "c", "total"]
    starts = [row[0] for row in answer["rows"]]
    assert starts == sorted(starts, reverse=True) and answer["total"] == len(starts) == 7
    assert [None, 1, 5] in [row[1:] for row in answer["rows"]]

    some = results([("k", "Linear Algebra")])
    assert [row[1] for row in some["rows"]] == ["Linear Algebra"] * 3 and some["total"] == 3
    assert results([("K", "Linear Algebra"), ("start", starts[-1])])["rows"] == [[starts[-1], "Linear Algebra", 10, 10]]
    assert results([("k", "nobody")])["total"] == 0
    pages, after = [], None
    while not pages or after:
        page = results(limit=3, **({"after": after} if after else {}))
        pages.append(page["rows"])
        after = page["after"]
    assert [len(rows) for rows in pages] == [3, 3, 1] and sum(pages, []) == answer["rows"]
    for query, what in [("where=corse=x", "start, k, c, total"), ("where=k", "COLUMN=VALUE"), ("after=x", "after"),
                        ("limit=1001", "1 to 1000"), ("wher=k=x", "where limit after")]:
        status, problem = ask(f"{V1}/jobs/{JOB}/results?{query}")
        assert status == 400 and what in problem["detail"], problem


def test_results_without_groups_are_the_rows_of_the_last_epoch():
    start(query=f"SELECT k, n FROM {TOPIC} WHERE n > 0")
    assert results()["rows"] == []
    produce(TOPIC, events([1], "first"))
    wait_until(lambda: results()["rows"] == [["first", 1]], "the row is given out")
    produce(TOPIC, events([2], "second"))
    wait_until(lambda: results()["rows"] == [["second", 1]], "the next one is")
    assert results([("k", "first")])["rows"] == []
    produce(TOPIC, [{"t": START, "k": "many", "n": n} for n in range(1, 2001)], 0)
    wait_until(lambda: results()["rows"][:1] == [["many", 2000]], "the newest comes first")
    page = results(limit=2)
    assert page["rows"] == [["many", 2000], ["many", 1999]]
    assert results(limit=2, after=page["after"])["rows"] == [["many", 1998], ["many", 1997]]


@contextlib.contextmanager
def stream(path=f"{V1}/events", address=TCP, **headers):
    """The events of a stream, as (event, id, data)."""
    connection = Connection(address)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream")
    try:
        yield read_events(response)
    finally:
        connection.close()


def read_events(response):
    fields = {}
    for line in response:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield fields["event"], fields.get("id"), json.loads(fields["data"])
            fields = {}


def until(received, predicate):
    """The first event that the predicate is true of; each is checked."""
    schemas = {"status": "Status", "job": "JobDetail", "workers": "Workers", "decision": "Decision"}
    for event, number, data in received:
        if event in schemas:
            check_named(schemas[event], data)
        if predicate(event, data):
            return number, data
    raise AssertionError("the stream has ended")


def test_a_stream_tells_of_decisions_and_epochs():
    start()
    with stream(f"{V1}/events?job={JOB}") as received:
        assert [next(received)[0] for _ in range(3)] == ["status", "job", "workers"]
        change("workers", {"min": 2}, "PUT")
        last, decision = until(received, lambda event, data: event == "decision" and data["workers_wanted"] == 2)
        assert int(last) == decision["id"] and decision in get("/decisions")["decisions"]
        until(received, lambda event, data: event == "workers" and sum(w["state"] == "active" for w in data["workers"]) == 2)
        produce(TOPIC, events([1]))
        _, epoch = until(received, lambda event, data: event == "epoch")
        assert set(epoch) == {"job", "epoch", "at_usec", "rows", "watermark_usec"} and epoch["rows"] == 1
    change("workers", {"min": 3}, "PUT")
    with stream(**{"Last-Event-ID": last}) as received:
        event, number, missed = next(received)
        assert (event, missed["workers_wanted"]) == ("decision", 3) and int(number) > int(last)
    decisions = get("/decisions")
    assert [d["id"] for d in decisions["decisions"]] == sorted(d["id"] for d in decisions["decisions"])
    assert get(f"/decisions?since={last}")["decisions"] == [d for d in decisions["decisions"] if d["id"] > int(last)]
    assert get("/decisions?limit=1") == {**decisions, "decisions": decisions["decisions"][-1:]}
    assert get(f"/decisions?since={decisions['next_since']}") == {"decisions": [], "next_since": decisions["next_since"]}
    assert ask(f"{V1}/events?job=nobody")[0] == 404

    open_streams = []
    try:
        while len(open_streams) < 16:  # the coordinator notices after a moment that those above are closed
            wait_until(lambda: opens_stream(open_streams), "there is room for a stream")
        assert ask(f"{V1}/events", address=TCP)[0] == 503
        with stream(address=API_SOCKET) as received:
            assert next(received)[0] == "status"
    finally:
        for connection in open_streams:
            connection.close()


def opens_stream(connections):
    connection = Connection(TCP)
    connection.request("GET", f"{V1}/events")
    if connection.getresponse().status == 200:
        connections.append(connection)
        return True
    connection.close()
    return False


def test_over_tcp_nothing_changes_and_no_record_is_shown():
    start()
    for pattern, operations in DESCRIPTION["paths"].items():
        path = pattern.replace("{job}", JOB)
        for method in {"POST", "PUT", "DELETE", "PATCH"}:
            status, problem = ask(path, method, address=TCP)
            assert status == (403 if method.lower() in operations else 405), (path, method, problem)
    assert of_job()["paused"] is False
    for path in ("results", "dead-letters"):
        status, problem = ask(f"{V1}/jobs/{JOB}/{path}", address=TCP)
        assert status == 403 and "show_records" in problem["detail"]
    before = CONFIG.read_text(encoding="utf-8")
    try:
        CONFIG.write_text("http : { show_records = true; };\n", encoding="utf-8")
        assert ask(f"{V1}/reload", "POST")[0] == 200
        for path in ("results", "dead-letters"):
            assert ask(f"{V1}/jobs/{JOB}/{path}", address=TCP)[0] == 200
        CONFIG.write_text("http : {\n  show_records = 7; };\n", encoding="utf-8")
        status, problem = ask(f"{V1}/reload", "POST")
        assert status == 422 and (problem["file"], problem["line"]) == (str(CONFIG), 2), problem
        assert ask(f"{V1}/jobs/{JOB}/results", address=TCP)[0] == 200, "the old configuration stays"
    finally:
        CONFIG.write_text(before, encoding="utf-8")


def test_who_asks_from_elsewhere_gets_nothing():
    start()
    for headers, status in [
        ({"Host": "evil.example"}, 403), ({"Host": "evil.example:8081"}, 403), ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "localhost:8081"}, 200), ({"Host": "127.0.0.1:8081"}, 200), ({"Host": "[::1]:8081"}, 200),
        ({"Host": "localhost:8081", "Origin": "http://evil.example"}, 403), ({"Host": "localhost:8081", "Origin": "null"}, 403),
        ({"Host": "localhost:8081", "Origin": "http://localhost:8082"}, 403),
        ({"Host": "localhost:8081", "Origin": "http://localhost:8081"}, 200),
    ]:
        assert ask(f"{V1}/status", address=TCP, headers=headers)[0] == status, headers
    assert ask(f"{V1}/jobs/{JOB}/pause", "POST", headers={"Origin": "http://evil.example"})[0] == 403
    for path, body, status in [("pause", {}, 413), ("workers", {"min": "x" * 70_000}, 413), ("workers", {"min": -1}, 400),
                               ("workers", {"min": 3, "max": 2}, 400), ("workers", {"most": 2}, 400), ("workers", [1], 400),
                               ("reset", {}, 400)]:
        method = "PUT" if path == "workers" else "POST"
        assert ask(f"{V1}/jobs/{JOB}/{path}", method, body)[0] == status, (path, body)
    for address in (TCP, API_SOCKET):
        for head in (b"Content-Length: 1", b"Transfer-Encoding: chunked"):
            with connect(address) as connection:
                connection.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n1")
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                assert answer.status == 413, head
                assert answer.headers["Connection"] == "close"
    assert ask(f"{V1}/jobs/nobody")[0] == 404
    assert ask(f"{V1}/nothing")[0] == 404
    assert of_job()["limits_overridden"] is False and of_job()["paused"] is False


def connect(address):
    connection = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    connection.settimeout(20)
    connection.connect(address)
    return connection


def is_closed(connection):
    """By the other side."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_connections_are_limited_in_number_and_time():
    start()
    trickle = connect(TCP)
    with contextlib.ExitStack() as opened:
        idle = [opened.enter_context(connect(TCP)) for _ in range(80)]
        assert get("/status")["jobs_running"] == 1, "the other socket is not concerned"
        wait_until(lambda: all(is_closed(connection) for connection in idle[:40]), "who asks nothing is cut")
        wait_until(lambda: answers(TCP), "there is room again")

    def drip():
        """A byte now and then keeps a connection busy, and is not enough to keep it."""
        try:
            trickle.setblocking(True)
            trickle.send(b"G")
        except OSError:
            return True
        return is_closed(trickle)
    wait_until(drip, "a request that takes for ever is cut")


def test_a_large_state_comes_whole_and_who_does_not_take_it_is_cut():
    for number in range(1800):
        write_job(f"one_of_many_jobs_whose_name_is_somewhat_long_{number}", job_text() + "enabled = false;\n")
    start()
    with stream() as received:
        for _ in range(2):  # the stream stands
            event, _, status = next(received)
            assert event == "status" and len(json.dumps(status, separators=(",", ":"))) > 2**20
        change("workers", {"min": 2}, "PUT")
        until(received, lambda event, data: event == "decision")
    slow = {}
    for path in ("/jobs", "/events"):
        slow[path] = socket.socket()
        slow[path].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow[path].settimeout(20)
        slow[path].connect(TCP)
        # The kernel takes some 4 MiB of what nobody reads.
        slow[path].send(f"GET {V1}{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * (8 if path == "/jobs" else 1))

    def is_cut(connection):
        """By the coordinator, although there is something to read."""
        with contextlib.suppress(ConnectionError):
            connection.recv(1)
        ends = (f"0100007F:{port:04X}" for port in (TCP[1], connection.getsockname()[1]))
        return " ".join([*ends, "01"]) not in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii")  # 01: established
    wait_until(lambda: [is_cut(connection) for connection in slow.values()] == [True, True],
               "who takes a byte now and then is cut")


def answers(address):
    try:
        return ask(f"{V1}/status", address=address)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def random_request(generator):
    """Anything from nearly right to noise."""
    paths = [pattern.replace("{job}", JOB) for pattern in DESCRIPTION["paths"]] + ["/", "/streametl.js", f"{V1}/jobs/%00", "*", ""]
    path = generator.choice(paths)
    if generator.random() < 0.5:
        at = generator.randrange(len(path) + 1)
        noise = ["%", "%zz", "..", "/../../etc/passwd", "%2e%2e%2f", "?since=-1", "?limit=99999999999999999999", "?where==&where",
                 "?after=%00", "?job=" + "x" * 300, "\t", "\x80", "{job}", "#", "?" + "&" * 2000]
        path = path[:at] + generator.choice(noise) + path[at:]
    method = generator.choice(["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT", "get", "G\x00T", "", "A" * 3000])
    if method == "POST" and path.endswith(("drain", "restart", "reset", "pause")):
        method = "GET"
    headers = [generator.choice([
        "Host: localhost", "Host: a\r\nHost: b", "Content-Length: -1", "Content-Length: 5", "Content-Length: 99999999999",
        "Content-Length: 3\r\nContent-Length: 4", "Transfer-Encoding: chunked", "Transfer-Encoding: x", "Expect: 100-continue",
        "Last-Event-ID: " + "9" * 40, "X: " + "y" * generator.randrange(20_000), "no colon", ": empty", "Connection: close",
        "Origin: http://localhost", "Accept: */*\x00", "Upgrade: websocket\r\nConnection: Upgrade",
    ]) for _ in range(generator.randrange(4))]
    version = generator.choice(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP", ""])
    text = "\r\n".join([f"{method} {path} {version}", *headers, "", ""]).encode("latin-1")
    body = generator.choice([b"", b"{", b'{"min": 1}', b"5\r\nabcde\r\n0\r\n\r\n", generator.randbytes(generator.randrange(300))])
    data = bytearray(text + body)
    for _ in range(generator.choice([0, 0, 0, 1, 5, 50])):
        data[generator.randrange(len(data))] = generator.randrange(256)
    return bytes(data[:generator.randrange(len(data)) + 1] if generator.random() < 0.2 else data)


def send(address, data, reads):
    try:
        with connect(address) as connection:
            connection.settimeout(0.05)
            connection.sendall(data)
            if reads:
                connection.recv(4096)
    except OSError:
        pass  # it need not be polite


def test_ten_thousand_bad_requests_disturb_nothing():
    start()
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    before = get("/status")
    pids = {name: main_pid(name) for name in [COORDINATOR, f"etl-job@{JOB}.service", *workers(JOB)]}
    for number in range(10_000):
        send(generator.choice([TCP, API_SOCKET]), random_request(generator), reads=number % 32 == 0)
    wait_until(lambda: answers(TCP) and answers(API_SOCKET), "it answers")
    after = get("/status")
    assert after["rss_bytes"] < before["rss_bytes"] + 16 * 2**20, (before["rss_bytes"], after["rss_bytes"])
    assert {name: main_pid(name) for name in pids} == pids
    produce(TOPIC, events(range(10)))
    wait_until(lambda: are_given_out(10), "the job works on")
