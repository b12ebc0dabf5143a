"""Room for a run's images in the storage quota of the user whose dataset it fills."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.quotas import quota_of

if TYPE_CHECKING:
    from pixcrawler_core.catalog.datasets import CrawlJob
    from pixcrawler_core.catalog.writer import LedgerWriter

EVERY = 1.0
"""Seconds between two looks at what the user has: other jobs of theirs take from the same quota."""
PATIENCE = 50
"""A look is followed by this many times the seconds that it took, since the ledger waits for it."""
FULL = (
    "the storage quota of the project's owner, {quota} bytes, has no room for the next image; "
    "remove something or have the quota raised, then begin the job again"
)
Look = Callable[[], tuple[int, int] | None]
"""Tells the quota and what is used of it, in bytes; None without a limit."""


class Room:
    """What a run may still accept. All but `look` itself is called on the event loop's thread."""

    def __init__(self, look: Look = lambda: None, clock: Callable[[], float] = time.monotonic) -> None:
        self.full = ""
        """Why nothing more is accepted, in one sentence; empty as long as there was room."""
        self._look, self._clock = look, clock
        self._seen = look()
        self._taken = 0
        """Bytes that were accepted since the last look."""
        self._next = clock() + EVERY

    def fits(self, size: int) -> bool:
        """Whether an image of so many bytes may be accepted; `full` says why it may not."""
        if self._seen is None:
            return True
        quota, used = self._seen
        if used + self._taken + size > quota:
            self.full = FULL.format(quota=quota)
        return not self.full

    def take(self, size: int) -> None:
        """Count an image that was accepted."""
        self._taken += size

    async def look_again(self, ledger: LedgerWriter) -> None:
        """See what the user has by now, if it is time to. Raises WorkspaceError."""
        began = self._clock()
        if self._seen is None or began < self._next:
            return
        before = self._taken
        self._seen = await ledger.call(self._look)
        self._taken -= before
        self._next = self._clock() + max(EVERY, PATIENCE * (self._clock() - began))


def room_of(job: CrawlJob) -> Room:
    """The room for a job that a user ordered; no limit for one of the command line. Raises WorkspaceError."""
    return Room(partial(quota_of, job.dataset_id)) if job.ordered_by else Room()
