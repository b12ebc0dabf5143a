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
FEW = 20
"""Tickets that are made, handed on or replaced at once: each takes some milliseconds, and leases go on."""


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
        """See to it that jobs that wait have tickets which lead to a worker, a few with each call.

        `waiting` has the jobs with their revisions, `mine` is the name of the worker that asks.
        """
        wanted = {ticket_of(*each): each for each in waiting}
        if not wanted:
            return
        found = self.client.list_workflows(workflow_ids=list(wanted), load_input=False, load_output=False)
        before = (time.time() - STALE) * 1000
        known = {each.workflow_id: each for each in found}
        lost = [
            name
            for name, each in known.items()
            if each.status == HELD and each.executor_id != mine and (each.updated_at or 0) < before
        ]
        for name in lost[:FEW]:
            self.client.resume_workflow(name, queue_name=QUEUE)
        none = [name for name in wanted if name not in known or known[name].status not in (*ALIVE, HELD)]
        for name in none[:FEW]:
            if name in known:  # another job was run for it
                self.client.delete_workflow(name)
            self.issue(*wanted[name])

    def forget(self, before: datetime) -> int:
        """Remove tickets that ended before a moment, so many at once; returns how many."""
        found = self.client.list_workflows(
            name=WORKFLOW,
            status=list(ENDED),
            completed_before=before.isoformat(),
            limit=AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if found:
            self.client.delete_workflows([each.workflow_id for each in found])
        return len(found)


def ticket_of(job_id: int, revision: int) -> str:
    """The name of a ticket."""
    return f"job-{job_id}-{revision}"


def first_line(error: Exception) -> str:
    """What an error says, without the statement and the values that SQLAlchemy adds."""
    return str(error).partition("\n")[0]
