"""The queue of a worker that goes by tickets of DBOS."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock

from dbos import DBOS

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import CrawlJob, JobStatus
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_plugins.dispatchers.dbos_tickets import (
    FAILURES,
    KEPT,
    QUEUE,
    VERSION,
    WORKFLOW,
    Tickets,
    first_line,
)

logger = logging.getLogger(__name__)

FORGETTING = 60.0
"""Seconds between two removals of tickets that ended."""
EVERY = 0.2
"""Seconds between two looks of DBOS at its queue."""
MOST = 1000
"""Jobs that wait whose tickets are looked after at once."""
_WAITING = "SELECT id, revision FROM crawl_job WHERE status = 'queued' ORDER BY priority DESC, id LIMIT ?"


class Hand:
    """The tickets that a worker holds. DBOS's threads `hold` them, until the worker lets go of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._free: dict[str, Event] = {}
        self._used: dict[int, Event] = {}
        self._closed = False

    def hold(self, name: str) -> None:
        """Hold a ticket until nothing is to be done for it any more; at once where it is held already."""
        with self._lock:
            if self._closed or name in self._free:
                return
            done = self._free[name] = Event()
        done.wait()

    @property
    def empty(self) -> bool:
        """Whether there is no ticket for another job."""
        return not self._free

    def use(self, job_id: int) -> None:
        """Use a ticket for a job."""
        with self._lock:
            self._used[job_id] = self._free.pop(next(iter(self._free)))

    def let_go(self, job_id: int) -> None:
        """Let go of the ticket of a job."""
        with self._lock:
            if (done := self._used.pop(job_id, None)) is not None:
                done.set()

    def let_go_free(self) -> None:
        """Let go of all tickets that are used for no job."""
        with self._lock:
            for done in self._free.values():
                done.set()
            self._free.clear()

    def close(self) -> None:
        """Let go of everything, and hold nothing any more."""
        self._closed = True
        self.let_go_free()
        for job_id in list(self._used):
            self.let_go(job_id)


@dataclass
class Turn:
    """Whether something is due that is done now and then."""

    every: float
    clock: Callable[[], float] = time.monotonic
    _next: float = 0.0

    def comes(self) -> bool:
        """Whether it is due; then it is not for a while."""
        now = self.clock()
        if now < self._next:
            return False
        self._next = now + self.every
        return True


@dataclass(frozen=True, kw_only=True)
class TicketQueue(Queue):
    """The jobs of a catalog, of which a worker takes one for each ticket."""

    tickets: Tickets
    hand: Hand = field(default_factory=Hand)
    forgetting: Turn = field(default_factory=lambda: Turn(FORGETTING))

    def claim(self, free: Callable[[str], bool]) -> CrawlJob | None:
        """Take the job whose turn it is, if there is a ticket."""
        if self.hand.empty:
            return None
        job = super().claim(free)
        if job is not None:
            self.hand.use(job.id)
        elif self.is_empty():
            self.hand.let_go_free()
        return job

    def release(
        self, job_id: int, to: JobStatus, why: str = "", *, uncounted: bool = False
    ) -> CrawlJob | None:
        """Give a job back, and its ticket; one that waits again gets another ticket."""
        job = super().release(job_id, to, why, uncounted=uncounted)
        self.hand.let_go(job_id)
        if job is not None and job.status == JobStatus.QUEUED:
            self._reconcile([(job.id, job.revision)])
        return job

    def sweep(self) -> list[int]:
        """Take jobs back from workers that are dead, and look after the tickets of all that wait."""
        lost = super().sweep()
        self._reconcile(Sql(self.database).all(_WAITING, (MOST,)))
        return lost

    def _reconcile(self, waiting: Iterable[tuple[int, int]]) -> None:
        try:
            self.tickets.reconcile(waiting, self.worker)
            if self.forgetting.comes():
                self.tickets.forget(utc_now() - KEPT)
        except FAILURES as error:
            logger.warning("the tickets of jobs cannot be looked after now: %s", first_line(error))


@contextmanager
def serving(queue: Queue, concurrency: int, url: str) -> Iterator[Queue]:
    """The queue by tickets, with DBOS at work. Of several workers the concurrency of the last one counts."""
    tickets = Tickets.at(url)
    tickets_queue = TicketQueue(**vars(queue), tickets=tickets)
    DBOS(
        config={
            "name": WORKFLOW,
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": queue.worker,
            "log_level": "WARNING",
        }
    )
    hold = tickets_queue.hand.hold

    @DBOS.workflow(name=WORKFLOW)
    def ticket(name: str) -> None:
        hold(name)

    DBOS.launch()
    DBOS.register_queue(
        QUEUE, worker_concurrency=concurrency, polling_interval_sec=EVERY, on_conflict="always_update"
    )
    try:
        yield tickets_queue
    finally:
        tickets_queue.hand.close()
        DBOS.destroy(workflow_completion_timeout_sec=2)
        tickets.client.destroy()
