# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab:
"""The demonstration: the number of workers follows the load, on a topic of ONE partition. As a program it shows
what happens and holds each phase to the seconds it should take; as a test it only waits for the states.

    python3 demonstration.py"""

import dataclasses
import json
import pathlib
import shutil
import sys
import time
from collections.abc import Callable

from support import (CEILING_SECONDS, COORDINATOR, STATE, is_active, run, systemctl, wait_until, workers,
                     write_job)

JOB = "cs_student_logs"
EXAMPLE = pathlib.Path(f"/usr/share/doc/streametl/examples/{JOB}.conf")
FIRST = ["etl-producer@1.service"]
MORE = [f"etl-producer@{n}.service" for n in range(2, 6)]

# One of the reference's producers sends 5.7 records a second, and a worker could take a million. Limited to 10,
# of which a target_utilisation of 0.8 is planned with, one worker suffices for one producer (5.7 < 8) and four
# are needed for five (24 < 28.5 < 32).
RATE_LIMIT = 10
LIMIT_GOES_BEHIND = "workers : { "

# How often the state is looked at, and for how long one that has been reached is shown.
LOOK_SECONDS = 0.2
SHOW_SECONDS = 10
SHOWN_ROWS = 6


@dataclasses.dataclass(frozen=True)
class State:
    producers: int
    workers: int
    wanted: int
    arrival_per_sec: float
    backlog: int


@dataclasses.dataclass(frozen=True)
class Phase:
    title: str
    act: Callable[[], object] | None  # without one, its clock began with the phase before
    holds: Callable[[State], bool]
    expected_seconds: float
    shown_seconds: float = 0


PHASES = [
    Phase(
        "one producer starts: one worker",
        lambda: systemctl("start", *FIRST),
        lambda state: state.producers == 1 and state.workers == 1 and state.arrival_per_sec > 0,
        expected_seconds=5,
        shown_seconds=SHOW_SECONDS,
    ),
    Phase(
        "four more producers start",
        lambda: systemctl("start", *MORE),
        lambda state: state.producers == 5,
        expected_seconds=2,
    ),
    Phase(
        "four workers after that spike",
        None,
        lambda state: state.workers == 4,
        expected_seconds=5,
        shown_seconds=SHOW_SECONDS,
    ),
    Phase(
        "the four producers stop: one worker is left",
        lambda: systemctl("stop", *MORE),
        lambda state: state.producers == 1 and state.workers == 1,
        expected_seconds=20,
        shown_seconds=SHOW_SECONDS / 2,
    ),
    Phase(
        "the last producer stops: no worker is left",
        lambda: systemctl("stop", *FIRST),
        lambda state: state.producers == 0 and state.workers == 0,
        expected_seconds=20,
    ),
]


def set_up():
    """The suite runs the example's job, on the embedded broker, and nothing arrives."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert LIMIT_GOES_BEHIND in text
    write_job(JOB, "# The demonstration: a worker takes no more than rate_limit records a second, so that the few\n"
              "# records of its producers matter. Without that line one worker takes all they can send.\n"
              + text.replace(LIMIT_GOES_BEHIND, f"{LIMIT_GOES_BEHIND}rate_limit = {RATE_LIMIT}; "))
    systemctl("stop", *FIRST, *MORE, COORDINATOR)
    # The broker forgets its topics when it is restarted: what an earlier demonstration has left does not fit them.
    shutil.rmtree(STATE / JOB, ignore_errors=True)
    systemctl("start", "etl-broker.service")
    systemctl("start", COORDINATOR)
    systemctl("reload", COORDINATOR)
    wait_until(lambda: is_active(f"etl-job@{JOB}.service"), "the job runs")
    wait_until(lambda: look().workers == 0, "no worker runs before there is work")


def ask(verb):
    return json.loads(run("etlctl", verb, "--json").stdout)


def look():
    job = next(job for job in ask("status")["jobs"] if job["name"] == JOB)
    listing = systemctl("list-units", "--plain", "--no-legend", "--state=active", "etl-producer@*.service")
    return State(
        producers=len(listing.splitlines()),
        workers=len(workers(JOB)),
        wanted=job["workers_wanted"],
        arrival_per_sec=job["arrival_per_sec"],
        backlog=job["backlog"],
    )


class Screen:
    """A line a second, and each decision once, with its reason."""

    def __init__(self):
        self.shown_at = 0
        self.decided_usec = time.time() * 1e6

    def title(self, text):
        print(f"\n{text}", flush=True)
        self.shown_at = 0

    def show(self, state):
        for decision in ask("decisions")["decisions"]:
            if decision["job"] == JOB and decision["at_usec"] > self.decided_usec:
                self.decided_usec = decision["at_usec"]
                print(f"          {decision['workers_now']} -> {decision['workers_wanted']} workers: {decision['reason']}")
        if time.monotonic() - self.shown_at >= 1:
            self.shown_at = time.monotonic()
            print(f"{time.strftime('%H:%M:%S')}  producers {state.producers}   arriving {state.arrival_per_sec:5.1f}/s"
                  f"   backlog {state.backlog:4}   workers {state.workers} (wanted {state.wanted})", flush=True)


def watch(seconds, screen, until=lambda state: False):
    """Looks at the state and shows it, until it is the one wanted (true) or the time is over (false)."""
    deadline = time.monotonic() + seconds
    while True:
        state = look()
        if screen:
            screen.show(state)
        if until(state):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_SECONDS)


def show_results():
    """The head of the table that the console sink printed last."""
    lines = run("journalctl", f"--unit=etl-job@{JOB}.service", "--output=cat", "--lines=200").stdout.splitlines()
    heads = [i for i, line in enumerate(lines) if line.startswith("Epoch ")]
    if heads:
        table = lines[heads[-1]:]
        print("", *table[:4 + SHOWN_ROWS], *["..."] * (len(table) > 4 + SHOWN_ROWS), sep="\n", flush=True)


def run_phases(screen=None):
    """Yields each phase with the seconds until it held, or None if it did not within the ceiling."""
    started = None
    for number, phase in enumerate(PHASES, 1):
        if screen:
            screen.title(f"Phase {number}: {phase.title}")
        if phase.act:
            started = time.monotonic()
            phase.act()
        held = watch(started + CEILING_SECONDS - time.monotonic(), screen, phase.holds)
        yield phase, time.monotonic() - started if held else None
        if screen and phase.shown_seconds:
            watch(phase.shown_seconds, screen)
            show_results()


def main():
    print(f"Records of students at their terminals arrive on {JOB}, a topic of one partition. The job sums them\n"
          "up for every 10 seconds. So that a few producers can load it, its file limits a worker to\n"
          f"rate_limit = {RATE_LIMIT} records a second; each producer sends about 6.", flush=True)
    set_up()
    verdicts = []
    for phase, seconds in run_phases(Screen()):
        good = seconds is not None and seconds <= phase.expected_seconds
        took = f"measured {seconds:.1f} s" if seconds is not None else f"not within {CEILING_SECONDS} s"
        verdicts.append((good, f"phase {len(verdicts) + 1}: {'ok' if good else 'failed'}, {took}, "
                               f"expected at most {phase.expected_seconds} s ({phase.title})"))
    print("", *(text for _, text in verdicts), sep="\n")
    return 0 if all(good for good, _ in verdicts) else 1


def test_phases():
    set_up()
    for phase, seconds in run_phases():
        assert seconds is not None, f"not within {CEILING_SECONDS} s: {phase.title} ({look()})"


if __name__ == "__main__":
    sys.exit(main())
