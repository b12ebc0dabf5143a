"""Whose turn it is, and who may still speak for a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixcrawler_core.catalog.fencing import job_fence
from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobStatus
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import LeaseLost
from pixcrawler_core.jobs.ordering import queue
from pixcrawler_core.jobs.queue import LEASE, MOST_ATTEMPTS, Queue
from pixcrawler_core.jobs.transitions import move
from pixcrawler_core.workspace import Workspace


@dataclass
class World:
    """A catalog, a clock that is moved by hand, and workers."""

    workspace: Workspace
    time: datetime = field(default_factory=lambda: datetime(2026, 1, 15, tzinfo=UTC))

    def now(self) -> datetime:
        return self.time

    def worker(self, name: str = "one") -> Queue:
        return Queue(self.workspace.open(), name, self.now)

    def order(self, user: str = "", *, priority: int = 0) -> int:
        """Queue a job of a user, a second after the one before."""
        self.time += timedelta(seconds=1)
        key = f"ds-{Dataset.select().count()}"
        Dataset.create(id=key, name=key)
        row = CrawlJob.create(
            dataset=key, tables={"job": {"keywords": ["cat"]}}, ordered_by=user, priority=priority
        )
        return int(queue(row, now=self.time).id)

    def take(self, worker: Queue) -> CrawlJob:
        """The next job of a worker, a second later."""
        self.time += timedelta(seconds=1)
        job = worker.claim(lambda _: True)
        assert job is not None
        return job


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.drill)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with Workspace(tmp_path, url) as workspace:
        yield World(workspace)


def test_higher_priorities_come_first_then_who_waits_longest(world: World) -> None:
    jobs = [world.order(priority=priority) for priority in (0, -1, 5, 0)]
    taken = [world.take(world.worker()).id for _ in jobs]
    assert taken == [jobs[2], jobs[0], jobs[3], jobs[1]]


def test_a_priority_holds_among_the_jobs_of_one_user(world: World) -> None:
    """Nobody comes before others by giving their own jobs a high one."""
    for _ in range(3):
        world.order("eve", priority=9)
    low, high = world.order("ada"), world.order("ada", priority=5)
    worker = world.worker()
    taken = [world.take(worker) for _ in range(4)]
    assert [job.ordered_by for job in taken] == ["eve", "ada", "eve", "ada"]
    assert [job.id for job in taken if job.ordered_by == "ada"] == [high, low]


@pytest.mark.parametrize("slots", [1, 3, 10])
def test_users_take_turns_however_many_jobs_each_has(world: World, slots: int) -> None:
    """Those who ordered all of theirs first have no more than those who came last."""
    users = [f"user-{number}" for number in range(5)]
    for user, jobs in zip(users, (12, 6, 6, 6, 6), strict=True):
        for _ in range(jobs):
            world.order(user)
    worker, running, served = world.worker(), list[int](), Counter[str]()
    for _ in range(30):
        if len(running) == slots:
            worker.release(running.pop(0), JobStatus.COMPLETED)
        job = world.take(worker)
        running.append(job.id)
        served[job.ordered_by] += 1
        assert max(served.values()) - min(served[user] for user in users) <= 1
    assert set(served.values()) == {6}


def test_a_dataset_in_use_is_left_out(world: World) -> None:
    first, second = world.order("ada"), world.order("bob")
    job = world.worker().claim(lambda dataset: dataset != CrawlJob.get_by_id(first).dataset_id)
    assert job is not None
    assert job.id == second
    assert not world.worker().is_empty()


def test_a_lease_that_is_over_speaks_for_nobody(world: World) -> None:
    key = world.order()
    one, two = world.worker("one"), world.worker("two")
    world.take(one)
    assert two.claim(lambda _: True) is None
    world.time += LEASE
    one.renew([key])
    world.time += LEASE
    assert two.sweep() == []
    world.time += timedelta(seconds=1)
    assert two.sweep() == [key]
    assert world.take(two).attempts == 2
    assert one.statuses([key]) == {}
    assert one.release(key, JobStatus.COMPLETED) is None
    assert CrawlJob.get_by_id(key).status == "running"


def test_a_job_that_goes_on_at_once_after_a_pause_has_another_token(world: World) -> None:
    """Its run before, which the worker is about to end, writes nothing any more; its attempts begin anew."""
    key = world.order()
    one = world.worker()
    first = world.take(one)
    move(CrawlJob.get_by_id(key), JobStatus.PAUSED, now=world.now())
    queue(CrawlJob.get_by_id(key), now=world.now())
    assert one.claim(lambda _: True) is None
    one.release(key, JobStatus.QUEUED, uncounted=True)
    second = world.take(one)
    assert (first.attempts, second.attempts) == (1, 1)
    database = world.workspace.open()
    with pytest.raises(LeaseLost), Sql(database, job_fence(key, first.token)).transaction():
        pass
    with Sql(database, job_fence(key, second.token)).transaction():
        pass


def test_a_clock_that_jumps_back_or_on_costs_no_more_than_a_run(world: World) -> None:
    """A worker whose lease was swept away by a jump stops; nobody is left with the job for ever."""
    key = world.order()
    one = world.worker("one")
    world.take(one)
    world.time -= timedelta(days=1)
    one.renew([key])
    assert one.sweep() == []
    world.time += timedelta(days=2)
    assert one.sweep() == [key]
    assert world.take(world.worker("two")).id == key


def test_a_job_that_kills_its_workers_is_given_up(world: World) -> None:
    key = world.order()
    for _ in range(MOST_ATTEMPTS):
        world.take(world.worker())
        world.time += LEASE + timedelta(seconds=1)
        world.worker("two").sweep()
    row = CrawlJob.get_by_id(key)
    assert (row.status, row.attempts) == ("failed", MOST_ATTEMPTS)
    assert "died 3 times" in row.error
