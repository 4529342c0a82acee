# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""Faults for a running job, one at a time: each is done, mended where it does not mend itself, and over when the job
closes epochs again."""

import contextlib
import json
import os
import signal
import time

import kafka
from support import COORDINATOR, main_pid, run, systemctl, unit, wait_until, workers

POSTGRESQL = "postgresql@17-main.service"
RECOVERY_CEILING_SECONDS = 60


def signal_unit(name, number):
    pid = main_pid(name)
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return pid


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
        signal_unit("kafka.service", signal.SIGKILL)
        wait_until(lambda: unit("kafka.service", "ActiveState") in ("failed", "inactive"), "Kafka is dead")
        systemctl("start", "kafka.service")
        wait_until(lambda: run("kcat", "-b", kafka.BROKERS, "-L", "-m", "2", check=False).returncode == 0, "Kafka is back")

    def kill_postgresql(self):
        signal_unit(POSTGRESQL, signal.SIGKILL)
        wait_until(lambda: unit(POSTGRESQL, "ActiveState") in ("failed", "inactive"), "PostgreSQL is dead")
        # What it had started ends by itself; only then a new one finds its memory free.
        wait_until(lambda: systemctl("start", POSTGRESQL, check=False) == "" and
                   run("pg_isready", "--quiet", check=False).returncode == 0, "PostgreSQL is back")

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

    def epoch(self):
        """None while nobody answers."""
        answer = run("etlctl", "status", "--json", check=False)
        if answer.returncode != 0:
            return None
        for job in json.loads(answer.stdout)["jobs"]:
            if job["name"] == self.job.name and job["state"] == "running":
                return job["epoch"]
        return None

    def strike(self):
        """Returns the kind and how long it took from the fault, or from the mending, to the second epoch after it:
        then records are read and delivered again."""
        kind = self.chance.choice(list(self.kinds))
        before = wait_until(self.epoch, "the job runs")
        start = time.monotonic()
        self.kinds[kind]()
        if kind in ("Kafka killed", "PostgreSQL killed", "worker frozen"):
            start = time.monotonic()
            before = self.epoch() or before
        wait_until(lambda: (self.epoch() or 0) >= before + 2, f"the job is back after: {kind}", RECOVERY_CEILING_SECONDS)
        return kind, time.monotonic() - start
