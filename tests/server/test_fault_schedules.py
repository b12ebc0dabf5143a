"""Random schedules of faults over a job that workers do together: nothing may be lost, whatever the order.

`PIXCRAWLER_SCHEDULES` says how many are run (2 in `make drill`), `PIXCRAWLER_FIRST_SCHEDULE` the seed of the
first one: a schedule that fails is run again by its seed. As many as have passed were survived.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest

from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, wait
from tests.databases import OwnServer
from tests.server.mill import Mill, opened_mill, processes_of, start_worker

COUNT = int(os.environ.get("PIXCRAWLER_SCHEDULES", "2"))
FIRST = int(os.environ.get("PIXCRAWLER_FIRST_SCHEDULE", "1"))
IMAGES = 500
LEASE = 1.0
FROZEN = 2.5
"""Seconds: longer than a lease."""
LONG = 240.0
"""Seconds after which a job counts as hanging."""
FAULTS = ("kill shard", "kill run", "kill worker", "kill all", "freeze shard", "freeze run", "freeze worker")
PROCESSES = {"run": "--ordered", "shard": "--shard"}
"""Options that tell them."""
DATABASE_FAULTS = ("kill database", "stop database")
AWAY = 3.0
"""Seconds for which a database server is away at most."""


class Schedule:
    """Faults at random moments over one job, by a seed; those of a server only where there is one."""

    def __init__(self, mill: Mill, pixcrawler: Command, seed: int, server: OwnServer | None) -> None:
        self.mill, self._pixcrawler, self._server = mill, pixcrawler, server
        self._faults = (*FAULTS, *DATABASE_FAULTS) if server else FAULTS
        self._random = random.Random(seed)
        self.workers = [start_worker(pixcrawler) for _ in range(2)]
        self.done: list[str] = []
        self._frozen: list[tuple[float, int]] = []

    def run(self) -> None:
        """Do some faults, let the job come to its end, and stop the workers."""
        try:
            self._run()
        finally:
            self._thaw(all_of_them=True)
            for worker in self.workers:
                worker.terminate()
                wait(worker)

    def _run(self) -> None:
        for _ in range(self._random.randint(2, 5)):
            end = time.monotonic() + self._random.uniform(0.3, 4)
            while time.monotonic() < end and not self.mill.ended:
                self._look_after()
            if not self.mill.ended:
                self._fault()
        end = time.monotonic() + LONG
        while not self._over():
            assert time.monotonic() < end, (self.done, self.mill.status, self.mill.events())
            self._look_after()

    def _look_after(self) -> None:
        self._thaw()
        self._replace_ended()
        time.sleep(0.05)

    def _replace_ended(self) -> None:
        """A worker ends that has no database when it starts, and a service manager starts it again."""
        for worker in [each for each in self.workers if each.poll() is not None]:
            self.done.append(f"worker ended with {worker.returncode}")
            self.workers.remove(worker)
            self.workers.append(start_worker(self._pixcrawler))

    def _over(self) -> bool:
        """Whether the job is done; one that was given up, as its runs died too often, is begun again."""
        if self.mill.status == "failed":
            self.mill.retry()
        return self.mill.ended

    def _fault(self) -> None:
        """One of the faults for which there is something now: a run and a shard there are not always."""
        there = {what: list(self._there(option)) for what, option in PROCESSES.items()}
        fault = self._random.choice([each for each in self._faults if there.get(each.split()[1], True)])
        act, what = fault.split()
        if what == "database":
            self._take_away(act)
        elif what == "all":
            for worker in list(self.workers):
                self._kill_worker(worker)
        elif what in PROCESSES:
            process = self._random.choice(there[what])
            self._kill(process) if act == "kill" else self._freeze(process)
        else:
            worker = self._random.choice(self.workers)
            self._kill_worker(worker) if act == "kill" else self._freeze(
                worker.pid, *processes_of(worker.pid)
            )
        self.done.append(fault)

    def _there(self, option: str) -> Iterator[int]:
        return chain.from_iterable(processes_of(worker.pid, option) for worker in self.workers)

    def _take_away(self, act: str) -> None:
        """Kill or stop the database server, and start it again after a while."""
        assert self._server is not None
        self._server.kill() if act == "kill" else self._server.stop()
        time.sleep(self._random.uniform(0, AWAY))
        self._server.start()

    def _kill_worker(self, worker: subprocess.Popen[str]) -> None:
        """Another one comes in its place, as a service manager does it."""
        worker.kill()
        worker.wait()
        self.workers.remove(worker)
        self.workers.append(start_worker(self._pixcrawler))

    def _kill(self, process: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    def _freeze(self, *processes: int) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
                self._frozen.append((time.monotonic() + FROZEN, process))

    def _thaw(self, *, all_of_them: bool = False) -> None:
        now = time.monotonic()
        due = [each for each in self._frozen if all_of_them or each[0] < now]
        self._frozen = [each for each in self._frozen if each not in due]
        for _, process in due:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> OwnServer | None:
    """Where the catalog is: None for a file in the workspace, or a server of our own."""
    return request.getfixturevalue("mortal_postgres") if request.param == "postgresql" else None


@pytest.fixture
def mill(
    workspace: Path, registry: Registry, web: SimulatedWeb, server: OwnServer | None, pixcrawler: Command
) -> Iterator[Mill]:
    database = server.schema() if server else None
    with opened_mill(workspace, registry, web, database, pixcrawler, lease=LEASE) as mill:
        mill.order(IMAGES)
        yield mill


@pytest.mark.drill
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_a_schedule_of_faults_is_survived(
    mill: Mill, pixcrawler: Command, server: OwnServer | None, seed: int
) -> None:
    schedule = Schedule(mill, pixcrawler, seed, server)
    schedule.run()
    mill.check()
    assert schedule.done
