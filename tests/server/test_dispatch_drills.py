"""Workers that are killed in the middle, with each dispatcher, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pixcrawler_core.catalog.models import CrawlJob, UsageRecord
from pixcrawler_core.registry import Registry
from pixcrawler_core.service import Dispatcher
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until, wait
from tests.e2e.jobs import manifest
from tests.server.test_worker import Shop

pytestmark = [pytest.mark.drill, pytest.mark.timeout(180)]
NAMES = ("ds-1", "ds-2", "ds-3", "ds-4")
ENDS = {"completed", "completed_short", "failed", "cancelled"}


class Plant:
    """A shop whose jobs are handed to a dispatcher, and the workers that run them."""

    def __init__(self, shop: Shop, pixcrawler: Command, dispatcher: Dispatcher) -> None:
        self.shop, self._pixcrawler = shop, pixcrawler
        self._submit = dispatcher.build(None).submit

    def order(self, name: str, *, tell: bool = True) -> int:
        """Order a job, and tell the dispatcher of it, unless the server is killed just before it does."""
        key = self.shop.order(name, keyword="birds")
        if tell:
            self._submit(key)
        return key

    def worker(self, *options: str) -> subprocess.Popen[str]:
        """A worker that has begun."""
        return self._pixcrawler.start("worker", "--concurrency", "2", "--quiet", *options)

    def running(self) -> list[int]:
        """The jobs that run and have told of that."""
        return [job.id for job in CrawlJob.select() if job.status == "running" and job.live]

    def done(self, jobs: list[int]) -> bool:
        """Whether all have ended."""
        return all(self.shop.status(key) in ENDS for key in jobs)

    def check(self, jobs: list[int]) -> None:
        """Each job ended once, well, and was charged once for what it has."""
        for key, name in zip(jobs, NAMES, strict=True):
            assert self.shop.history(key)[-1] == self.shop.status(key) == "completed"
            assert sum(status in ENDS for status in self.shop.history(key)) == 1
            images = manifest(self.shop.workspace.root, name)["images"]
            charged = UsageRecord.select().where(UsageRecord.kind == "images")
            amounts = [each.amount for each in charged if each.subject.startswith(f"job:{key}:")]
            assert len(images) == sum(amounts) == 3


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgres_database"))


@pytest.fixture(params=["local", "dbos"])
def plant(
    request: pytest.FixtureRequest,
    workspace: Path,
    registry: Registry,
    web: SimulatedWeb,
    pixcrawler: Command,
    database: str | None,
) -> Iterator[Plant]:
    if database:
        pixcrawler.environment["PIXCRAWLER_DATABASE"] = database
    with Workspace(workspace, database) as opened:
        shop = Shop(opened, registry, web)
        shop.settings(dispatcher=request.param)
        web.delay(150)
        yield Plant(shop, pixcrawler, registry.get(Dispatcher, request.param))


def test_a_worker_that_is_killed_for_good(plant: Plant) -> None:
    """Its machine never comes back; another worker does its jobs."""
    first = plant.worker()
    jobs = [plant.order(name) for name in NAMES]
    until(plant.running)
    os.kill(first.pid, signal.SIGKILL)
    second = plant.worker()
    until(partial(plant.done, jobs), patience=100)
    plant.check(jobs)
    second.terminate()
    assert wait(second).code == 0


def test_all_workers_are_killed_and_begun_again(plant: Plant) -> None:
    """What was ordered while nobody was there is done as well."""
    workers = [plant.worker(), plant.worker()]
    jobs = [plant.order(name) for name in NAMES[:3]]
    until(plant.running)
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    jobs.append(plant.order(NAMES[3], tell=False))
    again = plant.worker()
    until(partial(plant.done, jobs), patience=100)
    plant.check(jobs)
    again.terminate()
    assert wait(again).code == 0


def test_a_worker_stops_when_nothing_waits(plant: Plant) -> None:
    jobs = [plant.order(name, tell=name != NAMES[1]) for name in NAMES]
    assert plant.worker("--until-idle").wait(60) == 0
    plant.check(jobs)


def test_a_worker_that_stands_still_and_comes_back(plant: Plant) -> None:
    """Its lease is over: it ends its runs, and what another one did stands."""
    first = plant.worker()
    jobs = [plant.order(name) for name in NAMES]
    until(plant.running)
    os.kill(first.pid, signal.SIGSTOP)
    second = plant.worker()
    until(partial(plant.done, jobs), patience=100)
    os.kill(first.pid, signal.SIGCONT)
    first.terminate()
    assert wait(first).code == 0
    plant.check(jobs)
    second.terminate()
    assert wait(second).code == 0
