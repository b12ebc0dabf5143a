"""Tickets: workflows of DBOS, one for each time that a job is queued."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dbos import DBOSClient, EnqueueOptions, error
from sqlalchemy.exc import SQLAlchemyError

FAILURES = (error.DBOSException, SQLAlchemyError, OSError)
"""What DBOS raises where its database does not answer, or has no tables yet."""
QUEUE = WORKFLOW = "pixcrawler-jobs"
VERSION = "1"
"""Of the workflow; DBOS hands one only to workers of the same."""
STALE = 30.0
"""Seconds after which a ticket whose job still waits is handed to another worker: its own may be dead."""
ALIVE = ("ENQUEUED", "DELAYED")
HELD = "PENDING"
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
KEPT = timedelta(days=1)
"""How long a ticket is kept that has ended: for who looks at what DBOS did."""
AT_ONCE = 1000
"""Tickets that are removed at once."""


@dataclass(frozen=True)
class Tickets:
    """The tickets of a database of DBOS."""

    client: DBOSClient

    @classmethod
    def at(cls, url: str) -> Tickets:
        """Those of the database at an URL, which is not asked yet."""
        return cls(DBOSClient(system_database_url=url, lazy=True, retry_connection_errors=False))

    def issue(self, job_id: int, revision: int) -> None:
        """Make the ticket of a job, by the revision at which it was queued; nothing where there is one."""
        name = ticket_of(job_id, revision)
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": name,
            "app_version": VERSION,
        }
        self.client.enqueue(options, name)

    def reconcile(self, waiting: Iterable[tuple[int, int]], mine: str) -> None:
        """See to it that each job that waits has a ticket which leads to a worker.

        `waiting` has the jobs with their revisions, `mine` is the name of the worker that asks.
        """
        wanted = {ticket_of(*each): each for each in waiting}
        if not wanted:
            return
        found = self.client.list_workflows(workflow_ids=list(wanted), load_input=False, load_output=False)
        before = (time.time() - STALE) * 1000
        for each in found:
            if each.status in ALIVE:
                wanted.pop(each.workflow_id)
            elif each.status == HELD:
                wanted.pop(each.workflow_id)
                if each.executor_id != mine and (each.updated_at or 0) < before:
                    self.client.resume_workflow(each.workflow_id, queue_name=QUEUE)
            else:  # another job was run for it
                self.client.delete_workflow(each.workflow_id)
        for job_id, revision in wanted.values():
            self.issue(job_id, revision)

    def forget(self, before: datetime) -> int:
        """Remove tickets that ended before a moment; returns how many."""
        removed = 0
        while True:
            found = self.client.list_workflows(
                name=WORKFLOW,
                status=list(ENDED),
                completed_before=before.isoformat(),
                limit=AT_ONCE,
                load_input=False,
                load_output=False,
            )
            if not found:
                return removed
            self.client.delete_workflows([each.workflow_id for each in found])
            removed += len(found)


def ticket_of(job_id: int, revision: int) -> str:
    """The name of a ticket."""
    return f"job-{job_id}-{revision}"


def first_line(error: Exception) -> str:
    """What an error says, without the statement and the values that SQLAlchemy adds."""
    return str(error).partition("\n")[0]
