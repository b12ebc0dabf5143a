"""Workers that look for jobs in the catalog themselves: `pixcrawler worker`, on one machine or on some.

There is nothing to be told to anybody: a job that is queued in the catalog is found within a fraction of a
second, and so is one that is to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import CrawlJob
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_core.service import Dispatcher


class LocalDispatcher:
    """Leaves everything to the workers that share the catalog."""

    def submit(self, job_id: int, /) -> None:
        """Check that the job is there, to be found. Raises WorkspaceError."""
        self.status(job_id)

    def cancel(self, job_id: int, /) -> None:
        """Check that the job is there. Raises WorkspaceError."""
        self.status(job_id)

    def status(self, job_id: int, /) -> str:
        """The job's status in the catalog. Raises WorkspaceError for a job that is not there."""
        job = CrawlJob.get_or_none(CrawlJob.id == job_id)
        if job is None:
            raise WorkspaceError(f"there is no job {job_id} in the catalog")
        return str(job.status)

    def serve(self, queue: Queue, _concurrency: int, /) -> AbstractContextManager[Queue]:
        """The queue itself."""
        return nullcontext(queue)


@hookimpl
def register_dispatchers() -> Iterator[Dispatcher]:
    """The dispatcher `local`."""
    yield Dispatcher(
        name="local",
        summary="workers that find jobs in the catalog: `pixcrawler worker`",
        build=lambda _: LocalDispatcher(),
    )
