"""The worker's loop when the catalog gives it trouble."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import peewee
import pytest
from pixcrawler_server.jobs.crew import Crew

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
