# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""etlctl: each verb beside what it speaks of, on a real Kafka."""

import csv
import gzip
import io
import json
import pathlib
import re
import signal
import socket

import kafka
import outputs
import pytest
from jobs import START_TIME, Job, expectation, produce_reference, stop
from support import COORDINATOR, api, run, systemctl, unit, wait_until, workers, write_job
from terminal import Terminal

COUNT = 2000
BASH = pathlib.Path("/usr/share/bash-completion/completions/etlctl")
ZSH = pathlib.Path("/usr/share/zsh/vendor-completions/_etlctl")


def etlctl(*arguments, status=0):
    """Its standard output; of a failure, standard error."""
    result = run("etlctl", *arguments, check=False)
    assert result.returncode == status, f"etlctl {arguments}: status {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout if status == 0 else result.stderr


def asked(*arguments):
    return json.loads(etlctl("--json", *arguments))


def table(text):
    """Rows of an aligned table as dictionaries; the columns of a head begin or end where those of its rows do."""
    lines = text.rstrip("\n").split("\n")
    heads = re.split(r"  +", lines[0])
    rows = [re.split(r"  +", line.strip()) for line in lines[1:]]
    return [dict(zip(heads, row)) for row in rows]


def manual():
    text = next(pathlib.Path("/usr/share/man/man1").glob("etlctl.1*")).read_bytes()
    return (gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text).decode()


@pytest.fixture
def job():
    """One that has read a topic of two partitions, with two dead letters."""
    if "shown" in kafka.topics():
        kafka.delete_topic("shown")
        wait_until(lambda: "shown" not in kafka.topics(), "the topic has gone")
    kafka.create_topic("shown", 2)
    produce_reference("shown", COUNT)
    kafka.produce("shown", [b"no json", {"timestamp": START_TIME, "lines_of_code": "x"}], 1)
    shown = Job("shown", workers="min = 1; max = 3;", trigger="200 ms")
    shown.start()
    shown.wait_for_records(COUNT + 2)
    wait_until(lambda: shown.status()["epoch"], "an epoch is given out")
    return shown


def test_help_manual_and_completions_name_the_same():
    text = etlctl("--help")
    verbs = re.findall(r"^  ([a-z-]+)(?: .*)?  +\S", text.split("--output")[0], re.MULTILINE)
    options = set(re.findall(r"^  (?:-., |    )(--[a-z-]+)", text, re.MULTILINE))
    assert len(verbs) == 22 and len(options) == 22
    page = manual()
    assert set(re.findall(r"^\.It Cm ([a-z-]+)", page, re.MULTILINE)) == set(verbs)
    described = " ".join(line for line in page.splitlines() if line.startswith(".It Fl"))
    assert {f"--{name}" for name in re.findall(r"Fl -([a-z-]+)", described)} == options
    bash, zsh = BASH.read_text(), ZSH.read_text()
    assert re.search(r"verbs='(.*)'", bash)[1].split() == verbs
    assert set(re.findall(r"--[a-z-]+", " ".join(re.findall(r"(?:flags|valued)='(.*)'", bash)))) == options
    assert re.findall(r"^ +['\"]([a-z-]+):", zsh.split("verbs=(")[1].split(")")[0], re.MULTILINE) == verbs
    assert set(re.findall(r"--[a-z-]+", zsh.split("_arguments")[1])) == options
    for verb in verbs:
        assert re.search(rf"^  {verb}(?: .*)?  +\S", etlctl(verb, "--help"), re.MULTILINE)


def test_exit_statuses_say_what_went_wrong():
    assert "did you mean status" in etlctl("staus", status=2)
    assert "needs the name of a job" in etlctl("pause", status=2)
    assert "no argument" in etlctl("jobs", "a", status=2)
    assert "jobs does not take --where" in etlctl("jobs", "--where", "a=b", status=2)
    assert "COLUMN=VALUE" in etlctl("results", "a", "--where", "ab", status=2)
    assert "table, json and csv" in etlctl("jobs", "-o", "yaml", status=2)
    assert "1 to 1000" in etlctl("decisions", "-n", "0", status=2)
    assert "--default" in etlctl("scale", "a", status=2) and "--yes" in etlctl("reset", "a", status=2)
    assert "systemctl start etl-coordinator" in etlctl("status", status=3)
    assert "there is no job nope" in etlctl("explain", "nope", status=4)
    systemctl("start", COORDINATOR)
    for verb in ("status", "workers", "partitions", "decisions", "results", "dead-letters", "lag", "pause", "resume"):
        assert "nope" in etlctl(verb, "nope", status=4)
    result = run("setpriv", "--reuid=nobody", "--clear-groups", "etlctl", "status", check=False)
    assert (result.returncode, "try sudo" in result.stderr) == (1, True)


def test_what_is_shown_is_what_is(job):
    """Against the API, Kafka and systemd."""
    status = asked("status")
    assert status["jobs_running"] == 1 and status.keys() == api("/api/v1/status")[1].keys()
    text = etlctl("status")
    assert text.startswith("1 of 1 jobs run, 1 worker (wanted 1), ") and "\n! " not in text
    shown = table(etlctl("jobs"))[0]
    assert (shown["JOB"], shown["STATE"], shown["LAG"], shown["BAD"]) == ("shown", "running", "0", "2")
    assert (shown["MIN"], shown["MAX"], shown["LATE"]) == ("1", "3", "0")
    assert etlctl("jobs", "--no-legend").startswith("shown ")
    listed = list(csv.DictReader(io.StringIO(etlctl("jobs", "--output=csv"))))
    assert [(row["name"], row["state"], row["workers_max"]) for row in listed] == [("shown", "running", "3")]

    ends = kafka.end_offsets("shown")
    parts = {int(row["PARTITION"]): row for row in table(etlctl("partitions", "shown"))}
    assert {number: (int(row["POSITION"]), int(row["END"]), row["LAG"]) for number, row in parts.items()} == {
        number: (end, end, "0") for number, end in ends.items()}
    lag = {int(row["partition"]): row for row in asked("lag", "shown")["lag"]}
    assert {number: (row["group"], row["topic"], row["current_offset"], row["log_end_offset"], row["lag"])
            for number, row in lag.items()} == {
        number: ("streametl.shown", "shown", end, end, 0) for number, end in ends.items()}
    assert {row["consumer_id"] for row in lag.values()} == {"etl-worker@shown:1"}
    assert {row["host"] for row in lag.values()} == {socket.gethostname()}
    head = etlctl("lag").splitlines()[0].split()
    assert head == ["GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"]

    wait_until(lambda: asked("workers")["workers"][0]["records"] == COUNT + 2, "the worker has told what it did")
    worker = table(etlctl("workers", "shown"))[0]
    assert (worker["STATE"], int(worker["PID"])) == ("active", int(unit("etl-worker@shown:1.service", "MainPID")))
    assert int(worker["RECORDS"].replace(",", "")) == COUNT + 2 and "shown/" in worker["LEASES"]
    decisions = asked("decisions", "shown")["decisions"]
    assert decisions == api("/api/v1/jobs/shown/decisions")[1]["decisions"] and len(decisions) >= 1
    assert table(etlctl("decisions", "-n", "1"))[0]["REASON"] == decisions[-1]["reason"]
    assert len(asked("decisions", "--lines=1")["decisions"]) == 1

    letters = asked("dead-letters", "shown")
    assert letters["counts"]["not_json"] == 1 and letters["counts"]["wrong_type"] == 1
    assert [(row["REASON"], row["COLUMN"]) for row in table(etlctl("dead-letters", "shown").split("\n", 1)[1])] == [
        ("not_json", "-"), ("wrong_type", "lines_of_code")]
    state = table(etlctl("status", "shown").split("\n\n")[0])[0]
    assert state["JOB"] == "shown"

    etlctl("pause", "shown")
    wait_until(lambda: not workers("shown"), "nobody reads")
    kafka.produce("shown", [{"timestamp": START_TIME, "course": "x"}] * 7, 0)
    wait_until(lambda: asked("jobs")["jobs"][0]["backlog"] == 7, "the lag is known")
    row = next(row for row in table(etlctl("lag", "shown")) if row["PARTITION"] == "0")
    assert list(row.values()) == ["streametl.shown", "shown", "0", str(ends[0]), str(ends[0] + 7), "7", "-", "-", "-"]
    row = next(row for row in table(etlctl("partitions", "shown")) if row["PARTITION"] == "0")
    assert (row["POSITION"], row["END"], row["LAG"]) == (str(ends[0]), str(ends[0] + 7), "7")
    assert table(etlctl("jobs"))[0]["LAG"] == "7" and table(etlctl("jobs"))[0]["STATE"] == "paused"


def test_contents_of_records_do_not_steer_the_terminal(job):
    """Neither as tables nor as JSON; CSV for a program is as it was."""
    course = "\x9b31mred\x1b[2J\u202eder"
    kafka.produce("shown", [{"timestamp": START_TIME, "course": course, "activity": "coding"}, "\x9b31m no json".encode()], 0)
    job.wait_for_records(COUNT + 4)
    wait_until(lambda: any(course in row for row in asked("results", "shown", "--lines=1000")["rows"]), "it is among the results")
    wait_until(lambda: len(asked("dead-letters", "shown")["dead_letters"]) == 3, "so is the other among the dead letters")
    for verb in ("results", "dead-letters"):
        for form in ("table", "json"):
            assert not set(etlctl(verb, "shown", "--lines=1000", f"--output={form}")) & {"\x9b", "\x1b", "\u202e"}
    assert "?31mred?[2J?der" in etlctl("results", "shown", "--lines=1000")
    assert course in etlctl("results", "shown", "--lines=1000", "--output=csv")
    Terminal("etlctl", "--no-pager", "results", "shown", "--lines=1000", "--output=csv").wait_for("?31mred?[2J?der")


def test_results_are_those_of_the_query(job):
    """Against an independent computation over the topic's records."""
    expected_rows, _ = expectation("shown")
    rows = {}
    answer = asked("results", "shown", "--lines=1000")
    names = [column["name"] for column in answer["columns"]]
    for row in (dict(zip(names, values)) for values in answer["rows"]):
        key = (outputs.usec(row["start"].replace(" ", "T") + "Z"), row["course"], row["activity"])
        rows[key] = (row["total_loc"], row["count"])
    assert rows == {key: (row.total_loc, row.count) for key, row in expected_rows.items()}
    course = "Linear Algebra"
    some = asked("results", "shown", "--where", f"course={course}", "--where", "activity=coding", "-n", "1000")
    assert some["total"] == sum(key[1:] == (course, "coding") for key in rows) > 0
    shown = table(etlctl("results", "shown", "--where", f"course={course}", "-n", "3").split("\n", 1)[1])
    assert len(shown) == 3 and {row["course"] for row in shown} == {course}
    lines = list(csv.DictReader(io.StringIO(etlctl("results", "shown", "-o", "csv", "--where", f"course={course}"))))
    assert {line["course"] for line in lines} == {course}
    assert "course" in etlctl("results", "shown", "--where", "curse=x", status=1)


def state_of(name="shown"):
    return asked("status", name)["state"] if run("etlctl", "status", name, check=False).returncode == 0 else "down"


def test_changes_change_what_they_say(job):
    assert table(etlctl("pause", "shown"))[0]["STATE"] == "paused"
    wait_until(lambda: not workers("shown"), "paused")
    assert "Workers: the job is paused" in etlctl("status", "shown")
    assert table(etlctl("resume", "shown"))[0]["STATE"] == "running"
    wait_until(lambda: workers("shown"), "a worker is back")

    assert (asked("scale", "shown", "--min=2", "--max=2")["workers_min"], len(asked("jobs")["jobs"])) == (2, 1)
    wait_until(lambda: len(workers("shown")) == 2, "two workers")
    assert "min would be 5" in etlctl("scale", "shown", "--min=5", status=1)
    etlctl("scale", "shown", "--default")
    shown = table(etlctl("jobs"))[0]
    assert (shown["MIN"], shown["MAX"]) == ("1", "3")

    before = unit("etl-job@shown.service", "InvocationID")
    assert table(etlctl("restart", "shown"))[0]["STATE"] in ("starting", "running")
    assert unit("etl-job@shown.service", "InvocationID") != before
    wait_until(lambda: state_of() == "running", "another process")
    assert table(etlctl("drain", "shown"))[0]["STATE"] == "stopped"
    assert unit("etl-job@shown.service", "ActiveState") == "inactive"
    assert run("etlctl", "status", "shown", check=False).returncode == 3
    assert table(etlctl("start", "shown"))[0]["STATE"] in ("starting", "running")
    wait_until(lambda: state_of() == "running", "it runs again")

    write_job("second", job.text)
    assert {row["name"] for row in asked("reload")["jobs"]} == {"shown", "second"}
    write_job("second", "query = 5;")
    assert "second.conf:1:9" in etlctl("reload", status=1)
    pathlib.Path("/etc/streametl.d/second.conf").unlink()
    etlctl("reload")

    kafka.delete_records("shown", 0, 10)
    terminal = Terminal("etlctl", "reset", "shown")
    terminal.wait_for("[y/N]")
    terminal.press("n\n")
    assert terminal.end()[0] == 2
    terminal = Terminal("etlctl", "reset", "shown")
    terminal.wait_for("[y/N]")
    terminal.press("y\n")
    assert terminal.end()[0] == 0
    wait_until(lambda: job.status()["processed"] == COUNT + 2 - 10, "all that is there is read again")
    stop()
    kafka.delete_records("shown", 0, 20)
    etlctl("reset", "--yes", "shown")
    etlctl("adopt", "shown")
    job.start()
    wait_until(lambda: job.status()["processed"] == COUNT + 2 - 20, "all that is left is read once more")


def test_watch_shows_it_again(job):
    terminal = Terminal("etlctl", "--watch", "status")
    terminal.wait_for("1 of 1 jobs run")
    terminal.wait_for("\033[H\033[2J")
    systemctl("stop", COORDINATOR)
    terminal.wait_for("systemctl start etl-coordinator")
    systemctl("start", COORDINATOR)
    terminal.wait_for("1 of 1 jobs run")
    terminal.signal(signal.SIGINT)
    assert terminal.end()[0] == -signal.SIGINT


def test_explain_tells_types_and_steps():
    write_job("shown", Job("shown").text)
    lines = etlctl("explain", "shown").splitlines()
    assert lines[0] == 'Deliver: output "update", every 1s'
    assert any(re.fullmatch(r" +total_loc  BIGINT +sum\(lines_of_code\)", line) for line in lines)
    assert any("tumbling window of 10s by event_time" in line for line in lines)
    other = asked("explain", "/etc/streametl.d/shown.conf", "SELECT course FROM shown WHERE lines_of_code > 1.5")
    assert other["columns"] == [{"name": "course", "type": "STRING"}]
    assert any("Where: CAST(lines_of_code AS DOUBLE) > 1.5" in line for line in other["plan"])
    assert 'column "curse" not found; did you mean "course"?' in etlctl("explain", "shown", "SELECT curse FROM shown", status=1)
    systemctl("start", COORDINATOR)
    wait_until(lambda: api("/api/v1/jobs/shown/query")[0] == 200, "the coordinator knows the job")
    assert asked("explain", "shown")["plan"] == api("/api/v1/jobs/shown/query")[1]["plan"]


def test_simulate_draws_what_would_have_happened():
    text = etlctl("simulate", "--load=0s 0/s, 10s 500k/s, 40s 0/s", "--max=4", "--worker-rate=100000")
    rows = {line[:9].strip(): line for line in text.splitlines() if "|" in line and line[0] != " "}
    assert rows["arrival/s"].split()[1] == "500000" and rows["workers"].split()[1] == "4"
    bars = rows["workers"].split("|")[1]
    assert bars[:10].isspace() and bars[20].strip() and bars.rstrip() != bars, "none before, four in the burst, none after"
    assert re.search(r"^ +1\d\.\d\ds  0 -> 1  .*no worker runs$", text, re.MULTILINE)
    more = asked("simulate", "--load=0s 0/s, 10s 500k/s, 40s 0/s", "--max=8", "--worker-rate=100000")
    assert more["workers_most"] > 4 and more["settings"]["max"] == 8
    assert max(second["workers_wanted"] for second in more["seconds"]) == more["workers_most"]
    assert more["seconds"][5]["backlog"] == 0 and more["seconds"][-1]["workers_wanted"] == 0
    slow = asked("simulate", "--load=0s 0/s, 10s 500k/s, 40s 0/s", "--backlog-timeout=20 s", "--worker-rate=100000")
    assert slow["backlog_most"] > more["backlog_most"]
    assert "workers.min (9) is above" in etlctl("simulate", "--load=0s 1/s", "--min=9", status=1)
    assert "a time and a rate" in etlctl("simulate", "--load=0s 1/s, 5s much", status=2)
    assert "needs a load" in etlctl("simulate", status=2)


def test_simulate_takes_a_recorded_load(job):
    wait_until(lambda: len(api("/api/v1/jobs/shown/history")[1]["points"]) > 3, "some seconds are recorded")
    answer = asked("simulate", "--job=shown")
    assert (answer["settings"]["min"], answer["settings"]["max"]) == (1, 3) and answer["seconds"]


def fits(drawn, rows, columns):
    lines = re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", drawn).split("\n")
    return len(lines) <= rows and all(len(line.rstrip("\r")) <= columns for line in lines)


def test_top_is_drawn_and_leaves_the_terminal_as_it_was(job):
    terminal = Terminal("etlctl", "top")
    before = terminal.settings()
    terminal.wait_for("\033[?1049h")
    terminal.wait_for("1 of 1 jobs run")
    terminal.wait_for("Workers of shown")
    assert terminal.settings() != before
    terminal.press("p")
    terminal.wait_for("pause shown: done")
    wait_until(lambda: not workers("shown"), "the workers have gone")
    terminal.press("p")
    terminal.wait_for("resume shown: done")
    terminal.resize(10, 40)
    wait_until(lambda: fits(terminal.wait_for("\033[J").split("\033[H")[-1], 10, 40), "a small screen is drawn")
    terminal.press("q")
    status, rest = terminal.end()
    assert status == 0 and rest.endswith("\033[?25h\033[?1049l")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGABRT):
        terminal = Terminal("etlctl", "top")
        terminal.wait_for("Workers of shown")
        terminal.signal(number)
        wait_until(lambda: "\033[?1049l" in terminal.read(), "the screen is given back")
        wait_until(lambda: terminal.settings() == before, "the terminal is as it was") if number != signal.SIGABRT else None
        terminal.end()
    assert "needs a terminal" in etlctl("top", status=1)


def test_colours_and_pager_only_at_a_terminal(job):
    assert "\033" not in etlctl("jobs")
    assert "\033[32mrunning" in Terminal("etlctl", "jobs").end()[1]
    assert "\033" not in Terminal("etlctl", "jobs", NO_COLOR="1").end()[1]
    assert "\033" not in Terminal("etlctl", "jobs", TERM="dumb").end()[1]
    paged = Terminal("etlctl", "jobs", SYSTEMD_PAGER="sed 's/^/paged /'").end()
    assert paged[0] == 0 and "paged shown" in paged[1].replace("\033[0m", "").replace("\033[1m", "")
    assert "paged" not in Terminal("etlctl", "--no-pager", "jobs", SYSTEMD_PAGER="sed 's/^/paged /'").end()[1]


def bash_completions(line):
    """What TAB TAB offers behind a line."""
    script = f"""source /usr/share/bash-completion/bash_completion; source {BASH}
COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; eval "COMP_WORDS=($COMP_LINE)"
[[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _etlctl 2>/dev/null; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return run("bash", "-c", script).stdout.split()


def test_completion_knows_verbs_options_and_jobs():
    for name in ("shown", "other_one"):
        write_job(name, Job("shown").text)
    assert bash_completions("etlctl dr") == ["drain"]
    assert bash_completions("etlctl --no-p") == ["--no-pager"]
    assert bash_completions("etlctl -o ") == ["table", "json", "csv"]
    assert sorted(bash_completions("etlctl pause ")) == ["other_one", "shown"], "from their files"
    systemctl("start", COORDINATOR)
    assert bash_completions("etlctl --json pause sh") == ["shown"]
    assert bash_completions("etlctl simulate --job oth") == ["other_one"]
    terminal = Terminal("zsh", "-f", "-i")
    terminal.press("PS1='ready> '; autoload -U compinit && compinit -u -d /tmp/zcompdump; echo done$((1 + 1))\n")
    terminal.wait_for("done2")
    terminal.press("etlctl dra\t")
    terminal.wait_for("drain")
    terminal.press("oth\t")
    terminal.wait_for("other_one")
    terminal.press("\x15etlctl --no-l\t")
    terminal.wait_for("--no-legend")
    terminal.press("\x15exit\n")
    assert terminal.end()[0] == 0
