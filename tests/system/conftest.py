# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""What every system test gets: a line of results for ./check, a ceiling, and a suite that is down and bare."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import support  # noqa: E402

TEST_SECONDS = 180
REPORTS = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--results", type=pathlib.Path, help="file that gets a line for each test")


def pytest_collection_modifyitems(items):
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    item.stash.setdefault(REPORTS, []).append(report)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    yield
    path = item.config.getoption("--results")
    if path:
        with path.open("a", encoding="utf-8") as results:
            print(result_line(item), file=results)


def result_line(item):
    """A test passes if its set-up, its body and its clean-up all do."""
    reports = item.stash.get(REPORTS, [])
    skips = [report for report in reports if report.skipped]
    if skips:
        return f"SKIP {item.originalname} {skips[0].longrepr[2].removeprefix('Skipped: ')}"
    if reports and all(report.passed for report in reports):
        return f"PASS {item.originalname}"
    return f"FAIL {item.originalname}"


@pytest.fixture(autouse=True)
def bare_suite():
    """Nothing of the suite runs, is configured or is remembered, before each test as after it."""
    support.reset_suite()
    yield
    support.reset_suite()
