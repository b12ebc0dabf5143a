"""What the run of a job offers to others: its shards, from the side of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.columns import OUTCOME, outcome_of
from pixcrawler_core.catalog.fields import to_json, to_sql_time
from pixcrawler_core.catalog.shards import ShardState
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.jobs.claims import LATEST

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.catalog.fencing import Fence
    from pixcrawler_core.records import Outcome

LOOKUP = 500
"""Rows asked for in one query."""
LEFT = timedelta(seconds=30)
"""After this time nobody is coming for a shard that failed, and the run takes it back."""
_OFFER = (
    "INSERT INTO job_shard (job_id, number, place, row_ids, state, token, attempts, settled, error, "
    "created_at) VALUES (?, ?, ?, ?, 'waiting', '', 0, 0, '', ?)"
)
_STANDING = "SELECT number, state, settled, error FROM job_shard WHERE job_id = ? AND number IN ({marks})"
_WITHDRAW = (
    "DELETE FROM job_shard WHERE job_id = ? AND number = ? AND state = 'waiting' "
    "AND (attempts = 0 OR not_before < ? OR not_before > ?)"
)
_CLEAR = "DELETE FROM job_shard WHERE job_id = ?"
_REVOKE = f"{_CLEAR} AND number = ?"
_CLOSE = f"{_CLEAR} AND state IN ('waiting', 'leased')"
_NARROW = "UPDATE job_shard SET row_ids = ? WHERE job_id = ? AND number = ?"
_LEFT = "UPDATE job_shard SET row_ids = '[]' WHERE job_id = ? AND number = ?"
_OUTCOMES = (
    "SELECT id, {columns} FROM ledger_row WHERE id IN ({marks}) AND state <> 'found' "
    "AND NOT (state = 'fetched' AND stage = 'fetch')"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shard stands."""

    state: ShardState
    settled: int
    error: str


@dataclass(frozen=True, kw_only=True)
class Offers:
    """The shards of one run of a job. For one thread at a time; every method raises WorkspaceError.

    With a `fence`, what writes raises LeaseLost once the job is somebody else's.
    """

    database: Database
    job_id: int
    place: str
    now: Callable[[], datetime]
    fence: Fence | None = None

    def clear(self) -> None:
        """Remove what an earlier run offered: whoever works on that stops."""
        self._change(_CLEAR, (self.job_id,))

    def close(self) -> None:
        """Remove what is not done: nobody waits for it any more."""
        self._change(_CLOSE, (self.job_id,))

    def offer(self, number: int, rows: Sequence[int]) -> None:
        """Let others have candidates, by their ledger rows."""
        self._change(_OFFER, (self.job_id, number, self.place, to_json(rows), to_sql_time(self.now())))

    def withdraw(self, number: int) -> bool:
        """Take an offer back that nobody took, or nobody comes back for; whether it was."""
        now = self.now()
        ends = to_sql_time(now - LEFT), to_sql_time(now + LATEST)
        return bool(self._change(_WITHDRAW, (self.job_id, number, *ends)))

    def revoke(self, number: int) -> None:
        """Take a shard away from whoever has it."""
        self._change(_REVOKE, (self.job_id, number))

    def narrow(self, number: int, rows: Sequence[int]) -> None:
        """Say that of a shard's candidates only these are wanted still."""
        self._change(_NARROW, (to_json(rows), self.job_id, number))

    def forget_rows(self, number: int) -> None:
        """Note that all is known that became of a shard."""
        self._change(_LEFT, (self.job_id, number))

    def standing(self, numbers: Sequence[int]) -> dict[int, Standing]:
        """How these of the shards stand, by number; those that are not there are left out."""
        statement = _STANDING.format(marks=", ".join("?" * len(numbers)))
        rows = Sql(self.database).all(statement, (self.job_id, *numbers))
        return {number: Standing(ShardState(state), done, error) for number, state, done, error in rows}

    def outcomes(self, rows: Sequence[int]) -> Iterator[tuple[int, Outcome]]:
        """What became of candidates so far; nothing of those that are fetched and not examined yet."""
        for start in range(0, len(rows), LOOKUP):
            part = rows[start : start + LOOKUP]
            marks = ", ".join("?" * len(part))
            statement = _OUTCOMES.format(columns=", ".join(OUTCOME), marks=marks)
            for key, *told in Sql(self.database).all(statement, part):
                yield key, outcome_of(told)

    def _change(self, statement: str, values: Sequence[Any]) -> int:
        sql = Sql(self.database, self.fence)
        with sql.transaction():
            return sql.run(statement, values)
