"""Leases that are looked at in each transaction: whoever lost one writes nothing any more.

A process that was stopped for a while does not know that others took over what it worked on. The lease's
token, compared where the writing is done, keeps it out (Kleppmann, "How to do distributed locking", 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixcrawler_core.errors import LeaseLost

if TYPE_CHECKING:
    from pixcrawler_core.catalog.sql import Sql

_THERE = "SELECT 1 FROM {which}"
_LOCKED = "SELECT set_config('idle_in_transaction_session_timeout', '10s', true) FROM {which} FOR KEY SHARE"
"""A process that is frozen in a transaction has the row locked until PostgreSQL ends that by itself. Whoever
takes the lease away locks the row FOR UPDATE, and waits; who renews it does not, however long this lasts."""


@dataclass(frozen=True, kw_only=True)
class Fence:
    """A row that must be there for a transaction to go on, and that nobody takes away until its end."""

    which: str
    """A table, and the condition that selects the row."""
    values: tuple[object, ...]
    what: str
    """What the lease is of: `job 7`."""

    def check(self, sql: Sql) -> None:
        """Raise LeaseLost if the row is not there."""
        statement = (_LOCKED if sql.database.for_update else _THERE).format(which=self.which)
        if sql.first(statement, self.values) is None:
            raise LeaseLost(f"{self.what} was given to somebody else; this run of it ends")


def job_fence(job_id: int, token: str) -> Fence:
    """The lease on the run of a job."""
    return Fence(which="crawl_job WHERE id = ? AND token = ?", values=(job_id, token), what=f"job {job_id}")


def shard_fence(shard_id: int, token: str) -> Fence:
    """The lease of a process on a shard."""
    return Fence(
        which="job_shard WHERE id = ? AND token = ?",
        values=(shard_id, token),
        what=f"shard {shard_id}",
    )
