"""What holds for dispatchers."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

from pathlib import Path

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobStatus
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.jobs.ordering import queue
from pixcrawler_core.jobs.transitions import cancel
from pixcrawler_core.service import Dispatcher
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.workspace import Workspace

NOBODY = 2**31 - 1
"""Id of a job that there is not."""


class DispatcherContract(PartContract):
    """What holds for every dispatcher: it takes what is queued, again too, and knows nothing else."""

    component: Dispatcher

    def test_it_takes_a_job_once_however_often_it_is_told(self, tmp_path: Path) -> None:
        """Whoever orders a job may tell it again, since they cannot know whether that came through."""
        with Workspace(tmp_path / "workspace"):
            dispatcher, job = self.build(), _queued("cats")
            dispatcher.submit(job.id)
            dispatcher.submit(job.id)
            told = dispatcher.status(job.id)
            assert isinstance(told, str)
            assert told
            assert CrawlJob.get_by_id(job.id).status in (JobStatus.QUEUED, JobStatus.RUNNING)

    def test_a_job_that_was_cancelled_may_be_cancelled_again(self, tmp_path: Path) -> None:
        """And the catalog is left to say that it is."""
        with Workspace(tmp_path / "workspace"):
            dispatcher, job = self.build(), _queued("dogs")
            dispatcher.submit(job.id)
            cancel(CrawlJob.get_by_id(job.id), now=utc_now())
            dispatcher.cancel(job.id)
            dispatcher.cancel(job.id)
            assert CrawlJob.get_by_id(job.id).status == JobStatus.CANCELLED

    def test_it_does_not_know_what_nobody_ordered(self, tmp_path: Path) -> None:
        """It says so."""
        with Workspace(tmp_path / "workspace"):
            dispatcher = self.build()
            for ask in (dispatcher.submit, dispatcher.status):
                try:
                    ask(NOBODY)
                except PixCrawlerError:
                    continue
                raise AssertionError(f"{ask} knows a job that there is not")


def _queued(name: str) -> CrawlJob:
    Dataset.create(id=name, name=name)
    tables = {"job": {"name": name, "keywords": [name]}}
    return queue(CrawlJob.create(dataset=name, tables=tables), now=utc_now())
