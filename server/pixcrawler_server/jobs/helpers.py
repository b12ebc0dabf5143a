"""Shards that a worker does besides: a process for each, as long as the shard is the worker's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from pixcrawler_core.jobs.claims import Claim, ShardQueue
from pixcrawler_server.jobs.children import Child

logger = logging.getLogger(__name__)
BEGINNING = 40
"""Leases that a process has to begin in: it may have to fetch models, or to wait for a takedown."""


@dataclass(kw_only=True)
class Helpers:
    """The processes of a worker that work on shards; `start` begins one. Raises WorkspaceError."""

    queue: ShardQueue
    start: Callable[[Claim], Child]
    children: dict[Claim, Child] = field(default_factory=dict)

    def begin(self) -> bool:
        """Take a shard and begin to work on it; whether there was one."""
        claim = self.queue.claim()
        if claim is None:
            return False
        logger.info("job %s: shard %s begins", claim.job, claim.shard)
        try:
            self.children[claim] = self.start(claim)
        except OSError as error:
            why = f"no process could be started: {error.strerror}"
            self.queue.release(claim, why, uncounted=True)
            return False
        return True

    def beat(self) -> None:
        """Keep what begins; a process that does not come to that is stopped when its lease is over."""
        most = BEGINNING * self.queue.lease.total_seconds()
        self.queue.renew([claim for claim, child in self.children.items() if child.age < most])

    def sweep(self) -> None:
        """Take back what others left."""
        self.queue.sweep()

    def look_after(self) -> None:
        """Note what has ended; stop what is somebody else's, not wanted any more, or of a job that rests."""
        held = self.queue.held(self.children)
        for claim, child in list(self.children.items()):
            if child.ended:
                self._end(claim, child)
            elif claim not in held:
                child.stop()

    def stop(self) -> None:
        """Stop all, and note what has ended: it is for others, at once."""
        for child in self.children.values():
            if not child.ended:
                child.stop()
        for claim, child in [each for each in self.children.items() if each[1].ended]:
            self._end(claim, child, uncounted=True)

    def _end(self, claim: Claim, child: Child, *, uncounted: bool = False) -> None:
        why = child.failure()
        self.queue.release(claim, why, uncounted=uncounted or not why or child.blameless)
        del self.children[claim]
        logger.info("job %s: shard %s %s", claim.job, claim.shard, why or "has ended")
