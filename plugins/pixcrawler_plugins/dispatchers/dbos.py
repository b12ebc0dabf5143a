"""Workers that are told by DBOS when a job waits: https://docs.dbos.dev. Needs the extra `dbos`.

For each time that a job is queued there is a ticket, a workflow of DBOS. A worker has as many tickets at once
as it runs jobs; for a ticket it takes the job whose turn it is in the catalog, under the catalog's lease. So
DBOS says when, and the catalog which: order, fairness, attempts and fences are those of all workers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

from peewee import PostgresqlDatabase

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import CrawlJob, JobStatus
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.service import Dispatcher

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.jobs.queue import Queue
    from pixcrawler_plugins.dispatchers.dbos_tickets import Tickets

logger = logging.getLogger(__name__)

FILE = "dispatch.sqlite"
"""Beside a catalog that is a file; otherwise DBOS has its tables in the catalog's server, schema `dbos`."""


class DbosDispatcher:
    """Has tickets for jobs. Where DBOS does not answer, a worker makes the ticket some seconds later."""

    def submit(self, job_id: int, /) -> None:
        """Make the ticket of a job that is queued. Raises WorkspaceError for a job that is not there."""
        job = _job(job_id)
        if job.status != JobStatus.QUEUED:
            return
        from pixcrawler_plugins.dispatchers.dbos_tickets import FAILURES, first_line

        try:
            self._tickets.issue(job.id, job.revision)
        except FAILURES as error:
            logger.warning("job %s waits for a worker to make its ticket: %s", job_id, first_line(error))

    def cancel(self, job_id: int, /) -> None:
        """Check that the job is there: its worker looks into the catalog. Raises WorkspaceError."""
        _job(job_id)

    def status(self, job_id: int, /) -> str:
        """The job's status in the catalog. Raises WorkspaceError for a job that is not there."""
        return str(_job(job_id).status)

    def serve(self, queue: Queue, concurrency: int, /) -> AbstractContextManager[Queue]:
        """The queue of a worker, which gives a job for each ticket."""
        from pixcrawler_plugins.dispatchers.dbos_worker import serving

        return serving(queue, concurrency, dispatch_url(queue.database))

    @cached_property
    def _tickets(self) -> Tickets:
        from pixcrawler_plugins.dispatchers.dbos_tickets import Tickets

        tickets = Tickets.at(dispatch_url(CrawlJob.bound_to()))
        finalize(self, tickets.client.destroy)
        return tickets


def dispatch_url(catalog: Database) -> str:
    """Where DBOS keeps its tables."""
    name = str(catalog.database)
    if isinstance(catalog, PostgresqlDatabase):
        return name
    return f"sqlite:///{Path(name).absolute().with_name(FILE)}"


def build(_options: None) -> DbosDispatcher:
    """The dispatcher. Raises ConfigError where the library is missing."""
    if find_spec("dbos") is None:
        raise ConfigError("the dispatcher dbos needs its library: pip install 'pixcrawler[dbos]'")
    return DbosDispatcher()


@hookimpl
def register_dispatchers() -> Iterator[Dispatcher]:
    """The dispatcher `dbos`."""
    yield Dispatcher(name="dbos", summary="workers that DBOS tells when a job waits", build=build)


def _job(job_id: int) -> CrawlJob:
    job: CrawlJob | None = CrawlJob.get_or_none(CrawlJob.id == job_id)
    if job is None:
        raise WorkspaceError(f"there is no job {job_id} in the catalog")
    return job
