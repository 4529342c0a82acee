# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab:
"""What the unit files, the sandbox and the polkit rule promise, whatever the daemons do: these are replaced
by programs that only sleep."""

import os
import pathlib
import pwd
import shutil
import signal

import pytest

from support import (
    COORDINATOR,
    RUNTIME_UNITS,
    drop_in,
    is_active,
    main_pid,
    run,
    start_as,
    systemctl,
    unit,
    wait_until,
)

JOB = "etl-job@a.service"
WORKER = "etl-worker@a:1.service"
WORKERS_SOCKET = "/run/streametl/job/a.sock"
CONTROL_SOCKET = "/run/streametl/control/a.sock"
SERVICES = [COORDINATOR, "etl-job@.service", "etl-worker@.service", "etl-broker.service", "etl-producer@.service"]

# The greatest exposure systemd-analyze may find, in tenths.
EXPOSURE = 15

SLEEPER = "[Service]\nType=exec\nWatchdogSec=0\nExecReload=\nExecStart=\nExecStart=sleep infinity\n"


@pytest.fixture
def sleepers():
    """Coordinator, one job and one worker run, all asleep."""
    for name in (COORDINATOR, "etl-job@.service", "etl-worker@.service"):
        drop_in(name, SLEEPER)
    systemctl("start", COORDINATOR)
    systemctl("start", JOB)
    systemctl("start", WORKER)


def packaged_units():
    listing = run("dpkg", "--listfiles", "streametl", "streametl-demo").stdout.splitlines()
    return [path for path in listing if path.startswith("/usr/lib/systemd/system/")]


def test_verify():
    files = packaged_units()
    assert files
    result = run("systemd-analyze", "verify", *files, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_sandbox():
    for service in SERVICES:
        run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", service)


def test_installing_starts_nothing():
    assert systemctl("is-enabled", COORDINATOR, check=False) == "disabled"
    assert not is_active(COORDINATOR)


def test_crash_of_the_coordinator_stops_nothing(sleepers):
    before = {name: main_pid(name) for name in (COORDINATOR, JOB, WORKER)}
    os.kill(before[COORDINATOR], signal.SIGKILL)
    wait_until(lambda: main_pid(COORDINATOR) not in (0, before[COORDINATOR]), "a new coordinator")
    assert {name: main_pid(name) for name in (JOB, WORKER)} == {name: before[name] for name in (JOB, WORKER)}


def test_crash_of_a_job_stops_nothing_else(sleepers):
    before = {name: main_pid(name) for name in (COORDINATOR, JOB, WORKER)}
    os.kill(before[JOB], signal.SIGKILL)
    wait_until(lambda: main_pid(JOB) not in (0, before[JOB]), "a new job daemon")
    assert {name: main_pid(name) for name in (COORDINATOR, WORKER)} == {
        name: before[name] for name in (COORDINATOR, WORKER)
    }


def test_stop_goes_from_the_workers_to_the_coordinator(sleepers):
    systemctl("stop", COORDINATOR)
    assert not any(is_active(name) for name in (COORDINATOR, JOB, WORKER, "etl-job@a.socket", "etl-coordinator.socket"))
    when = [int(unit(name, "InactiveEnterTimestampMonotonic")) for name in (WORKER, JOB, COORDINATOR)]
    assert when == sorted(when)


def test_restart_restarts_all(sleepers):
    before = [main_pid(name) for name in (COORDINATOR, JOB, WORKER)]
    systemctl("restart", COORDINATOR)
    after = wait_until(
        lambda: all(pids := [main_pid(name) for name in (COORDINATOR, JOB, WORKER)]) and pids, "all three again"
    )
    assert not set(before) & set(after)


def test_a_connection_does_not_undo_a_stop(sleepers):
    systemctl("stop", COORDINATOR)
    assert run("curl", "--silent", "--max-time", "5", "http://127.0.0.1:8081/", check=False).returncode == 7
    assert not is_active(COORDINATOR)


def test_job_and_worker_need_a_coordinator():
    for name in (JOB, WORKER):
        assert run("systemctl", "start", name, check=False).returncode != 0
        assert not is_active(name)
    assert not is_active(COORDINATOR)


def test_a_taken_port_costs_the_page_only():
    drop_in(COORDINATOR, SLEEPER)
    run("systemd-run", "--quiet", "--unit=squatter", "python3", "-m", "http.server", "--bind", "127.0.0.1", "8081")
    try:
        wait_until(
            lambda: run("curl", "--silent", "--head", "http://127.0.0.1:8081/", check=False).returncode == 0,
            "something else on the page's port",
        )
        systemctl("start", COORDINATOR)
        assert is_active(COORDINATOR) and is_active("etl-coordinator.socket")
        assert not is_active("etl-coordinator-http.socket")
    finally:
        systemctl("stop", "squatter")


@pytest.mark.parametrize(("service", "hidden", "visible"), [
    (WORKER, ["/run/streametl/api.sock", "/run/dbus/system_bus_socket", CONTROL_SOCKET], [WORKERS_SOCKET]),
    (JOB, ["/run/streametl/api.sock", "/run/dbus/system_bus_socket", CONTROL_SOCKET], []),
])
def test_reach(sleepers, service, hidden, visible):
    """What the service's own user sees from where the service is."""
    prefix = ["nsenter", "--target", str(main_pid(service)), "--mount", "setpriv", "--reuid=streametl",
              "--regid=streametl", "--clear-groups", "python3", "-c",
              "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"]
    for path in hidden:
        assert run(*prefix, path, check=False).returncode != 0, f"{service} reaches {path}"
    for path in visible:
        run(*prefix, path)


def reaches(service, path, properties=""):
    """Whether a process of the service, confined as its unit says, connects to a socket."""
    connect = f"import socket; socket.socket(socket.AF_UNIX).connect('{path}')"
    drop_in(service, f'{SLEEPER}ExecReload=python3 -c "{connect}"\n{properties}')
    return run("systemctl", "reload", service, check=False).returncode == 0


@pytest.mark.parametrize(("service", "path", "reached"), [
    (WORKER, WORKERS_SOCKET, True),
    (WORKER, CONTROL_SOCKET, False),
    (JOB, CONTROL_SOCKET, False),
    (COORDINATOR, CONTROL_SOCKET, True),
])
def test_who_reaches_a_job(sleepers, service, path, reached):
    assert reaches(service, path) == reached


def test_each_wall_alone_keeps_workers_from_the_control_socket(sleepers):
    without_group = "SupplementaryGroups=streametl-control\n"
    without_hiding = "TemporaryFileSystem=\nBindReadOnlyPaths=\n"
    assert not reaches(WORKER, CONTROL_SOCKET, without_group), "the unit hides the folder"
    assert not reaches(WORKER, CONTROL_SOCKET, without_hiding), "the folder is a group's"
    assert reaches(WORKER, CONTROL_SOCKET, without_group + without_hiding)


def test_a_restart_opens_what_an_older_socket_unit_had_not(sleepers):
    """As an upgrade does it."""
    systemctl("stop", JOB)
    drop_in("etl-job@.socket", f"[Socket]\nListenStream=\nListenStream={WORKERS_SOCKET}\n")
    pathlib.Path(CONTROL_SOCKET).unlink(missing_ok=True)
    systemctl("start", JOB)
    shutil.rmtree(RUNTIME_UNITS / "etl-job@.socket.d")
    systemctl("daemon-reload")
    assert not pathlib.Path(CONTROL_SOCKET).exists()
    systemctl("restart", COORDINATOR)
    wait_until(lambda: is_active("etl-job@a.socket") and pathlib.Path(CONTROL_SOCKET).is_socket(), "both sockets listen")


ALLOWED = [
    ("stop", WORKER),
    ("start", WORKER),
    ("restart", WORKER),
    ("reset-failed", WORKER),
    ("stop", JOB),
    ("start", JOB),
]
DENIED = [
    ("start", "etl-broker.service"),
    ("stop", "dbus.service"),
    ("restart", COORDINATOR),
    ("start", "etl-worker@a.service"),
    ("start", "etl-worker@a:0.service"),
    ("start", "etl-worker@A:1.service"),
    ("start", "etl-worker@a:1:1.service"),
    ("start", "etl-worker@a:1.service.x.service"),
    ("start", "my-etl-worker@a:1.service"),
    ("start", "etl-job@a.socket"),
    ("start", f"etl-job@{'a' * 65}.service"),
    ("kill", "etl-job@a.service"),
    ("set-property", "etl-job@a.service"),
]


def as_member_of(service, verb, name):
    """What systemctl says to the user streametl in a process that belongs to the service."""
    folder = f"/sys/fs/cgroup{unit(service, 'ControlGroup')}"
    user = pwd.getpwnam("streametl")
    extra = ["CPUWeight=1"] if verb == "set-property" else []

    def join():
        with open(f"{folder}/cgroup.procs", "w", encoding="ascii") as members:
            members.write(str(os.getpid()))
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return run("systemctl", "--no-ask-password", verb, name, *extra, check=False, preexec_fn=join)


def test_polkit_lets_the_coordinator(sleepers):
    for verb, name in ALLOWED:
        result = as_member_of(COORDINATOR, verb, name)
        assert result.returncode == 0, f"{verb} {name}: {result.stderr}"


def test_polkit_denies_the_coordinator_all_else(sleepers):
    for verb, name in DENIED:
        result = as_member_of(COORDINATOR, verb, name)
        assert "authentication required" in result.stderr.lower(), f"{verb} {name}: {result}"


def test_polkit_denies_other_services_of_its_user(sleepers):
    for verb, name in ALLOWED:
        result = as_member_of(JOB, verb, name)
        assert "authentication required" in result.stderr.lower(), f"{verb} {name}: {result}"
        result = start_as("streametl", "systemctl", "--no-ask-password", verb, name)
        assert "authentication required" in result.stderr.lower(), f"{verb} {name}: {result}"
