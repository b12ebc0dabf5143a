"""Tells in the events of jobs that wait why a worker begins none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.jobs.transitions import remark

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_server.jobs.headroom import Doorkeeper

PATIENCE = timedelta(seconds=10)
"""How long a job waits before it is told: until then, a worker with room may begin it."""
AT_ONCE = 50
"""Jobs that are told at once."""
WAITS = "a worker has no room for it: "
_SILENT = """
SELECT j.id FROM crawl_job j JOIN job_event e ON e.job_id = j.id AND e.revision = j.revision
WHERE j.status = 'queued' AND j.queued_at < ? AND e.why NOT LIKE ? ORDER BY j.id LIMIT ?
"""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Looks after the jobs that wait while a worker's door is closed; each is told once."""

    database: Database
    door: Doorkeeper
    now: Callable[[], datetime]

    def tell(self) -> None:
        """Note in the events of jobs that wait what is short. Raises WorkspaceError."""
        if self.door.opens():
            return
        now = self.now()
        values = (to_sql_time(now - PATIENCE), f"{WAITS}%", AT_ONCE)
        for (job,) in Sql(self.database).all(_SILENT, values):
            remark(job, WAITS + self.door.why, now=now)
