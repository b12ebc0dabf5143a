"""Where a job may go from where it stands: every status of an ordered job is changed here, and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.datasets import CrawlJob, JobStatus
from pixcrawler_core.catalog.jobs import JobEvent
from pixcrawler_core.jobs.errors import IllegalTransition

TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.DRAFT: frozenset({JobStatus.QUEUED, JobStatus.CANCELLED}),
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.RUNNING: frozenset(
        {
            JobStatus.QUEUED,
            JobStatus.PAUSED,
            JobStatus.CANCELLING,
            JobStatus.COMPLETED,
            JobStatus.COMPLETED_SHORT,
            JobStatus.FAILED,
        }
    ),
    JobStatus.PAUSED: frozenset({JobStatus.QUEUED, JobStatus.CANCELLED}),
    JobStatus.CANCELLING: frozenset({JobStatus.CANCELLED}),
    JobStatus.CANCELLED: frozenset({JobStatus.QUEUED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.COMPLETED_SHORT: frozenset({JobStatus.QUEUED}),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),
}
"""By the status a job has: those that it may have next."""
ENDED = frozenset({JobStatus.CANCELLED, JobStatus.COMPLETED, JobStatus.COMPLETED_SHORT, JobStatus.FAILED})
"""Nothing becomes of a job in these by itself."""
AGAIN = (JobStatus.DRAFT, JobStatus.CANCELLED, JobStatus.COMPLETED_SHORT, JobStatus.FAILED)
"""Statuses from which a person begins a job, or begins it again."""


def cancel(job: CrawlJob, *, now: datetime, actor: UUID | None = None) -> CrawlJob:
    """End a job; one that runs is `cancelling` until its worker has stopped it. Raises IllegalTransition."""
    if job.status in (JobStatus.RUNNING, JobStatus.CANCELLING):
        return move(job, JobStatus.CANCELLING, now=now, actor=actor)
    return move(job, JobStatus.CANCELLED, now=now, actor=actor, completed_at=now)


def check_again(job: CrawlJob) -> None:
    """Raise IllegalTransition for a job that is not begun by a person from where it stands."""
    if job.status not in AGAIN:
        raise IllegalTransition(job.id, job.status, JobStatus.QUEUED, TRANSITIONS[JobStatus(job.status)])


def move(
    job: CrawlJob,
    to: JobStatus,
    *,
    now: datetime,
    actor: UUID | None = None,
    why: str = "",
    **changes: Any,
) -> CrawlJob:
    """Give a job another status, and other fields with it; returns the job as it is then.

    It is recorded as an event of the job and in the activity log, all in one transaction. `actor` is None
    for workers and the command line. Raises IllegalTransition, also for a job that changed meanwhile.
    """
    if to not in TRANSITIONS[JobStatus(job.status)]:
        raise IllegalTransition(job.id, job.status, to, TRANSITIONS[JobStatus(job.status)])
    with CrawlJob.bound_to().atomic():
        rows = (
            CrawlJob.update(status=to, revision=CrawlJob.revision + 1, updated_at=now, **changes)
            .where(CrawlJob.id == job.id, CrawlJob.status == job.status)
            .execute()
        )
        moved: CrawlJob = CrawlJob.get_by_id(job.id)
        if not rows:
            raise IllegalTransition(job.id, moved.status, to, TRANSITIONS[JobStatus(moved.status)])
        note(moved, now, why)
        audit.record(
            f"job {to}", entity="job", entity_id=job.id, details={"from": str(job.status)}, actor=actor
        )
    return moved


def remark(job_id: int, why: str, *, now: datetime) -> bool:
    """Record something about a job that waits, without a change of its status; False if it waits no more."""
    queued = (CrawlJob.id == job_id) & (CrawlJob.status == JobStatus.QUEUED)
    with CrawlJob.bound_to().atomic():
        if not CrawlJob.update(revision=CrawlJob.revision + 1, updated_at=now).where(queued).execute():
            return False
        note(CrawlJob.get_by_id(job_id), now, why)
    return True


def note(job: CrawlJob, now: datetime, why: str = "") -> None:
    """Record the status that a job has just got, for who follows its events."""
    JobEvent.create(job=job.id, revision=job.revision, status=job.status, why=why, created_at=now)
