"""The dispatcher `dbos`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pixcrawler_plugins.dispatchers.dbos import dispatch_url, register_dispatchers
from pixcrawler_plugins.dispatchers.dbos_tickets import FEW, Tickets, ticket_of
from pixcrawler_plugins.dispatchers.dbos_worker import serving

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import CrawlJob, Dataset
from pixcrawler_core.jobs.ordering import queue as order_queued
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_core.testing.contracts import DispatcherContract
from pixcrawler_core.workspace import Workspace
from tests.conftest import until


@contextmanager
def opened(root: Path) -> Iterator[tuple[Queue, Tickets]]:
    """The queue of a worker of a new workspace, and the tickets."""
    with Workspace(root) as workspace:
        url = dispatch_url(workspace.open())
        with serving(Queue(workspace.open(), "one", utc_now), 1, url) as queue:
            tickets = Tickets.at(url)
            yield queue, tickets
            tickets.client.destroy()


def names_of(tickets: Tickets) -> set[str]:
    """All tickets that there are."""
    return {each.workflow_id for each in tickets.client.list_workflows(load_input=False)}


def queued(dataset: str) -> CrawlJob:
    """A new job that waits."""
    Dataset.create(id=dataset, name=dataset)
    return order_queued(CrawlJob.create(dataset=dataset), now=utc_now())


class TestDbos(DispatcherContract):
    component = next(iter(register_dispatchers()))


@pytest.mark.drill
def test_each_job_has_a_ticket_once_it_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A dispatcher that cannot make one only says so, and leaves that to workers."""
    with opened(tmp_path) as (_, tickets):
        dispatcher = next(iter(register_dispatchers())).build(None)
        jobs = [queued(f"ds-{number}") for number in range(2)]
        for job in (*jobs, *jobs):
            dispatcher.submit(job.id)
        assert names_of(tickets) == {ticket_of(job.id, job.revision) for job in jobs}
    assert not caplog.messages


@pytest.mark.drill
def test_a_few_tickets_are_made_at_once_and_all_in_the_end(tmp_path: Path) -> None:
    """Leases are renewed in between, however many jobs wait that DBOS did not hear of."""
    with opened(tmp_path) as (queue, tickets):
        jobs = [queued(f"ds-{number}") for number in range(2 * FEW + 1)]
        made = []
        for _ in range(3):
            queue.sweep()
            made.append(len(names_of(tickets)))
        assert made == [FEW, 2 * FEW, len(jobs)]


@pytest.mark.drill
def test_tickets_that_ended_are_removed_after_a_while(tmp_path: Path) -> None:
    with opened(tmp_path) as (queue, tickets):
        tickets.issue(1, 1)

        def ended() -> bool:
            queue.claim(lambda _: True)  # there is no job, so that the ticket is let go of
            return tickets.client.retrieve_workflow("job-1-1").get_status().status == "SUCCESS"

        until(ended)
        tickets.issue(2, 1)
        assert tickets.forget(utc_now() - timedelta(hours=1)) == 0
        assert tickets.forget(utc_now() + timedelta(hours=1)) == 1
        assert names_of(tickets) == {"job-2-1"}
