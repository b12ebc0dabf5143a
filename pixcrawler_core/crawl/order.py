"""Who runs an ordered job, and what follows from that: a fence round the ledger, and shards for others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.fencing import Fence, job_fence
from pixcrawler_core.crawl.spreading import Spread
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.jobs.clock import CatalogClock
from pixcrawler_core.jobs.offers import Offers

if TYPE_CHECKING:
    from pixcrawler_core.crawl.session import Session


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run of a job by a worker."""

    token: str
    """Of the job's lease."""
    shard_size: int
    """Candidates of a shard; 0 where none are offered."""

    def fence(self, job_id: int) -> Fence:
        """What keeps this run from writing when the job is somebody else's."""
        return job_fence(job_id, self.token)

    def offers(self, session: Session) -> Offers:
        """What the session's run offers to others."""
        return Offers(
            database=session.database,
            job_id=session.record.id,
            place=session.workspace.identity(),
            now=CatalogClock(database=session.database, wall=session.now),
            fence=self.fence(session.record.id),
        )

    def spread(self, session: Session) -> Spread | None:
        """What spreads the fetching of the session's run; None where that does all by itself."""
        if not self.shard_size:
            return None
        shared = session.ledger, self.offers(session), session.tally
        return Spread(*shared, concurrency=session.job.fetch.concurrency, size=self.shard_size)


class Spreading:
    """Keeps the spreading of a run on, beside it."""

    def __init__(self, spread: Spread, stop: Callable[[Exception], None]) -> None:
        self._spread = spread
        self._task = asyncio.ensure_future(spread.keep_on())
        self._task.add_done_callback(self._ended)
        self._stop = stop

    async def end(self) -> None:
        """Take back what others have."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with suppress(PixCrawlerError):  # whoever takes the job over takes it back, too
            await self._spread.ledger.call(self._spread.offers.close)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._stop(error)
