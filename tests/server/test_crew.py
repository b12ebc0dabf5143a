"""The worker's loop when the catalog gives it trouble."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import peewee
import pytest
from pixcrawler_server.jobs.children import Child
from pixcrawler_server.jobs.crew import Crew
from pixcrawler_server.jobs.helpers import BEGINNING, Helpers

from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobShard
from pixcrawler_core.errors import CatalogAway
from pixcrawler_core.jobs.claims import SILENT, ShardQueue
from pixcrawler_core.jobs.ordering import queue as order_queued
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_core.workspace import Workspace


def test_a_catalog_that_is_locked_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The worker goes on: it looks again after a while."""
    told: list[float] = []

    def chore() -> None:
        if len(told) > 1:
            crew.stopping = True
        raise peewee.OperationalError("database is locked")

    with Workspace(tmp_path) as workspace:
        queue = Queue(workspace.open(), "one", lambda: datetime(2026, 1, 15, tzinfo=UTC))
        crew = Crew(
            queue=queue,
            concurrency=1,
            start=lambda job: pytest.fail(f"job {job.id} begins"),
            opens=lambda: True,
            free=lambda _: True,
            chores=(chore,),
            clock=lambda: 10.0 * (1 + len(told)),
            sleep=told.append,
        )
        crew.work()
    assert "database is locked" in caplog.messages


class Steps:
    """A clock and a queue of a worker that notes when it takes back what others have."""

    def __init__(self) -> None:
        self.time = 100.0
        self.swept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def sweep(self) -> list[int]:
        self.swept.append(self.time)
        return []


def test_who_lost_the_catalog_gives_others_time_to_renew_their_leases(tmp_path: Path) -> None:
    steps = Steps()

    class Noting(Queue):
        def sweep(self) -> list[int]:
            return steps.sweep()

    def chore() -> None:
        if 104 < steps.time < 110:
            raise CatalogAway("its server does not answer")
        crew.stopping = steps.time > 140

    with Workspace(tmp_path) as workspace:
        queue = Noting(workspace.open(), "one", lambda: datetime(2026, 1, 15, tzinfo=UTC))
        crew = Crew(
            queue=queue,
            concurrency=1,
            start=lambda job: pytest.fail(f"job {job.id} begins"),
            opens=lambda: True,
            free=lambda _: True,
            chores=(chore,),
            clock=lambda: steps.time,
            sleep=steps.sleep,
        )
        crew.work()
    lease = queue.lease.total_seconds()
    assert not any(105 < time < 109 + lease for time in steps.swept)
    assert any(time > 110 + lease for time in steps.swept)


def crew_of(workspace: Workspace, **given: Any) -> Crew:
    """A worker whose time stands still, and that stops when it sleeps for the third time."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        crew.stopping = len(slept) > 2

    queue = Queue(workspace.open(), "one", lambda: datetime(2026, 1, 15, tzinfo=UTC))
    told = {"queue": queue, "concurrency": 1, "clock": lambda: 10.0 + len(slept)}
    told |= {"opens": lambda: True, "free": lambda _: True}
    crew = Crew(**{"start": lambda job: pytest.fail(f"job {job.id} begins"), **told, **given}, sleep=sleep)
    return crew


def test_a_chore_that_breaks_costs_nobody_the_worker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As a plugin's code may, of which a schedule's job is made."""
    done: list[bool] = []

    def broken() -> None:
        raise ZeroDivisionError

    with Workspace(tmp_path) as workspace:
        crew_of(workspace, chores=(broken, lambda: done.append(True))).work()
    assert len(done) > 1
    assert "a chore failed, and is tried again" in caplog.messages


def test_the_catalog_is_not_asked_for_jobs_while_there_is_no_room(tmp_path: Path) -> None:
    class Refusing(Queue):
        def claim(self, _free: Callable[[str], bool]) -> CrawlJob | None:
            pytest.fail("it is asked")

    with Workspace(tmp_path) as workspace:
        queue = Refusing(workspace.open(), "one", lambda: datetime(2026, 1, 15, tzinfo=UTC))
        crew_of(workspace, queue=queue, opens=lambda: False).work()


class Hanging:
    """A process that does not come to its beginning."""

    ended = stopped = False

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    @property
    def age(self) -> float:
        return self._clock()

    def stop(self) -> None:
        self.stopped = True


def test_a_shard_whose_process_does_not_begin_is_given_to_another(tmp_path: Path) -> None:
    began = datetime(2026, 1, 15, tzinfo=UTC)
    passed = [0.0]
    hanging = Hanging(lambda: passed[0])
    with Workspace(tmp_path) as workspace:
        queue = ShardQueue(
            database=workspace.open(),
            place="here",
            now=lambda: began + timedelta(seconds=passed[0]),
            make_token=lambda: "mine",
        )
        Dataset.create(id="ds-1", name="ds-1")
        JobShard.create(job=CrawlJob.create(dataset="ds-1", status="running"), number=1, place="here")
        helpers = Helpers(queue=queue, start=lambda _: cast("Child", hanging))
        assert helpers.begin()
        while not hanging.stopped and passed[0] < 3600:
            passed[0] += 3
            helpers.beat()
            helpers.sweep()
            helpers.look_after()
        shard = JobShard.get()
    assert (shard.state, shard.attempts, shard.error) == ("waiting", 1, SILENT)
    lease = queue.lease.total_seconds()
    assert BEGINNING * lease < passed[0] < (BEGINNING + 2) * lease


def test_a_process_that_cannot_be_begun_is_no_run_of_the_job(tmp_path: Path) -> None:
    begun: list[int] = []

    def start(job: CrawlJob) -> Child:
        begun.append(job.id)
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with Workspace(tmp_path) as workspace:
        workspace.open()
        Dataset.create(id="ds-1", name="ds-1")
        job = order_queued(CrawlJob.create(dataset="ds-1"), now=datetime(2026, 1, 15, tzinfo=UTC))
        crew_of(workspace, start=start).work()
        row = CrawlJob.get_by_id(job.id)
    assert len(begun) > 1
    assert (row.status, row.attempts) == ("queued", 0)
