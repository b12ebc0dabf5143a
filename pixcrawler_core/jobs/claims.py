"""Shards from the side of those who work on them: taken under a lease, given back, given up."""
# ruff: noqa: S608  # every value is a parameter

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import LeaseLost
from pixcrawler_core.jobs.queue import FAR, LEASE

if TYPE_CHECKING:
    from peewee import Database

MOST_ATTEMPTS = 3
"""Times that a shard is taken before it is given up."""
BACKOFF = 2.0
"""Seconds until a shard is taken again that failed once; twice as many each further time."""
LONGEST = 500
"""Characters of a reason."""
LATEST = timedelta(minutes=1)
"""Nothing is put off for so long: such a time was noted by a clock that was wrong."""
SILENT = "the process that worked on it died, or was silent for too long"
_NEXT = """
SELECT s.id, s.job_id FROM job_shard s JOIN crawl_job j ON j.id = s.job_id
LEFT JOIN (SELECT o.ordered_by, COUNT(*) AS n FROM job_shard b JOIN crawl_job o ON o.id = b.job_id
           WHERE b.state = 'leased' GROUP BY o.ordered_by) busy ON busy.ordered_by = j.ordered_by
WHERE s.state = 'waiting' AND s.place = ?
AND (s.not_before IS NULL OR s.not_before <= ? OR s.not_before > ?)
AND j.status = 'running' ORDER BY COALESCE(busy.n, 0), j.priority DESC, s.id LIMIT 8
"""
"""Those of whom the fewest shards are under way first; then higher priorities; then the oldest ones."""
_TAKE = (
    "UPDATE job_shard SET state = 'leased', token = ?, lease_until = ?, attempts = attempts + 1, "
    "settled = -1 WHERE id = ? AND state = 'waiting'"
)
_HELD = (
    "SELECT s.id, s.token FROM job_shard s JOIN crawl_job j ON j.id = s.job_id "
    "WHERE s.state = 'leased' AND j.status = 'running' AND s.id IN ({marks})"
)
_BEGINS = "UPDATE job_shard SET lease_until = ? WHERE id = ? AND token = ? AND settled < 0"
_LOST = (
    "SELECT id, token, attempts FROM job_shard "
    "WHERE state = 'leased' AND (lease_until < ? OR lease_until > ?)"
)
_ATTEMPTS = "SELECT attempts FROM job_shard WHERE id = ? AND token = ? AND state = 'leased'"
_MINE = "WHERE id = ? AND token = ? AND state = 'leased'"
_AGAIN = (
    "UPDATE job_shard SET state = 'waiting', token = '', lease_until = NULL, attempts = ?, not_before = ?, "
    f"error = ? {_MINE}"
)
_PARK = f"UPDATE job_shard SET state = 'parked', token = '', lease_until = NULL, error = ? {_MINE}"
_BEAT = f"UPDATE job_shard SET lease_until = ?, settled = ? {_MINE}"
_DONE = f"UPDATE job_shard SET state = 'done', token = '', lease_until = NULL, settled = ? {_MINE}"
_ROWS = "SELECT row_ids FROM job_shard WHERE id = ? AND token = ?"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a shard, as long as the token is that of its lease."""

    shard: int
    job: int
    token: str


@dataclass(frozen=True, kw_only=True)
class ShardQueue:
    """The shards of a catalog, for a worker whose workspace is `place`. Its methods raise WorkspaceError."""

    database: Database
    place: str
    now: Callable[[], datetime]
    make_token: Callable[[], str]
    lease: timedelta = LEASE

    def claim(self) -> Claim | None:
        """Take the shard whose turn it is; None if there is none."""
        sql, now = Sql(self.database), self.now()
        for shard, job in sql.all(_NEXT, (self.place, to_sql_time(now), to_sql_time(now + LATEST))):
            token = self.make_token()
            if sql.run(_TAKE, (token, to_sql_time(now + self.lease), shard)):
                return Claim(shard, job, token)
        return None

    def held(self, claims: Collection[Claim]) -> set[Claim]:
        """Those of the claims that still hold, of jobs that run."""
        if not claims:
            return set()
        marks = ", ".join("?" * len(claims))
        rows = Sql(self.database).all(_HELD.format(marks=marks), [each.shard for each in claims])
        tokens: dict[int, str] = dict(rows)
        return {each for each in claims if tokens.get(each.shard) == each.token}

    def renew(self, claims: Collection[Claim]) -> None:
        """Put off the end of the leases whose processes begin, and have not done so themselves yet."""
        until = to_sql_time(self.now() + self.lease)
        Sql(self.database).many(_BEGINS, [(until, each.shard, each.token) for each in claims])

    def release(self, claim: Claim, why: str, *, uncounted: bool = False) -> None:
        """Give a shard back that was not brought to its end, to be tried again after a while.

        An attempt that was ended by nothing that it did is `uncounted`. Nothing for a claim that is lost.
        """
        sql = Sql(self.database)
        with sql.transaction():
            found = sql.first(_ATTEMPTS + self._lock, (claim.shard, claim.token))
            if found is not None:
                self._give_back(claim.shard, claim.token, found[0] - uncounted, why, at_once=uncounted)

    def sweep(self) -> None:
        """Take shards back from processes that are silent, but not while one has its row locked."""
        sql, now = Sql(self.database), self.now()
        lock = f"{self._lock} SKIP LOCKED" if self._lock else ""
        ends = to_sql_time(now), to_sql_time(now + FAR * self.lease)
        if not sql.all(_LOST, ends):
            return
        with sql.transaction():
            for shard, token, attempts in sql.all(_LOST + lock, ends):
                self._give_back(shard, token, attempts, SILENT)

    @property
    def _lock(self) -> str:
        """Waits for whoever writes under the lease: see `pixcrawler_core.catalog.fencing`."""
        return " FOR UPDATE" if self.database.for_update else ""

    def _give_back(self, shard: int, token: str, attempts: int, why: str, *, at_once: bool = False) -> None:
        sql, told = Sql(self.database), why[:LONGEST]
        if attempts >= MOST_ATTEMPTS:
            sql.run(_PARK, (f"given up after {attempts} attempts: {told}", shard, token))
            return
        wait = timedelta(seconds=0 if at_once else BACKOFF * 2 ** (attempts - 1))
        sql.run(_AGAIN, (attempts, to_sql_time(self.now() + wait), told, shard, token))


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The lease of the process that works on a shard, which it renews itself: one that hangs loses it.

    For one thread at a time. All methods raise LeaseLost once it is lost, and WorkspaceError.
    """

    database: Database
    shard: int
    token: str
    now: Callable[[], datetime]
    length: timedelta

    def rows(self) -> list[int]:
        """The ledger rows of the candidates that are wanted still."""
        found = Sql(self.database).first(_ROWS, (self.shard, self.token))
        if found is None:
            raise self._lost()
        return list(json.loads(found[0]))

    def beat(self, settled: int) -> None:
        """Put the end of the lease off, and tell how many candidates are settled."""
        until = to_sql_time(self.now() + self.length)
        self._change(_BEAT, (until, settled, self.shard, self.token))

    def done(self, settled: int) -> None:
        """Tell that all candidates are settled, or not wanted."""
        self._change(_DONE, (settled, self.shard, self.token))

    def _change(self, statement: str, values: tuple[object, ...]) -> None:
        if not Sql(self.database).run(statement, values):
            raise self._lost()

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"shard {self.shard} was given to somebody else, or is not wanted any more")
