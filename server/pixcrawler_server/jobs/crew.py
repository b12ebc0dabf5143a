"""The worker: takes jobs from the catalog and has them run, a few at once, until it is stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from peewee import DoesNotExist

from pixcrawler_core.catalog.database import DRIVER_ERRORS
from pixcrawler_core.catalog.datasets import CrawlJob, JobStatus
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_server.jobs.children import Child
from pixcrawler_server.jobs.helpers import Helpers

logger = logging.getLogger(__name__)

EVERY = 0.2
"""Seconds between two looks at the catalog."""
TROUBLE: tuple[type[Exception], ...] = (WorkspaceError, DoesNotExist, *DRIVER_ERRORS)
"""What a catalog raises that is locked or away, or of which a row was just removed."""
TROUBLED = 1.0
"""Seconds until it looks again when the catalog did not answer."""
LAST = 5.0
"""Seconds for which a worker that stops waits for the catalog to note what has ended."""
BEATS = 5
"""Renewals in the time of a lease: some may be late without harm."""


class Chore(Protocol):
    """What a worker does now and then besides."""

    def __call__(self) -> object: ...


@dataclass(kw_only=True)
class Crew:
    """Runs up to `concurrency` jobs at once, and shards of others' jobs where no job waits.

    `start` begins the run of a job, `opens` is whether there is room for one more, or for a shard, `free`
    whether nobody on this machine has a dataset, and `chores` are done each second.
    """

    queue: Queue
    concurrency: int
    start: Callable[[CrawlJob], Child]
    opens: Callable[[], bool]
    free: Callable[[str], bool]
    helpers: Helpers | None = None
    chores: tuple[Chore, ...] = ()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    stopping: bool = False
    _children: dict[int, Child] = field(default_factory=dict)
    _beat: float = 0.0
    _chore: float = 0.0
    _sweep: float = 0.0
    """When to take back next what others have left."""

    def work(self, *, until_idle: bool = False) -> None:
        """Go on until `stopping` is set; runs under way are then stopped, and their jobs wait again.

        Where that is asked for, it stops as soon as there is nothing to do.
        """
        try:
            while not self.stopping:
                try:
                    self.step()
                    if until_idle and not self._busy and self.queue.is_empty():
                        return
                except TROUBLE as error:
                    self._wait_for_catalog(error)
                self.sleep(EVERY)
        finally:
            self.stopping = True
            self._leave()

    def _wait_for_catalog(self, error: Exception) -> None:
        """Wait a while, and give other workers the time to renew their leases before one of them is taken."""
        logger.warning("%s", error)
        self._sweep = self.clock() + self.queue.lease.total_seconds()
        for child in self._children.values():
            if child.ended:
                child.outcome()  # why, as it is now; it is noted later
        self.sleep(TROUBLED)

    @property
    def _busy(self) -> int:
        return len(self._children) + (len(self.helpers.children) if self.helpers else 0)

    @property
    def _has_room(self) -> bool:
        return self._busy < self.concurrency and self.opens()

    def step(self) -> None:
        """One look at everything."""
        now = self.clock()
        if now - self._beat >= self.queue.lease.total_seconds() / BEATS:
            self._renew()
            self._beat = now
            if now >= self._sweep:
                self._take_back()
        if now - self._chore >= 1:
            self._chore = now
            for chore in self.chores:
                _do(chore)
        self._look_after()
        if self.helpers:
            self.helpers.look_after()
        while self._has_room and self._begin():
            pass
        while self.helpers and self._has_room and self.helpers.begin():
            pass

    def _renew(self) -> None:
        self.queue.renew(self._children)
        if self.helpers:
            self.helpers.beat()

    def _take_back(self) -> None:
        self.queue.sweep()
        if self.helpers:
            self.helpers.sweep()

    def _begin(self) -> bool:
        job = self.queue.claim(self.free)
        if job is None:
            return False
        logger.info("job %s begins (run %s)", job.id, job.attempts)
        try:
            self._children[job.id] = self.start(job)
        except OSError as error:
            why = f"no process could be started: {error.strerror}"
            self.queue.release(job.id, JobStatus.QUEUED, why, uncounted=True)
            return False
        return True

    def _look_after(self) -> None:
        statuses = self.queue.statuses(self._children) if self._children else {}
        for job_id, child in list(self._children.items()):
            if child.ended:
                self._end(child)
            elif job_id not in statuses:  # somebody thought this worker dead
                child.kill()
                self._end(child)
            elif statuses[job_id] != JobStatus.RUNNING:
                child.stop()
            else:
                child.mind()

    def _end(self, child: Child) -> None:
        status, why = child.outcome()
        uncounted = self.stopping or child.blameless
        job = self.queue.release(child.job_id, status, why, uncounted=uncounted)
        del self._children[child.job_id]  # once the catalog knows
        logger.info("job %s: %s", child.job_id, job.status if job else "another worker has it")

    def _leave(self) -> None:
        until = self.clock() + LAST
        while self._busy:
            try:
                self._stop_all()
            except TROUBLE as error:
                logger.warning("%s", error)
                if self.clock() > until:  # all have ended by then, and their leases will
                    return
            self.sleep(EVERY / 4)

    def _stop_all(self) -> None:
        for child in list(self._children.values()):
            if not child.ended:
                child.stop()
        if self.helpers:
            self.helpers.stop()
        for child in [child for child in self._children.values() if child.ended]:
            self._end(child)


def _do(chore: Chore) -> None:
    try:
        chore()
    except TROUBLE:
        raise
    except Exception:  # what a plugin says of a schedule's job, say: it costs no run its worker
        logger.exception("a chore failed, and is tried again")
