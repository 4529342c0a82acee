# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab:
"""The examples of the manual pages do what they say. Each has a comment before it that says how it is tried:

.\\" test: run [s/THIS/THAT/]   commands, to their end; JOB is a job that runs
.\\" test: follow               a command that goes on: it is ended when it has said something
.\\" test: edit                 "systemctl edit UNIT" and what is typed there
.\\" test: job NAME             a job's file
.\\" test: part                 some keys of one
.\\" test: suite                /etc/streametl.conf
.\\" test: query                a query over the reference's records
.\\" test: mistake s/THIS/THAT/ what is said of the page's first job, suite or query that has THIS, with that change
.\\" test: prometheus, promql   Prometheus' configuration, queries of it
.\\" test: skip REASON
"""

import gzip
import pathlib
import re
import subprocess

from jobs import COLUMNS
from support import CONFIG, COORDINATOR, JOBS, api, drop_in, run, systemctl, unit, wait_until, workers

PAGES = [page for folder in ("man1", "man5", "man7", "man8")
         for page in sorted(pathlib.Path("/usr/share/man", folder).glob("*etl*"))]
JOB = "cs_student_logs"
KINDS = {"run", "follow", "edit", "job", "part", "suite", "query", "mistake", "prometheus", "promql", "skip"}
BASE = f"""source : {{ topic = "{JOB}"; columns = "{COLUMNS}"; event_time = "timestamp"; }};
sink : {{ type = "console"; }};
"""
QUERY = f'query = "SELECT course, count(*) AS n FROM {JOB} GROUP BY window(event_time, \'1 minute\'), course";\n'


def source(page):
    return gzip.open(page, "rt").read() if page.suffix == ".gz" else page.read_text(encoding="utf-8")


def unescape(line):
    return line.replace(r"\e", "\\").replace(r"\&", "")


def examples(text):
    """(kind, argument, text) of each block and, in EXAMPLES, of each line that is set off; kind None: it is not marked."""
    section, mark, block = "", None, None
    for line in text.splitlines():
        if block is not None:
            if line == ".Ed":
                yield *(mark or (None, "")), "\n".join(block) + "\n"
                mark, block = None, None
            else:
                block.append(unescape(line))
        elif found := re.fullmatch(r'\.\\" test: (\w+) ?(.*)', line):
            mark = found.groups()
        elif line.startswith(".Bd -literal"):
            block = []
        elif line.startswith(".Dl ") and section == "EXAMPLES":
            yield *(mark or (None, "")), unescape(line.removeprefix(".Dl ")) + "\n"
            mark = None
        elif line.startswith(".Sh "):
            section = line.removeprefix(".Sh ")


def change(rule, text):
    """As sed does, and it must change something."""
    _, this, that, _ = rule.split("/")
    assert this in text, rule
    return text.replace(this, that)


def words(text):
    return " ".join(text.replace("...", " ").split())


class Trial:
    """What the examples of one page are tried with: a folder, and what was tried before."""

    def __init__(self, folder):
        self.folder = folder
        self.tried = []  # of jobs, suites and queries: the text, and what is said of it with a change

    def script(self, text):
        text = re.sub(r"^[#$] ", "", text, flags=re.M)
        return ["bash", "-euo", "pipefail", "-c", re.sub(r"\bJOB\b", JOB, text)]

    def run(self, argument, text):
        run(*self.script(change(argument, text) if argument else text), cwd=self.folder)

    def follow(self, _, text):
        process = subprocess.Popen(self.script(f"exec {text.lstrip('# ')}"), cwd=self.folder, stdout=subprocess.PIPE)
        try:
            assert process.stdout.readline(), "it has ended and said nothing"
            assert process.poll() is None, "it has ended"
        finally:
            process.terminate()
            process.stdout.close()
            process.wait(60)

    def edit(self, _, text):
        command, typed = text.split("\n", 1)
        name = command.removeprefix("# systemctl edit ")
        drop_in(name, typed)
        systemctl("restart", COORDINATOR)
        for setting in re.findall(r"=(\S+)", typed):
            assert setting in systemctl("show", name)
        (pathlib.Path("/run/systemd/system") / f"{name}.d" / "test.conf").unlink()
        systemctl("daemon-reload")
        systemctl("restart", COORDINATOR)

    def check(self, name, text, status=0):
        file = self.folder / f"{name}.conf"
        file.write_text(text, encoding="utf-8")
        result = run("etlctl", "check", str(file), check=False)
        assert result.returncode == status, result.stdout + result.stderr
        return result.stdout + result.stderr

    def job(self, name, text):
        self.tried.append((text, lambda rule: self.check(name, change(rule, text), 1)))
        self.check(name, text)

    def part(self, _, text):
        self.check("part", text + BASE + QUERY)

    def with_suite(self, text, status):
        before = CONFIG.read_text(encoding="utf-8")
        CONFIG.write_text(text, encoding="utf-8")
        try:
            result = run("etlctl", "check", check=False)
        finally:
            CONFIG.write_text(before, encoding="utf-8")
        assert result.returncode == status, result.stdout + result.stderr
        return result.stdout + result.stderr

    def suite(self, _, text):
        self.tried.append((text, lambda rule: self.with_suite(change(rule, text), 1)))
        self.with_suite(text, 0)

    def query(self, _, text):
        name = "query"
        self.tried.append((text, lambda rule: self.check(name, f'{BASE}query = "{change(rule, text)}";\n', 1)))
        output = 'output = "append";\n' if "GROUP BY" not in text else ""
        self.check(name, f'{BASE}{output}query = "{text}";\n')

    def mistake(self, rule, text):
        change_and_check = next(again for before, again in self.tried if rule.split("/")[1] in before)
        said = words(change_and_check(rule)).replace(str(self.folder), str(JOBS))
        for line in text.splitlines():
            assert words(line) in said, f"{words(line)}\nis not in\n{said}"

    def prometheus(self, _, text):
        (self.folder / "prometheus.yml").write_text(text, encoding="utf-8")
        run("promtool", "check", "config", str(self.folder / "prometheus.yml"))

    def promql(self, _, text):
        rules = "".join(f"  - record: r{number}\n    expr: {line}\n" for number, line in enumerate(text.splitlines()))
        (self.folder / "rules.yml").write_text(f"groups:\n- name: examples\n  rules:\n{rules}", encoding="utf-8")
        run("promtool", "check", "rules", str(self.folder / "rules.yml"))
        missing = [name for name in re.findall(r"streametl_\w+", text) if name not in metrics()]
        assert not missing


def metrics():
    return run("curl", "--silent", "--fail", "http://127.0.0.1:8081/metrics").stdout


def complaints(page):
    """What mandoc has against it; but a lab has not all of Debian's pages, and FIELDS is meant."""
    told = run("mandoc", "-T", "lint", "-W", "style", str(page), check=False).stdout.splitlines()
    return [line for line in told if "FIELDS instead of FILES" not in line
            and not re.search(r"referenced manual not found: Xr (?!etl|streametl)", line)]


def test_pages_are_clean_and_have_examples_that_are_marked():
    assert len(PAGES) >= 12
    run("makewhatis", "/usr/share/man")  # what pages refer to is looked up there
    for page in PAGES:
        assert not complaints(page)
        found = list(examples(source(page)))
        assert not [text for kind, _, text in found if kind not in KINDS], page
        assert "\n.Sh EXAMPLES\n" in source(page) and found, page
        assert all(argument for kind, argument, _ in found if kind in ("skip", "job", "mistake")), page


def test_each_program_and_file_has_a_page():
    names = {page.name.split(".gz")[0] for page in PAGES}
    programs = {program.name for program in pathlib.Path("/usr/libexec/streametl").glob("etl-*")}
    assert {f"{program}.8" for program in programs} | {"etlctl.1"} <= names
    assert {"streametl.7", "streametl.conf.5", "streametl-job.5", "streametl-sql.7", "streametl-metrics.7",
            "streametl-journal.7"} <= names
    # And what pages refer to is there, if it is ours.
    for page in PAGES:
        for name, section in re.findall(r"^\.Xr (\S*etl\S*) (\d)", source(page), re.M):
            assert f"{name}.{section}" in names or not name.startswith(("etl", "streametl")), f"{page}: {name}({section})"


def test_examples_do_what_they_say(tmp_path):
    systemctl("start", "etl-broker.service", "etl-producer@1.service")
    tour = next(text for kind, _, text in examples(source(next(p for p in PAGES if p.name.startswith("streametl.7")))) if kind == "run")
    Trial(tmp_path).run("", tour)
    wait_until(lambda: api(f"/api/v1/jobs/{JOB}")[1]["state"] == "running" and workers(JOB), "the job of the tour runs")
    failures = []
    for page in PAGES:
        folder = tmp_path / page.name
        folder.mkdir()
        (folder / "clicks.conf").write_text(BASE + QUERY, encoding="utf-8")
        trial = Trial(folder)
        for kind, argument, text in examples(source(page)):
            if kind == "skip":
                continue
            try:
                getattr(trial, kind)(argument, text)
            except AssertionError as error:
                failures.append(f"{page.name}: {kind} {argument}\n{text}{error}")
    systemctl("stop", "etl-producer@*.service")  # while there is a broker for what they have left
    assert not failures, "\n\n".join(failures)
    assert unit(COORDINATOR, "ActiveState") == "active"
