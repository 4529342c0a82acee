# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab:
"""What the Debian packages do to a machine when they come, are renewed and go. The programs only sleep."""

import grp
import pathlib
import pwd
import re

import pytest

from support import CONFIG, COORDINATOR, JOBS, STATE, drop_in, is_active, main_pid, run, systemctl

# Where the lab puts the packages it was made with.
FILES = sorted(pathlib.Path("/run/packages").glob("*.deb"))
NAMES = [path.name.split("_")[0] for path in FILES]
SLEEPER = "[Service]\nType=exec\nWatchdogSec=0\nExecStart=\nExecStart=sleep infinity\n"


def install(*options):
    # Without a terminal dpkg fails where it would have to ask.
    return run("dpkg", "--install", *options, *map(str, FILES))


def listed_files(name):
    paths = [pathlib.Path(path) for path in run("dpkg", "--listfiles", name).stdout.splitlines()]
    return [path for path in paths if not path.is_dir()]


@pytest.fixture(autouse=True)
def installed(bare_suite):
    yield
    install("--force-confmiss", "--force-confnew")


@pytest.fixture
def sleeping_coordinator():
    drop_in(COORDINATOR, SLEEPER)
    systemctl("start", COORDINATOR)


def test_what_is_installed_is_whole():
    run("dpkg", "--verify", *NAMES)
    assert pwd.getpwnam("streametl").pw_dir == str(STATE)
    assert grp.getgrnam("streametl-control").gr_mem == []  # its members could rule the jobs
    conffiles = run("dpkg-query", "--show", "--showformat=${Conffiles}", *NAMES).stdout.split()[::2]
    assert conffiles == [str(CONFIG)]


def test_messages_have_their_explanation():
    listing = run("journalctl", "--list-catalog").stdout
    entries = re.findall(r"^-- ([0-9a-f]{32})$", pathlib.Path("/usr/lib/systemd/catalog/streametl.catalog").read_text(
        encoding="utf-8"), re.MULTILINE)
    assert entries
    missing = [entry for entry in entries if f"{entry} StreamETL" not in listing]
    assert not missing, f"not in the catalog of systemd: {missing}"


def test_renewal_keeps_what_the_admin_wrote(sleeping_coordinator):
    job = JOBS / "a.conf"
    job.write_text("# mine\n", encoding="utf-8")
    (STATE / "a").mkdir()
    with CONFIG.open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    before = main_pid(COORDINATOR)
    install()
    assert CONFIG.read_text(encoding="utf-8").endswith("# mine\n")
    assert job.read_text(encoding="utf-8") == "# mine\n"
    assert (STATE / "a").is_dir()
    assert main_pid(COORDINATOR) not in (0, before)


def test_renewal_starts_nothing():
    install()
    assert not is_active(COORDINATOR)
    assert systemctl("is-enabled", COORDINATOR, check=False) == "disabled"


def test_removal_keeps_configuration_and_state(sleeping_coordinator):
    programs = [path for name in NAMES for path in listed_files(name) if path != CONFIG]
    assert programs
    (STATE / "a").mkdir()
    run("dpkg", "--remove", *NAMES)
    assert [path for path in programs if path.exists()] == []
    assert CONFIG.exists() and (STATE / "a").is_dir()
    assert not is_active(COORDINATOR)


def test_purge_leaves_nothing_but_the_jobs():
    job = JOBS / "a.conf"
    job.write_text("# mine\n", encoding="utf-8")
    (STATE / "a").mkdir()
    run("dpkg", "--purge", *NAMES)
    assert not CONFIG.exists() and not STATE.exists() and not pathlib.Path("/run/streametl").exists()
    assert job.exists()
    assert run("dpkg-query", "--show", *NAMES, check=False).stdout == ""
    job.unlink()
