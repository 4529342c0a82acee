# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""Faults for a running job: each is done, mended where it does not mend itself, and over when the job closes epochs
again and its lag falls."""

import contextlib
import json
import os
import signal
import time

import kafka
from support import COORDINATOR, main_pid, run, systemctl, unit, wait_until, workers

KAFKA = "kafka.service"
POSTGRESQL = "postgresql@17-main.service"
RECOVERY_CEILING_SECONDS = 60
TWO_AT_ONCE = "two at once"
# How often each comes: those that take seconds by themselves less often.
WEIGHTS = {
    "worker killed": 3, "all workers killed": 2, "job killed": 3, "coordinator killed": 2, "workers forced": 2,
    "worker frozen": 1, "Kafka killed": 1, "PostgreSQL killed": 1,
}


def signal_unit(name, number):
    pid = main_pid(name)
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return pid


def is_dead(name):
    return unit(name, "ActiveState") in ("failed", "inactive")


def mend_kafka():
    systemctl("start", KAFKA)
    wait_until(lambda: run("kcat", "-b", kafka.BROKERS, "-L", "-m", "2", check=False).returncode == 0, "Kafka is back")


def mend_postgresql():
    # What a killed server had started ends by itself; only then a new one finds its memory free.
    wait_until(lambda: systemctl("start", POSTGRESQL, check=False) == "" and
               run("pg_isready", "--quiet", check=False).returncode == 0, "PostgreSQL is back")


class Faults:
    def __init__(self, job, chance):
        self.job, self.chance = job, chance
        self.kinds = {
            "worker killed": self.kill_worker,
            "all workers killed": self.kill_workers,
            "job killed": lambda: signal_unit(f"etl-job@{job.name}.service", signal.SIGKILL),
            "coordinator killed": lambda: signal_unit(COORDINATOR, signal.SIGKILL),
            "Kafka killed": self.kill_kafka,
            "PostgreSQL killed": self.kill_postgresql,
            "worker frozen": self.freeze_worker,
            "workers forced": self.force_workers,
        }

    def kill_worker(self):
        if names := workers(self.job.name):
            signal_unit(self.chance.choice(names), signal.SIGKILL)

    def kill_workers(self):
        for name in workers(self.job.name):
            signal_unit(name, signal.SIGKILL)

    def kill_kafka(self):
        signal_unit(KAFKA, signal.SIGKILL)
        wait_until(lambda: is_dead(KAFKA), "Kafka is dead")
        mend_kafka()

    def kill_postgresql(self):
        signal_unit(POSTGRESQL, signal.SIGKILL)
        wait_until(lambda: is_dead(POSTGRESQL), "PostgreSQL is dead")
        mend_postgresql()

    def freeze_worker(self):
        """Past the time after which its leases are revoked: what it says afterwards must be refused."""
        names = workers(self.job.name)
        if not names:
            return
        name = self.chance.choice(names)
        pid = signal_unit(name, signal.SIGSTOP)
        time.sleep(self.chance.uniform(3.5, 5))
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, signal.SIGCONT)

    def force_workers(self):
        number = self.chance.randint(1, 4)
        verb = self.chance.choice(["start", "stop"])
        systemctl(verb, "--no-block", f"etl-worker@{self.job.name}:{number}.service", check=False)

    def progress(self):
        """The job's last epoch, what it has merged and its lag; None while nobody answers."""
        answer = run("etlctl", "status", "--json", check=False)
        if answer.returncode != 0:
            return None
        for job in json.loads(answer.stdout)["jobs"]:
            if job["name"] == self.job.name and job["state"] == "running" and job["epoch"]:
                return job["epoch"], job["processed"], job["backlog"]
        return None

    def strike(self):
        """One fault, now and then another one right after it. Returns the kind and the seconds from the fault's end
        until the job had recovered: until records that were merged after it are in a closed epoch, the one before is
        in all sinks, and the lag falls. A fault's end is its beginning, but Kafka and PostgreSQL are given back and a
        frozen worker is waked."""
        before = wait_until(self.progress, "the job runs")
        kinds = self.chance.choices(list(WEIGHTS), WEIGHTS.values(), k=2 if self.chance.random() < 0.1 else 1)
        for kind in kinds:
            start = time.monotonic()
            self.kinds[kind]()
        kind = TWO_AT_ONCE if len(kinds) > 1 else kinds[0]
        if {"Kafka killed", "PostgreSQL killed", "worker frozen"} & set(kinds):
            start = time.monotonic()
            before = self.progress() or before
        self.wait_for_recovery(before, " and ".join(kinds))
        return kind, time.monotonic() - start

    def wait_for_recovery(self, before, what):
        epoch, processed, peak = before

        def has_recovered():
            nonlocal peak
            now = self.progress()
            if not now:
                return False
            peak = max(peak, now[2])
            # An epoch that was closed when the fault came may be told of after it: the second one is new.
            return now[0] >= epoch + 2 and now[1] > processed and (now[2] < peak or now[2] == 0)

        wait_until(has_recovered, f"the job is back after: {what}", RECOVERY_CEILING_SECONDS)
