# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka --postgres
"""What reaches Kafka, PostgreSQL and files is there exactly once, whoever is killed; and what is put aside, too."""

import json
import pathlib
import re
import shutil
import urllib.request

import kafka
import outputs
import pytest
from durability import PACE, disturb_between_epochs, job_unit, kill
from jobs import CLOSING_TIME, START_TIME, Job, close_windows, expectation, produce_reference, stop
from support import COORDINATOR, JOBS, STATE, journal, journal_cursor, run, systemctl, unit, wait_until, write_job

COUNT = 300_000
CLOSING_USEC = CLOSING_TIME * 1_000_000

pytestmark = pytest.mark.timeout(300)


def all_sinks(name):
    """In Kafka and PostgreSQL under the name given, in files of the job."""
    return f"""sinks = ( {{ type = "kafka"; topic = "{name}_out"; }},
                         {{ type = "postgresql"; connection = "{outputs.CONNECTION}"; table = "{name}"; }},
                         {{ type = "file"; folder = "{outputs.FOLDER}"; }} );"""


def make_job(name, partitions=4, count=COUNT, seed=31, **options):
    kafka.create_topic(name, partitions)
    kafka.create_topic(f"{name}_out", 2)
    outputs.make_folder()
    outputs.drop_tables(name)
    produce_reference(name, count, seed)
    return Job(name, sinks=all_sinks(name), trigger="500 ms", **options)


def test_final_windows_are_in_every_sink_once():
    job = make_job("appended", output="append", workers=PACE)
    close_windows("appended", 4)
    job.start()
    disturb_between_epochs(job, lambda job: kill(job_unit(job)), times=6)
    job.wait_for_records(COUNT + 4)
    wait_until(lambda: job.status()["groups"] == 4, "all windows that are over are final")
    stop()
    expected, _ = expectation("appended")
    for rows in outputs.topic_rows("appended_out"), outputs.query("SELECT * FROM appended"), outputs.file_rows("appended"):
        assert not outputs.differences(expected, rows)


def test_updated_windows_are_in_every_sink():
    job = make_job("updated", output="update", workers=PACE)
    job.start()
    disturb_between_epochs(job, lambda job: kill(job_unit(job)), times=6)
    job.wait_for_records(COUNT)
    stop()
    expected, _ = expectation("updated")
    assert not outputs.differences(expected, outputs.query("SELECT * FROM updated"))
    for rows in outputs.topic_rows("updated_out"), outputs.file_rows("updated"):
        if rows[0].get("start"):
            assert not outputs.differences(expected, outputs.last_by_key(rows))


def test_rows_without_group_by_keep_their_keys():
    job = make_job("plain", partitions=1, count=0, output="append",
                   query="SELECT course, lines_of_code AS n FROM {topic} WHERE lines_of_code >= 0")
    records = [{"timestamp": START_TIME, "course": f"tab\t \"quote\", \\ {n}", "lines_of_code": n} for n in range(1000)]
    kafka.produce("plain", records, keys=[f"key {n}" for n in range(1000)])
    job.start()
    job.wait_for_records(1000)
    stop()
    rows = [{"course": record["course"], "n": record["lines_of_code"]} for record in records]
    found = {message.key().decode(): json.loads(message.value()) for message in kafka.consume("plain_out")}
    assert found == {f"key {n}": row for n, row in enumerate(rows)}
    assert outputs.file_rows("plain") == rows
    assert sorted(outputs.query("SELECT * FROM plain"), key=lambda row: row["n"]) == rows


def test_rows_that_postgresql_refuses_become_dead_letters_and_others_go_on():
    kafka.create_topic("refused", 1)
    outputs.make_folder()
    outputs.drop_tables("refused", "refused_dead")
    courses = ["good", "with \0 NUL", "x" * 3000, "far future"]
    times = [START_TIME, START_TIME, START_TIME, 1e12]
    kafka.produce("refused", [{"timestamp": time, "course": course} for time, course in zip(times, courses)])
    job = Job("refused", trigger="500 ms", query="""SELECT window.start, course, count(*) AS count FROM {topic}
              GROUP BY window(event_time, '10 seconds'), course""", sinks=f"""
        sinks = ( {{ type = "postgresql"; connection = "{outputs.CONNECTION}"; table = "refused"; }},
                  {{ type = "file"; folder = "{outputs.FOLDER}"; }} );
        dead_letter : {{ type = "postgresql"; connection = "{outputs.CONNECTION}"; table = "refused_dead"; }};""")
    job.start()
    job.wait_for_records(4)
    stop()
    assert sorted(row["course"] for row in outputs.file_rows("refused")) == sorted(courses)
    assert sorted(row["course"] for row in outputs.query("SELECT course FROM refused")) == ["far future", "good"]
    letters = outputs.query('SELECT reason, "column", value FROM refused_dead')
    assert [(letter["reason"], letter["column"]) for letter in letters] == [("refused", "course")] * 2
    assert sorted(json.loads(letter["value"])["course"] for letter in letters) == sorted(courses[1:3])


def headers(message):
    return dict(message.headers() or [])


def dead_letters():
    return json.loads(run("etlctl", "--json", "dead-letters", "dead").stdout)


def test_dead_letters_are_kept_once_with_where_they_came_from():
    bad = [b"no json", b"\xff\x00bytes", b'{"timestamp": 1700000000, "lines_of_code": "x"}', b"[]", None]
    kafka.create_topic("dead", 1)
    kafka.create_topic("dead_letters", 1)
    outputs.make_folder()
    produce_reference("dead", COUNT, seed=32)
    for value in bad:
        kafka.produce("dead", [value], 0, keys=[b"k\xff"])
    close_windows("dead", 1)
    kafka.produce("dead", [{"timestamp": START_TIME, "course": "late"}], 0)
    job = Job("dead", trigger="500 ms", workers=PACE, sinks="""sink : { type = "console"; };
              dead_letter : { type = "kafka"; topic = "dead_letters"; };""")
    job.start()
    disturb_between_epochs(job, lambda job: kill(job_unit(job)))
    job.wait_for_records(COUNT + len(bad) + 2)
    wait_until(lambda: dead_letters()["counts"].get("late"), "all are counted")
    shown, table = dead_letters()["dead_letters"], run("etlctl", "dead-letters", "dead").stdout
    stop()
    letters = kafka.consume("dead_letters")
    assert [letter.value() for letter in letters[:5]] == [value or b"" for value in bad]
    assert [headers(letter)["streametl.reason"].decode() for letter in letters] == [
        "not_json", "not_json", "wrong_type", "not_object", "empty", "late"]
    assert [int(headers(letter)["streametl.offset"]) for letter in letters[:5]] == list(range(COUNT, COUNT + 5))
    assert all(letter.key() == b"k\xff" for letter in letters[:5])
    assert headers(letters[2])["streametl.column"] == b"lines_of_code"
    assert [(letter["reason"], str(letter["offset"])) for letter in shown[-6:]] == [
        (headers(letter)["streametl.reason"].decode(), headers(letter)["streametl.offset"].decode()) for letter in letters]
    assert shown[-6]["value"] == "no json" and shown[-4]["column"] == "lines_of_code"
    assert (shown[-5]["value"], shown[-5]["value_encoding"]) == ("/wBieXRlcw==", "base64")
    assert "no json" in table and "late" in table
    late = headers(letters[5])
    assert late["streametl.window_start"] == b"2023-11-14T22:13:20Z" and float(late["streametl.late_by"]) > 0


def test_a_sink_that_is_down_is_waited_for():
    job = make_job("waiting", count=1000, output="update")
    systemctl("stop", "postgresql@17-main.service")
    try:
        systemctl("start", COORDINATOR)
        wait_until(lambda: "next try" in unit(job_unit(job), "StatusText"), "the job says what it waits for")
        assert "Sink postgresql" in unit(job_unit(job), "StatusText")
        wait_until(lambda: job.status()["state"] == "waiting", "the job waits")
        assert job.status()["why"].startswith("Sink postgresql: ") and "in 0 s" not in job.status()["why"]
        assert f'streametl_job_state{{job="{job.name}",state="waiting"}} 1' in urllib.request.urlopen("http://127.0.0.1:8081/metrics").read().decode()
        produce_reference("waiting", 500, seed=33)
    finally:
        systemctl("start", "postgresql@17-main.service")
    job.wait_for_records(1500)
    wait_until(lambda: sum(row["count"] for row in outputs.query("SELECT count FROM waiting")) == 1500,
               "all is delivered")
    stop()


def test_the_same_job_on_another_host_is_refused():
    """Another state stands for the other host's: it finds markers that are not its own."""
    job = make_job("twice", count=1000, output="update")
    job.start()
    job.wait_for_records(1000)
    stop()
    before = outputs.topic_rows("twice_out")
    state = pathlib.Path("/var/lib/streametl/twice")
    state.rename("/var/lib/streametl/twice.first")
    systemctl("start", COORDINATOR)
    entries = wait_until(lambda: journal(f"_SYSTEMD_UNIT={job_unit(job)}", "PRIORITY=3", after=job.cursor),
                         "the job says why it stops")
    assert "written with another state" in entries[0]["MESSAGE"] and "etlctl adopt twice" in entries[0]["MESSAGE"]
    stop()
    assert outputs.topic_rows("twice_out") == before
    assert sum(row["count"] for row in outputs.query("SELECT count FROM twice")) == 1000


def lose_marker(sink, name):
    """As when a topic or a table is made anew, or somebody tidies up."""
    if sink == "kafka":
        kafka.delete_topics(f"{name}_out")
        kafka.create_topic(f"{name}_out", 2)
    elif sink == "postgresql":
        outputs.execute("DELETE FROM streametl_epochs")
    else:
        next(outputs.FOLDER.glob(f".{name}.*.marker")).unlink()


def count_of(sink, name):
    rows = {"kafka": lambda: outputs.topic_rows(f"{name}_out"), "postgresql": lambda: outputs.query(f"SELECT count FROM {name}"),
            "file": lambda: outputs.file_rows(name)}[sink]()
    return len(rows)


@pytest.mark.parametrize("sink", ["kafka", "postgresql", "file"])
def test_each_sink_tells_whose_it_is(sink):
    """Another state, an older one, a marker that is gone: the job stops and says why, and what is delivered stays."""
    name = f"owner_{sink}"
    kafka.create_topic(name, 1)
    kafka.create_topic(f"{name}_out", 2)
    outputs.make_folder()
    outputs.drop_tables(name)
    one = re.search(rf'{{ type = "{sink}".*?}}', all_sinks(name))[0]
    job = Job(name, output="append", trigger="200 ms", sinks=f"sink : {one};", query="SELECT course, lines_of_code AS count FROM {topic}")
    state, first, older = (pathlib.Path(f"/var/lib/streametl{end}") for end in (f"/{name}", ".first", ".older"))

    def work(total):
        job.start()
        job.wait_for_records(total)
        stop()
        assert count_of(sink, name) == total

    def is_refused(why):
        before = count_of(sink, name)
        systemctl("start", COORDINATOR)
        text = job.end_until_somebody_acts()
        stop()
        assert why in text and f"systemctl stop etl-job@{name} && etlctl adopt {name} && etlctl start {name}" in text
        assert count_of(sink, name) == before

    try:
        produce_reference(name, 1000, seed=35)
        work(1000)
        run("cp", "-a", str(state), str(older))
        state.rename(first)
        is_refused("written with another state")
        shutil.rmtree(state)
        first.rename(state)
        produce_reference(name, 500, seed=36)
        work(1500)
        state.rename(first)
        older.rename(state)
        is_refused("and the state expects")
        shutil.rmtree(state)
        first.rename(state)
        lose_marker(sink, name)
        is_refused("its marker is gone")
    finally:
        for folder in first, older:
            shutil.rmtree(folder, ignore_errors=True)


def test_a_copy_of_the_state_that_is_one_epoch_behind_is_refused():
    """It counts up to the number that the sink holds, with other rows."""
    name = "behind"
    kafka.create_topic(name, 1)
    outputs.drop_tables(name)
    sink = f'sink : {{ type = "postgresql"; connection = "{outputs.CONNECTION}"; table = "{name}"; }};'
    job = Job(name, output="append", trigger="200 ms", sinks=sink, query="SELECT course FROM {topic}")
    produce_reference(name, 1000, seed=35)
    job.start()
    job.wait_for_records(1000)
    stop()
    outputs.execute(f"UPDATE streametl_epochs SET epoch = epoch + 1 WHERE sink = '{name}.postgresql'")
    produce_reference(name, 500, seed=36)
    systemctl("start", COORDINATOR)
    assert "and the state expects" in job.end_until_somebody_acts()
    stop()
    # The epoch that was refused is in the state now, under the number that the sink holds.
    systemctl("start", COORDINATOR)
    job.end_until_somebody_acts()
    stop()
    assert len(outputs.query(f"SELECT course FROM {name}")) == 1000
    run("etlctl", "adopt", name)
    job.start()
    job.wait_for_records(1500)
    stop()
    assert len(outputs.query(f"SELECT course FROM {name}")) == 1500


def test_a_job_gets_another_name():
    """As streametl-job(5) says that it is done."""
    name, renamed = "name_before", "name_after"
    kafka.create_topic(name, 1)
    outputs.drop_tables(name)
    job = Job(name, sinks=f'sink : {{ type = "postgresql"; connection = "{outputs.CONNECTION}"; table = "{name}"; }};')
    produce_reference(name, 1000, seed=37)
    job.start()
    job.wait_for_records(1000)
    systemctl("stop", job_unit(job))
    (JOBS / f"{name}.conf").rename(JOBS / f"{renamed}.conf")
    (STATE / name).rename(STATE / renamed)
    run("etlctl", "adopt", renamed)
    systemctl("reload", COORDINATOR)
    job.name = renamed
    produce_reference(name, 500, seed=38)
    wait_until(lambda: job.status()["processed"] == 1500 and job.status()["backlog"] == 0, "the records that came since are read")
    stop()
    assert sum(row["count"] for row in outputs.query(f"SELECT count FROM {name}")) == 1500


def test_a_job_can_adopt_its_sinks_and_be_reset():
    job = make_job("adopted", count=1000, output="append", query="SELECT course FROM {topic}")
    job.start()
    job.wait_for_records(1000)
    assert "stop it first" in run("/usr/libexec/streametl/etl-job", "--reset", "adopted", check=False).stderr
    stop()
    outputs.shutil.rmtree("/var/lib/streametl/adopted")
    systemctl("start", COORDINATOR)
    wait_until(lambda: journal(f"_SYSTEMD_UNIT={job_unit(job)}", "PRIORITY=3", after=job.cursor),
               "the job without its state is refused")
    job.end_until_somebody_acts()
    run("etlctl", "adopt", "adopted")
    run("etlctl", "start", "adopted")
    job.start()
    job.wait_for_records(1000)
    stop()
    for rows in outputs.topic_rows("adopted_out"), outputs.file_rows("adopted"):
        assert len(rows) == 2000
    run("etlctl", "reset", "--yes", "adopted")
    job.start()
    job.wait_for_records(1000)
    stop()
    assert len(outputs.topic_rows("adopted_out")) == 3000
    assert outputs.query("SELECT count(*) FROM adopted") == [{"count": 3000}]


def test_passwords_are_credentials():
    """The source and a sink log in (SASL/PLAIN); the password stands in neither the configuration nor the journal."""
    sasl = """properties = ( "bootstrap.servers=localhost:9094", "security.protocol=SASL_PLAINTEXT",
        "sasl.mechanism=PLAIN", "sasl.username=streametl", "sasl.password=${credential:streametl.kafka}" );"""
    credential = pathlib.Path("/etc/credstore/streametl.kafka")
    kafka.create_topic("sasl", 1)
    kafka.create_topic("sasl_out", 1)
    produce_reference("sasl", 1000, seed=34)
    job = Job("sasl", sinks=f'sink : {{ type = "kafka"; topic = "sasl_out"; {sasl} }};')
    write_job("sasl", job.text.replace("idle_after", f"{sasl} idle_after"))
    systemctl("start", COORDINATOR)
    entries = wait_until(lambda: journal(f"_SYSTEMD_UNIT={job_unit(job)}", "PRIORITY=3", after=job.cursor),
                         "the job says that there is no password")
    assert 'no credential "streametl.kafka"' in entries[0]["MESSAGE"]
    stop()
    credential.parent.mkdir(exist_ok=True)
    credential.write_text("not a secret\n")
    credential.chmod(0o600)
    try:
        job.start()
        job.wait_for_records(1000)
        stop()
    finally:
        credential.unlink()
    expected, _ = expectation("sasl")
    assert not outputs.differences(expected, outputs.last_by_key(outputs.topic_rows("sasl_out")))
    assert not any("not a secret" in line for line in job.lines())
