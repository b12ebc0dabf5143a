"""The worker's loop when the catalog gives it trouble."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import peewee
import pytest
from pixcrawler_server.jobs.crew import Crew

from pixcrawler_core.errors import CatalogAway
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
            free=lambda _: True,
            chores=(chore,),
            clock=lambda: steps.time,
            sleep=steps.sleep,
        )
        crew.work()
    lease = queue.lease.total_seconds()
    assert not any(105 < time < 109 + lease for time in steps.swept)
    assert any(time > 110 + lease for time in steps.swept)
