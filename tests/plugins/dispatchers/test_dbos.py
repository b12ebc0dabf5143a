"""The dispatcher `dbos`."""

from datetime import timedelta
from pathlib import Path

import pytest
from pixcrawler_plugins.dispatchers.dbos import register_dispatchers
from pixcrawler_plugins.dispatchers.dbos_tickets import Tickets
from pixcrawler_plugins.dispatchers.dbos_worker import serving

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_core.testing.contracts import DispatcherContract
from pixcrawler_core.workspace import Workspace
from tests.conftest import until


class TestDbos(DispatcherContract):
    component = next(iter(register_dispatchers()))


@pytest.mark.drill
def test_tickets_that_ended_are_removed_after_a_while(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/dispatch.sqlite"
    with Workspace(tmp_path) as workspace, serving(Queue(workspace.open(), "one", utc_now), 1, url) as queue:
        tickets = Tickets.at(url)
        tickets.issue(1, 1)

        def ended() -> bool:
            queue.claim(lambda _: True)  # there is no job, so that the ticket is let go of
            return tickets.client.retrieve_workflow("job-1-1").get_status().status == "SUCCESS"

        until(ended)
        tickets.issue(2, 1)
        assert tickets.forget(utc_now() - timedelta(hours=1)) == 0
        assert tickets.forget(utc_now() + timedelta(hours=1)) == 1
        left = tickets.client.list_workflows(load_input=False)
        assert [each.workflow_id for each in left] == ["job-2-1"]
        tickets.client.destroy()
