# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""What system tests do to a lab, from inside it. Tests wait for a state, with a ceiling; never for a time."""

import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import time

CONFIG = pathlib.Path("/etc/streametl.conf")
JOBS = pathlib.Path("/etc/streametl.d")
STATE = pathlib.Path("/var/lib/streametl")
RUNTIME_UNITS = pathlib.Path("/run/systemd/system")
API_SOCKET = "/run/streametl/api.sock"
COORDINATOR = "etl-coordinator.service"
SUITE_UNITS = ["etl-producer@*.service", "etl-broker.service", COORDINATOR, "etl-job@*", "etl-worker@*"]

# Far above what anything takes on a busy machine: reached only by what never comes.
CEILING_SECONDS = 60


def run(*command, check=True, **options):
    """Runs a command to its end with its output captured as text, and unless told otherwise expects success."""
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def systemctl(*arguments, **options):
    return run("systemctl", "--no-ask-password", *arguments, **options).stdout.strip()


def wait_until(predicate, what, seconds=CEILING_SECONDS):
    """Calls predicate until it returns something true, which is returned. Its last answer is in the failure."""
    deadline = time.monotonic() + seconds
    while not (answer := predicate()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what} (last answer: {answer!r})"
        time.sleep(0.05)
    return answer


def unit(name, *properties):
    """The named properties of a unit as a dictionary of strings, or the one named as a string."""
    lines = systemctl("show", name, *(f"--property={key}" for key in properties)).splitlines()
    values = dict(line.split("=", 1) for line in lines)
    return values if len(properties) != 1 else values[properties[0]]


def is_active(name):
    return unit(name, "ActiveState") == "active"


def main_pid(name):
    return int(unit(name, "MainPID"))


def workers(job="*"):
    """The names of the workers that run."""
    listing = systemctl("list-units", "--plain", "--no-legend", "--state=active", f"etl-worker@{job}:*.service")
    return [line.split()[0] for line in listing.splitlines()]


def drop_in(name, text):
    """Changes a unit until the lab is shut down or the suite is reset."""
    folder = RUNTIME_UNITS / f"{name}.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.conf").write_text(text, encoding="utf-8")
    systemctl("daemon-reload")


def write_job(name, text):
    (JOBS / f"{name}.conf").write_text(text, encoding="utf-8")


def reset_suite():
    systemctl("stop", *SUITE_UNITS)
    systemctl("reset-failed")
    for folder in RUNTIME_UNITS.glob("etl-*.d"):
        shutil.rmtree(folder)
    systemctl("daemon-reload")
    for file in JOBS.glob("*.conf"):
        file.unlink()
    for folder in STATE.iterdir():
        shutil.rmtree(folder)


def journal(*matches, after=None):
    """The journal's entries as dictionaries, those after a cursor of journal_cursor() if one is given."""
    options = [f"--after-cursor={after}"] if after else []
    lines = run("journalctl", "--no-pager", "--output=json", "--all", *options, *matches).stdout.splitlines()
    return [json.loads(line) for line in lines]


def journal_cursor():
    """Where the journal ends now."""
    line = run("journalctl", "--no-pager", "--output=json", "--lines=1").stdout
    return json.loads(line)["__CURSOR"]


class _UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(API_SOCKET)


def api(path, method="GET", body=None):
    """Asks the coordinator; returns the status and the decoded answer (None if it has no body)."""
    connection = _UnixConnection("localhost")
    try:
        connection.request(method, path, body=None if body is None else json.dumps(body))
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()


def start_as(user, *command):
    """Runs a command as a service of its own of that user, without any privilege; its result is returned."""
    return run("systemd-run", "--quiet", "--pipe", "--wait", "--collect", f"--property=User={user}", "--", *command, check=False)
